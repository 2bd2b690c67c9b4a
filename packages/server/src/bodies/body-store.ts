/**
 * Keeps the bodies of requests and answers where operator and workspace want it: sealed with the workspace's key, in files beside the
 * database, for some days. All of it happens one thing after the other and after the request; what cannot be kept is dropped and
 * counted, and neither a request nor the ledger hears of it.
 */
import { setImmediate as otherWork } from 'node:timers/promises';
import {
  GatewayError,
  instant,
  secretsOf,
  type Clock,
  type ConfigSnapshot,
  type Instant,
  type WorkspaceId,
} from '@arouter/core';
import type { BodyRules } from '../config/body-rules.ts';
import { createTurns } from '../instance/create-turns.ts';
import type { OpenVault } from '../vault/open-vault.ts';
import { VaultError } from '../vault/vault-error.ts';
import type { BodyCounts } from './body-counts.ts';
import { createBodyFiles, type BodyFiles } from './body-files.ts';
import {
  createBodyRecorder,
  createQueueRoom,
  type BodyRecorder,
  type FinishedRecording,
} from './body-recorder.ts';
import {
  openExchange,
  sealExchange,
  type KeptBody,
  type KeptExchange,
  type KeptGeneration,
} from './kept-exchange.ts';
import { scrubSecrets, spellingsOf } from './scrub-secrets.ts';

/** In memory, of all that is recorded or waits to be written. */
const QUEUE_BYTES_MAX = 64 * 1024 * 1024;
const SWEEP_EVERY_MS = 60_000;

export type Absence = 'not_allowed' | 'turned_off' | 'not_yet_on' | 'expired' | 'dropped' | 'unreadable';

export type FoundBodies =
  | { readonly kind: 'found'; readonly exchange: KeptExchange; readonly expiresAt: Instant }
  | { readonly kind: 'absent'; readonly why: Absence };

export type BodyStore = {
  readonly rules: BodyRules;
  /** Null where the operator has not allowed it: then the data plane does nothing at all for it. */
  readonly recorder: BodyRecorder | null;
  find(generation: KeptGeneration): Promise<FoundBodies>;
  /** On disk, in bytes. */
  bytesOf(workspace: WorkspaceId): Promise<number>;
  /** Resolves when nothing is left of the workspace's bodies that came before. */
  deleteOf(workspace: WorkspaceId): Promise<void>;
  /** Writes what waits, then stops. */
  close(): Promise<void>;
};

export type BodyStoreDeps = {
  readonly folder: string;
  readonly rules: BodyRules;
  readonly vault: Pick<OpenVault, 'sealBytes' | 'openBytes' | 'openCredential' | 'isReadable'>;
  readonly config: () => ConfigSnapshot;
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  readonly counts: BodyCounts;
  readonly log: { warn(fields: object, message: string): void };
  readonly queueBytesMax?: number;
  readonly sweepEveryMs?: number;
};

export function createBodyStore(deps: BodyStoreDeps): BodyStore {
  const { rules, counts, queueBytesMax = QUEUE_BYTES_MAX } = deps;
  const files = createBodyFiles(deps.folder);
  const inTurn = createTurns();
  const inLine = <Result>(task: () => Promise<Result>): Promise<Result> => inTurn('files', task);
  const room = createQueueRoom(queueBytesMax);
  const closing = new AbortController();
  let failures = 0;

  async function write(recording: FinishedRecording): Promise<void> {
    try {
      if (!isWanted(deps.config, recording.generation)) return;
      await keep(deps, files, recording);
      counts.kept();
    } catch {
      failures += 1;
      counts.dropped('write_failed');
    } finally {
      room.give(recording.roomTaken);
    }
  }

  async function sweep(): Promise<void> {
    await files.deleteBefore(deps.clock.now() - rules.keptMs);
    await files.deleteBeyond(rules.sumBytesMax);
    if (failures > 0) deps.log.warn({ failures }, 'bodies could not be kept: is the disk full?');
    failures = 0;
  }

  async function sweepOften(): Promise<void> {
    while (!closing.signal.aborted) {
      // What cannot be read or deleted now is tried again in a minute; it may be the disk.
      await inLine(sweep).catch(() => (failures += 1));
      await deps.clock.sleep(deps.sweepEveryMs ?? SWEEP_EVERY_MS, closing.signal);
    }
  }

  void inLine(() => files.load()).catch(() => (failures += 1));
  const swept = sweepOften();
  return {
    rules,
    recorder: rules.isAllowed
      ? createBodyRecorder({
          rules,
          room,
          isWanted: (generation) => isWanted(deps.config, generation),
          finished: (recording) => void inLine(() => write(recording)),
          dropped: () => counts.dropped('queue_full'),
        })
      : null,
    find: (generation) => inLine(() => find(deps, files, generation)),
    bytesOf: (workspace) => inLine(async () => files.bytesOf(workspace)),
    deleteOf: (workspace) => inLine(() => files.deleteWorkspace(workspace)),
    async close() {
      closing.abort();
      await swept;
      await inLine(async () => undefined);
    },
  };
}

