/** A simulated world that a test arranges: one workspace, the keys it names, and providers that do as they are told. */
import {
  PLATFORM_WORKSPACE,
  type ApiKeyRecord,
  type Instant,
  type ProviderId,
  type ProviderKeyRecord,
  type WorkspaceId,
} from '@arouter/core';
import { openaiChat } from '@arouter/providers';
import { make, startCall, type Call, type CallOptions } from './callers.ts';
import type { Fate } from './fates.ts';
import { checkAtRest, checkCall, checkTables } from './final-checks.ts';
import { die, start } from './lives.ts';
import { Scheduler } from './scheduler.ts';
import { comeToRest } from './simulate.ts';
import { plainApiKey, plainProviderKey, secretOf, SHARED_MODEL } from './tenants.ts';
import { createWorld, type World } from './world.ts';

export type Script = {
  readonly seed?: number;
  /** When it begins; else one of the scheduler's own. */
  readonly at?: string;
  readonly apiKey?: Partial<ApiKeyRecord>;
  /** By id. A platform key has `source: 'platform'`. */
  readonly keys: Readonly<Record<string, Partial<ProviderKeyRecord>>>;
  readonly creditsUsd?: number;
  readonly unmetered?: boolean;
  /** By key id: what its first calls meet, in order; later ones are answered. */
  readonly fates?: Readonly<Record<string, readonly Fate[]>>;
};

export type ScriptedWorld = {
  readonly world: World;
  readonly scheduler: Scheduler;
  readonly keys: Readonly<Record<string, ProviderKeyRecord>>;
  readonly apiKey: ApiKeyRecord;
  /** Asks and returns at once; the call is under way. */
  ask(options?: CallOptions): Promise<Call>;
  /** Until nothing waits for anything, and every invariant holds; throws where one does not. */
  rest(): Promise<void>;
  restart(): Promise<void>;
};

const ANSWER: Fate = { kind: 'answer', usage: 'honest' };
export const WORKSPACE = 'ws_one' as WorkspaceId;

export async function openScriptedWorld(script: Script): Promise<ScriptedWorld> {
  const scheduler = new Scheduler(script.seed ?? 1, null);
  if (script.at !== undefined) scheduler.setWallClock(Date.parse(script.at) - scheduler.wall());
  const now = scheduler.wall();
  const keys = Object.fromEntries(
    Object.entries(script.keys).map(([id, fields]) => [id, keyOf(id, fields, now)]),
  );
  const apiKey = { ...plainApiKey(WORKSPACE, 'AbCdEfGhIjKl', now), ...script.apiKey };
  const left = new Map(
    Object.entries(script.fates ?? {}).map(([id, fates]) => [secretOf({ id: id as never }), [...fates]]),
  );
  const world = await createWorld(scheduler, {
    tenants: {
      workspaces: [
        {
          id: WORKSPACE,
          name: 'One',
          unmetered: script.unmetered ?? false,
          bodiesKeptSince: null,
          createdAt: now,
        },
      ],
      apiKeys: [apiKey],
      providerKeys: Object.values(keys),
    },
    creditsUsd: script.creditsUsd ?? 10,
    fateFor: (secret) => left.get(secret)?.shift() ?? ANSWER,
  });
  start(world);
  await comeToRest(world);
  return { world, scheduler, keys, apiKey, ...doings(world, apiKey) };
}

function doings(world: World, apiKey: ApiKeyRecord): Pick<ScriptedWorld, 'ask' | 'rest' | 'restart'> {
  const { scheduler, calls } = world;
  return {
    async ask(options = {}) {
      const given = {
        dialect: openaiChat,
        models: [SHARED_MODEL],
        stream: false,
        outputCap: 100,
        ...options,
      };
      const call = startCall(scheduler, [apiKey], calls.size + 1, given);
      calls.set(call.requestId, call);
      const { process } = world;
      if (process === null) throw new Error('the process is not up');
      await scheduler.happen(`${call.requestId} asks`, () => {
        void make(call, scheduler, process).then(() => checkCall(world, call));
      });
      return call;
    },
    async rest() {
      await comeToRest(world);
      checkAtRest(world);
      await checkTables(world);
      if (world.violation !== null)
        throw new Error(`${world.violation}\n${world.scheduler.lastEvents.join('\n')}`);
    },
    async restart() {
      await scheduler.happen('', () => {
        die(world);
        start(world);
      });
      await comeToRest(world);
    },
  };
}

function keyOf(id: string, fields: Partial<ProviderKeyRecord>, createdAt: Instant): ProviderKeyRecord {
  const owner = fields.source === 'platform' ? PLATFORM_WORKSPACE : WORKSPACE;
  const provider = fields.provider ?? ('beta' as ProviderId);
  return { ...plainProviderKey(owner, id, { provider, createdAt }), ...fields };
}
