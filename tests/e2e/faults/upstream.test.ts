/**
 * Every fault of a provider, in both dialects, whole and streamed, against the real process: what the caller gets, who takes
 * over, what is recorded and booked, what becomes of the key; and after each, that nothing leaks and nothing is left open.
 */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ShownProviderKey } from '../../support/management-client.ts';
import { readLedger } from '../../support/read-ledger.ts';
import type { Seen } from '../../support/send.ts';
import { addSandboxKey } from '../../support/stage.ts';
import { openTenant, versionOf, type Dialect, type Tenant } from '../../support/tenant.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { openFaultWorld, type FaultWorld } from './fault-world.ts';
import { UPSTREAM_FAULTS, type Promised, type UpstreamFault } from './upstream-faults.ts';

vi.setConfig({ testTimeout: 60_000 });

const MODELS = { openai: 'openai/gpt-4.1-nano', anthropic: 'anthropic/claude-haiku-4-5' } as const;
const END = { openai: /data: ?\[DONE\]/, anthropic: /event: ?message_stop/ } as const;
/** Idle connections to providers and from management clients. */
const SOCKETS_MORE_MAX = 60;

type Case = { readonly row: UpstreamFault; readonly dialect: Dialect; readonly stream: boolean };
const CASES = UPSTREAM_FAULTS.flatMap((row) =>
  (row.only === undefined ? (['openai', 'anthropic'] as const) : [row.only]).flatMap((dialect) =>
    [false, true]
      .filter((stream) => (stream ? row.stream : row.whole) !== null)
      .map((stream): [string, Case] => [
        `${row.id} ${dialect} ${stream ? 'stream' : 'whole'}: ${row.name}`,
        { row, dialect, stream },
      ]),
  ),
);

let world: FaultWorld;
const denied = new Map<string, Faulty>();
let socketsBefore = 0;

beforeAll(async () => {
  world = await openFaultWorld();
  for (const [name, each] of CASES)
    if (each.row.place === 'denied') {
      denied.set(`${name} alone`, await faultyTenant(each, true));
      denied.set(`${name} beside another`, await faultyTenant(each, false));
    }
  await world.forbid();
  for (const provider of ['openai', 'anthropic'] as const) {
    const { addPlatformKey } = await openTenant(world.gateway, 'Platform');
    await addSandboxKey(world, addPlatformKey, { provider, label: 'Platform' });
  }
  socketsBefore = world.sockets() ?? 0;
});
afterAll(() => world.close());

type Faulty = { readonly tenant: Tenant; readonly key: ShownProviderKey; readonly model: string };

/** A workspace whose only own key meets the fault, for one model that nobody else uses. */
async function faultyTenant({ row, dialect }: Case, always_use: boolean): Promise<Faulty> {
  const tenant = await openTenant(world.gateway, 'Faults');
  const key = await addSandboxKey(world, tenant.addKey, {
    provider: dialect,
    label: 'Faulty',
    always_use,
    ...(row.place === undefined ? {} : { base_url: baseUrl(world.origin(row.place), dialect) }),
  });
  if (row.fault !== undefined) world.sandbox.behave({ match: { key: key.secret }, fault: row.fault });
  return { tenant, key, model: versionOf(MODELS[dialect]) };
}

function baseUrl(origin: string, dialect: Dialect): string {
  return origin + (dialect === 'openai' ? '/openai/v1' : '/anthropic');
}

function promisedFor({ row, stream }: Case): Promised {
  const promised = stream ? row.stream : row.whole;
  if (promised === null) throw new Error(`${row.id} has no promise here`);
  return promised;
}

async function askFaulty({ tenant, model }: Faulty, { dialect, stream, row }: Case): Promise<Seen> {
  const text = row.text ?? 'Hello';
  return await tenant.ask({ dialect, stream, model, text, maxTokens: 200 });
}

function codeOf(answer: Seen, { stream, dialect }: Case): Promised['code'] {
  if (answer.status !== 200) return (answer.json() as { readonly code?: string }).code ?? 'passed_on';
  if (!stream || END[dialect].test(answer.text)) return null;
  return /"error"|event: error/.test(answer.text) ? 'event' : 'broken off without a word';
}

