/**
 * Test Key: proves a credential before it is saved, or later. Bounded per workspace, since each test is a call to a
 * host that the caller may have chosen; for such hosts a failure takes a multiple of a fixed step, so that its time
 * does not tell an open port from a closed one.
 */
import type { RouteAnswer } from '@arouter/contract';
import {
  GatewayError,
  type Credential,
  type Instant,
  type ProviderKeyRecord,
  type WorkspaceId,
} from '@arouter/core';
import type { ControlPlaneDeps, KeyTestCandidate, KeyTestResult } from './deps.ts';
import type { Draft } from './draft-provider-key.ts';
import { resetHealth } from './reset-health.ts';

export const KEY_TESTS_MAX = 30;
const KEY_TESTS_WINDOW_MS = 60_000;
const FAILURE_STEP_MS = 300;

type Shown = RouteAnswer<'testByok'>;
export type KeyTester = {
  testDraft(draft: Draft, model: string | null): Promise<Shown>;
  testSaved(key: ProviderKeyRecord, model: string | null): Promise<Shown>;
};

export function createKeyTester(deps: ControlPlaneDeps): KeyTester {
  const recent = new Map<WorkspaceId, Instant[]>();
  const run = async (candidate: KeyTestCandidate): Promise<KeyTestResult> => {
    takeTurn(recent, candidate.key.workspaceId, deps.clock.now());
    return levelled(deps, candidate, await deps.testKey(candidate));
  };
  return {
    async testDraft({ record, credential }, model) {
      if (credential === null) throw new Error('a new key without a credential');
      return shown(await run({ key: record, credential, model }));
    },
    async testSaved(key, model) {
      const credential = open(deps, key);
      if (credential === undefined) return shown(UNREADABLE);
      const startedAt = deps.clock.now();
      const result = await run({ key, credential, model });
      applyResult(deps, key, { result, startedAt });
      return shown(result);
    },
  };
}

const UNREADABLE: KeyTestResult = {
  class: 'misconfigured',
  message: 'The stored secret cannot be decrypted. Enter it again.',
  status: null,
  latencyMs: 0,
};

function open(deps: ControlPlaneDeps, key: ProviderKeyRecord): Credential | undefined {
  return deps.vault.isReadable(key) ? deps.vault.openCredential(key) : undefined;
}

/** Success ends a bench, a refused credential begins one; whatever proves neither changes nothing. */
function applyResult(
  deps: ControlPlaneDeps,
  key: ProviderKeyRecord,
  { result, startedAt }: { readonly result: KeyTestResult; readonly startedAt: Instant },
): void {
  if (result.class === 'ok') resetHealth(deps, key.id);
  if (result.class !== 'bad_credential') return;
  deps.health.applyOutcome([{ kind: 'key', key: key.id }], {
    kind: 'failure',
    key: key.id,
    at: deps.clock.now(),
    startedAt,
    class: 'key_invalid',
    status: result.status,
    message: result.message,
    retryAfterMs: null,
    jitter: deps.random.uniform(),
  });
}

function shown(result: KeyTestResult): Shown {
  return {
    data: {
      ok: result.class === 'ok',
      class: result.class,
      message: result.message,
      status: result.status,
      latency_ms: Math.round(result.latencyMs),
    },
  };
}

function takeTurn(recent: Map<WorkspaceId, Instant[]>, workspace: WorkspaceId, now: Instant): void {
  const within = (recent.get(workspace) ?? []).filter((at) => at > now - KEY_TESTS_WINDOW_MS);
  const oldest = within[0];
  if (within.length >= KEY_TESTS_MAX && oldest !== undefined) {
    throw new GatewayError(
      'rate_limit_exceeded',
      `At most ${KEY_TESTS_MAX} key tests are made in a minute. Wait a little.`,
      {
        retryAfterMs: oldest + KEY_TESTS_WINDOW_MS - now,
      },
    );
  }
  recent.set(workspace, [...within, now]);
}

async function levelled(
  deps: ControlPlaneDeps,
  { key }: KeyTestCandidate,
  result: KeyTestResult,
): Promise<KeyTestResult> {
  if (key.baseUrl === null || result.class === 'ok') return result;
  const latencyMs = Math.ceil(Math.max(result.latencyMs, 1) / FAILURE_STEP_MS) * FAILURE_STEP_MS;
  await deps.clock.sleep(latencyMs - result.latencyMs);
  return { ...result, latencyMs };
}
