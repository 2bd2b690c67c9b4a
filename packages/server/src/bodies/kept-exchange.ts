/**
 * What is kept of one exchange, and its form in a file: `ARB1`, then three sealed parts, each with its length (u32) before it:
 * what is known of the two bodies, the request's, the answer's. Each is sealed for its workspace, generation and part.
 */
import type { GenerationHeader, Instant } from '@arouter/core';
import type { OpenVault, SealedPlace } from '../vault/open-vault.ts';

export type KeptBody = {
  /** As it was stated; empty where it was not. */
  readonly mediaType: string;
  /** Of the whole body. */
  readonly bytes: number;
  /** Its beginning, or all of it; null where it is no text. */
  readonly kept: Uint8Array | null;
};
export type KeptExchange = {
  readonly keptAt: Instant;
  readonly request: KeptBody;
  readonly answer: KeptBody;
};
export type KeptGeneration = Pick<GenerationHeader, 'id' | 'workspaceId' | 'createdAt'>;

const MAGIC = Buffer.from('ARB1');
const LENGTH_BYTES = 4;
const PARTS = ['facts', 'request', 'answer'] as const;
type Part = (typeof PARTS)[number];

/** Throws VaultError where the workspace has no data key. */
export function sealExchange(
  vault: Pick<OpenVault, 'sealBytes'>,
  generation: KeptGeneration,
  { keptAt, request, answer }: KeptExchange,
): Buffer {
  const facts = JSON.stringify({ keptAt, request: factsOf(request), answer: factsOf(answer) });
  const parts = { facts: Buffer.from(facts), request: bytesOf(request), answer: bytesOf(answer) };
  return Buffer.concat([
    MAGIC,
    ...PARTS.flatMap((part) => {
      const sealed = vault.sealBytes(placeOf(generation, part), parts[part]);
      const length = Buffer.alloc(LENGTH_BYTES);
      length.writeUInt32BE(sealed.length);
      return [length, sealed];
    }),
  ]);
}

/** Null where the file is not whole: a stop may have cut it. Throws VaultError where it cannot be opened. */
export function openExchange(
  vault: Pick<OpenVault, 'openBytes'>,
  generation: KeptGeneration,
  file: Buffer,
): KeptExchange | null {
  if (!file.subarray(0, MAGIC.length).equals(MAGIC)) return null;
  const opened: Buffer[] = [];
  let at = MAGIC.length;
  for (const part of PARTS) {
    if (at + LENGTH_BYTES > file.length) return null;
    const end = at + LENGTH_BYTES + file.readUInt32BE(at);
    if (end > file.length) return null;
    opened.push(vault.openBytes(placeOf(generation, part), file.subarray(at + LENGTH_BYTES, end)));
    at = end;
  }
  const [facts, request, answer] = opened as [Buffer, Buffer, Buffer];
  const known = JSON.parse(facts.toString()) as Facts;
  return {
    keptAt: known.keptAt,
    request: bodyOf(known.request, request),
    answer: bodyOf(known.answer, answer),
  };
}

type BodyFacts = Omit<KeptBody, 'kept'> & { readonly isKept: boolean };
type Facts = { readonly keptAt: Instant; readonly request: BodyFacts; readonly answer: BodyFacts };

function factsOf({ mediaType, bytes, kept }: KeptBody): BodyFacts {
  return { mediaType, bytes, isKept: kept !== null };
}

function bytesOf({ kept }: KeptBody): Uint8Array {
  return kept ?? new Uint8Array();
}

function bodyOf({ mediaType, bytes, isKept }: BodyFacts, kept: Buffer): KeptBody {
  return { mediaType, bytes, kept: isKept ? kept : null };
}

function placeOf({ id, workspaceId }: KeptGeneration, part: Part): SealedPlace {
  return { workspaceId, table: 'bodies', column: part, rowId: id };
}
