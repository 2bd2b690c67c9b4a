/**
 * A secret never leaves: looks for known secrets, and for what is left of them after the usual disguises, in anything that a
 * gateway prints, stores or answers.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export type Canary = { readonly name: string; readonly value: string };
export type Haystack = { readonly name: string; readonly bytes: Buffer };

/** `name in place (disguise)` for everything found; an empty list is good. */
export function scanForCanaries(
  canaries: readonly Canary[],
  haystacks: readonly Haystack[],
): readonly string[] {
  const forms = canaries.flatMap(({ name, value }) =>
    disguises(value).map(([disguise, text]) => ({ name, disguise, needle: Buffer.from(text) })),
  );
  return haystacks.flatMap(({ name: place, bytes }) =>
    forms
      .filter(({ needle }) => bytes.includes(needle))
      .map(({ name, disguise }) => `${name} in ${place} (${disguise})`),
  );
}

/** Every file of a data folder as it lies on the disk, but for those named. */
export function filesOf(dataDir: string, except: readonly string[] = []): readonly Haystack[] {
  return readdirSync(dataDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !except.includes(entry.name))
    .map((entry) => ({ name: entry.name, bytes: readFileSync(join(entry.parentPath, entry.name)) }));
}

function disguises(value: string): readonly (readonly [name: string, text: string])[] {
  const reversed = [...value].toReversed().join('');
  return [
    ['as it is', value],
    ['in a URL', encodeURIComponent(value)],
    ['in JSON', JSON.stringify(value).slice(1, -1)],
    ['in hex', Buffer.from(value).toString('hex')],
    ['reversed', reversed],
    ['first half', value.slice(0, Math.ceil(value.length / 2))],
    // What stands before it shifts base64 by zero, one or two bytes; the ends depend on the neighbours.
    ...[0, 1, 2].map((shift) => ['in base64', inBase64(value, shift)] as const),
  ];
}

function inBase64(value: string, shift: number): string {
  const text = Buffer.from(' '.repeat(shift) + value).toString('base64');
  return text.slice(shift === 0 ? 0 : 4, -4);
}