/**
 * Asked when it begins and again when it is written: turning it off stops also what is under way. Where the configuration is known to be
 * old, nobody knows whether it is still wanted, and the request goes on without.
 */
function isWanted(config: () => ConfigSnapshot, { workspaceId, createdAt }: KeptGeneration): boolean {
  try {
    const since = config().workspace(workspaceId)?.bodiesKeptSince ?? null;
    return since !== null && createdAt >= since;
  } catch (error) {
    if (error instanceof GatewayError) return false;
    throw error;
  }
}

async function keep(
  deps: BodyStoreDeps,
  files: BodyFiles,
  { generation, request, answer }: FinishedRecording,
): Promise<void> {
  const secrets = secretsIn(deps, generation.workspaceId);
  const clean = { request: await scrubbed(request, secrets), answer: await scrubbed(answer, secrets) };
  await otherWork();
  const sealed = sealExchange(deps.vault, generation, { keptAt: deps.clock.now(), ...clean });
  await files.write(generation, sealed);
  await files.deleteBeyond(deps.rules.sumBytesMax);
}

async function scrubbed(body: KeptBody, secrets: readonly string[]): Promise<KeptBody> {
  if (body.kept === null) return body;
  return { ...body, kept: await scrubSecrets(body.kept, secrets, body.kept.length < body.bytes) };
}

/** Of every key that the workspace may use. A credential that cannot be opened serves nobody, and nobody knows what to look for. */
function secretsIn({ config, vault }: BodyStoreDeps, workspace: WorkspaceId): readonly string[] {
  const secrets: string[] = [];
  for (const key of config().providerKeys(workspace)) {
    if (vault.isReadable(key)) secrets.push(...secretsOf(vault.openCredential(key)));
  }
  return spellingsOf(secrets);
}

async function find(
  { rules, config, clock, vault }: BodyStoreDeps,
  files: BodyFiles,
  generation: KeptGeneration,
): Promise<FoundBodies> {
  const expiresAt = instant(generation.createdAt + rules.keptMs);
  const isExpired = expiresAt <= clock.now();
  const file = rules.isAllowed && !isExpired ? await files.read(generation) : null;
  if (file === null) {
    const since = config().workspace(generation.workspaceId)?.bodiesKeptSince ?? null;
    return { kind: 'absent', why: whyAbsent({ rules, since, isExpired }, generation.createdAt) };
  }
  try {
    const exchange = openExchange(vault, generation, file);
    return exchange === null ? { kind: 'absent', why: 'dropped' } : { kind: 'found', exchange, expiresAt };
  } catch (error) {
    if (error instanceof VaultError) return { kind: 'absent', why: 'unreadable' };
    throw error;
  }
}

function whyAbsent(
  {
    rules,
    since,
    isExpired,
  }: { readonly rules: BodyRules; readonly since: Instant | null; readonly isExpired: boolean },
  createdAt: Instant,
): Absence {
  if (!rules.isAllowed) return 'not_allowed';
  if (isExpired) return 'expired';
  if (since === null) return 'turned_off';
  return createdAt < since ? 'not_yet_on' : 'dropped';
}