function costOf({ cost, origin }: { readonly cost: number | null; readonly origin: string | null }) {
  if (cost === null || cost === 0) return 'none';
  return origin === 'provider' ? 'provider' : 'estimated';
}

describe.concurrent('what a provider can do wrong', () => {
  test.each(CASES)('%s', async (name, each) => {
    const promised = promisedFor(each);
    const alone = denied.get(`${name} alone`) ?? (await faultyTenant(each, true));
    const answer = await askFaulty(alone, each);
    const shown = answer.text.slice(0, 800);
    expect({ status: answer.status, code: codeOf(answer, each) }, shown).toEqual({
      status: promised.status,
      code: promised.code,
    });
    await expectRecord(alone, promised, shown);

    const beside = denied.get(`${name} beside another`) ?? (await faultyTenant(each, false));
    const second = await askFaulty(beside, each);
    const isTaken = second.status === 200 && second.header('x-arouter-source') === 'platform';
    expect(isTaken, second.text.slice(0, 800)).toBe(promised.fallback);
    if (promised.fallback) {
      expect(second.header('x-arouter-attempts')).toBe('2');
      expect(codeOf(second, each)).toBeNull();
    }
    expect(world.leaks([answer.text, second.text])).toEqual([]);
    const sockets = world.sockets();
    if (sockets !== null) expect(sockets).toBeLessThan(socketsBefore + SOCKETS_MORE_MAX);
  });
});

async function expectRecord(faulty: Faulty, promised: Promised, shown: string): Promise<void> {
  const rows = await waitUntil(
    () => rowsOf(faulty.tenant.workspaceId),
    (found) => found.length > 0 && found.every(({ outcome }) => outcome !== null),
  );
  expect(rows, shown).toHaveLength(1);
  const [row] = rows;
  expect({ outcome: row?.outcome, class: row?.failure_class ?? null }, shown).toEqual({
    outcome: promised.outcome,
    class: promised.class,
  });
  expect(row?.final).toBe(1);
  expect(row?.cost_nano ?? 0).toBeGreaterThanOrEqual(0);
  expect(row?.charged_nano).toBe(0);
  if (promised.cost !== 'any')
    expect(costOf({ cost: row?.cost_nano ?? null, origin: row?.usage_origin ?? null }), shown).toBe(
      promised.cost,
    );
  const key = await faulty.tenant.readKey(faulty.key.id);
  expect(key.health.state, shown).toBe(promised.health);
}

type Row = {
  readonly outcome: string | null;
  readonly failure_class: string | null;
  readonly final: number | null;
  readonly cost_nano: number | null;
  readonly charged_nano: number | null;
  readonly usage_origin: string | null;
};

function rowsOf(workspaceId: string): readonly Row[] {
  const ledger = readLedger(world.gateway.dataDir);
  try {
    return ledger.ask(
      `SELECT s.outcome, json_extract(s.failure, '$.class') AS failure_class, s.final, s.cost_nano, s.charged_nano, s.usage_origin
       FROM attempts a LEFT JOIN settlements s ON s.sequence = a.sequence
       WHERE a.workspace_id = '${workspaceId}'`,
    ) as unknown as readonly Row[];
  } finally {
    ledger.close();
  }
}

test('at the end nothing is open, no secret is stored in the clear, and the sums of the ledger agree', async () => {
  expect(world.storedLeaks()).toEqual([]);
  const ledger = readLedger(world.gateway.dataDir);
  const attempts = ledger.attempts();
  const [rollups] = ledger.ask('SELECT sum(attempts) AS attempts, sum(cost_nano) AS cost FROM rollups');
  const [settled] = ledger.ask('SELECT count(*) AS attempts, sum(cost_nano) AS cost FROM settlements');
  ledger.close();
  expect(attempts.filter(({ outcome }) => outcome === null)).toEqual([]);
  expect(attempts.length).toBeGreaterThan(CASES.length);
  expect(rollups).toEqual(settled);
});
