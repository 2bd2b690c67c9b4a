/**
 * The audit log against kill -9: people change things through the real process without a pause, it is killed again and again, and
 * afterwards what they were answered, what the tables hold and what the log says are the same story. docs/decisions/0013.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createManagementClient } from '../support/management-client.ts';
import { readLedger } from '../support/read-ledger.ts';
import { send } from '../support/send.ts';
import { runCommand, startGateway, type Gateway } from '../support/start-gateway.ts';
import { waitUntil } from '../support/wait-until.ts';

const KILLS = 15;
const LOOPS = 8;
/** A kill comes at a random moment of the load. */
const LOAD_MS_MAX = 250;
/** No call goes there: the provider keys are only written. */
const NOWHERE = 'http://127.0.0.1:9';
const PAUSE_AFTER_REFUSAL_MS = 20;
const NOT_KNOWN = '%is not known.%';

/** What is made, renamed and deleted, by its name in the audit log; `ref` is what paths name it by. */
const KINDS = {
  api_key: { path: '/api/v1/keys', table: 'api_keys', ref: 'hash', name: 'name', more: {} },
  provider_key: {
    path: '/api/v1/byok',
    table: 'provider_keys',
    ref: 'id',
    name: 'label',
    more: { provider: 'openai', credential: { api_key: 'sk-sandbox-audit' }, base_url: `${NOWHERE}/v1` },
  },
} as const;
type Kind = keyof typeof KINDS;
const KIND_NAMES: readonly Kind[] = ['api_key', 'provider_key'];
type Verb = 'create' | 'update' | 'delete';
const METHODS = { create: 'POST', update: 'PATCH', delete: 'DELETE' } as const;

type Named = { readonly id: string; readonly hash?: string };

type Observation = {
  readonly action: `${Kind}.${Verb}`;
  /** Null where no answer came. */
  readonly requestId: string | null;
  /** 0 where no answer began. */
  readonly status: number;
  /** Null where the answer that names it did not come, or not all of it. */
  readonly id: string | null;
};
type Entry = {
  readonly action: string;
  readonly target_id: string;
  readonly request_id: string;
  /** 1 where the call did not live to say what it did. */
  readonly cut_off: number;
};
type Thing = { readonly id: string; readonly renamed: number; readonly deleted: number };

describe('kill -9 under changes', () => {
  let gateway: Gateway;
  let seen: readonly Observation[];
  let entries: readonly Entry[];
  let things: Readonly<Record<Kind, readonly Thing[]>>;
  let kills = 0;
  const compileCache = mkdtempSync(join(tmpdir(), 'arouter-compiled-'));

  beforeAll(async () => {
    gateway = await startGateway({
      egressAllow: [NOWHERE],
      environment: { NODE_COMPILE_CACHE: compileCache },
    });
    // The first of a workspace makes its data key too.
    await createManagementClient(gateway).addKey({ ...KINDS.provider_key.more, label: 'before' });
    // The cache is written by a process that ends well; none of those that follow does.
    await gateway.stop();
    gateway = await gateway.restart();
    let up = Promise.resolve(gateway.url);
    const load = startChanges(() => up, gateway.keys.managementKey);
    // Fifteen, and until one of them came between a change and its entry.
    for (; kills < KILLS || cutOffs(gateway.dataDir) === 0; kills += 1) {
      const before = load.seen.length;
      await waitUntil(
        () => load.seen.length,
        (count) => count > before + 2 * LOOPS,
        60_000,
      );
      await new Promise((resolve) => setTimeout(resolve, Math.random() * LOAD_MS_MAX));
      up = killAndRestart();
      await up;
    }
    seen = await load.stop();
    expect((await gateway.stop()).code).toBe(0);
    entries = entriesOf(gateway.dataDir);
    things = {
      api_key: thingsOf(gateway.dataDir, 'api_key'),
      provider_key: thingsOf(gateway.dataDir, 'provider_key'),
    };
  }, 300_000);

  async function killAndRestart(): Promise<string> {
    await gateway.kill();
    gateway = await gateway.restart();
    return gateway.url;
  }

  afterAll(async () => {
    await gateway.remove();
    rmSync(compileCache, { recursive: true, force: true });
  });

  test('the load was a load: hundreds of changes, all kinds, some cut off between the change and its entry', () => {
    const answered = seen.filter(isAcknowledged);
    const cutOff = entries.filter((entry) => entry.cut_off === 1);
    process.stdout.write(
      `${kills} kills: ${seen.length} changes asked for, ${answered.length} acknowledged, ${entries.length} entries, ` +
        `${cutOff.length} of them made of notes\n`,
    );
    expect(new Set(seen.map(({ status }) => status))).toEqual(new Set([0, 200, 201]));
    expect(answered.length).toBeGreaterThan(KILLS * LOOPS);
    expect(new Set(answered.map(({ action }) => action)).size).toBe(6);
    expect(cutOff.length).toBeGreaterThan(0);
  });

  test('every acknowledged change has one entry, which says what it was, and is in the tables', () => {
    const byRequest = Map.groupBy(entries, (entry) => entry.request_id);
    for (const { action, requestId, id } of seen.filter(isAcknowledged)) {
      const one = { action, request_id: requestId, target_id: id ?? expect.any(String), cut_off: 0 };
      expect(byRequest.get(requestId ?? ''), `${action} ${requestId}`).toEqual([one]);
    }
    for (const kind of KIND_NAMES) {
      const made = idsOf(things[kind]);
      const acknowledged = seen.filter((each) => isAcknowledged(each) && each.action === `${kind}.create`);
      expect(acknowledged.filter(({ id }) => id !== null && !made.includes(id))).toEqual([]);
    }
  });

  test.each(KIND_NAMES)(
    'every change of a %s in the tables has one entry, and every entry its change',
    (kind) => {
      const all = things[kind];
      const of = (verb: Verb) => entries.filter(({ action }) => action === `${kind}.${verb}`);
      const targets = (verb: Verb) => of(verb).map((entry) => entry.target_id);
      // A note is written before the thing has an id: those that were cut off are counted.
      const [known, cutOff] = [of('create').filter(isWhole), of('create').filter((entry) => !isWhole(entry))];
      const made = idsOf(all);
      expect(new Set(known.map((entry) => entry.target_id)).size).toBe(known.length);
      expect(known.filter((entry) => !made.includes(entry.target_id))).toEqual([]);
      expect(known.length + cutOff.length).toBe(made.length);
      expect(targets('update').toSorted()).toEqual(idsOf(all.filter(({ renamed }) => renamed === 1)));
      expect(targets('delete').toSorted()).toEqual(idsOf(all.filter(({ deleted }) => deleted === 1)));
    },
  );

  test('no note is left, no call has two entries, and the doctor finds the chain whole', async () => {
    expect(ask(gateway.dataDir, 'SELECT * FROM audit_notes')).toEqual([]);
    expect(new Set(entries.map((entry) => entry.request_id)).size).toBe(entries.length);
    const doctor = await runCommand(['doctor', '--data-dir', gateway.dataDir]);
    expect(doctor.stderr + doctor.stdout).toContain('no entry of the audit log was changed');
    expect(doctor.code).toBe(0);
  });
});

/** Loops that make a thing, rename it and delete it, each as soon as the one before is answered. */
function startChanges(url: () => Promise<string>, key: string) {
  const seen: Observation[] = [];
  const agent = new Agent({ keepAlive: true, maxSockets: LOOPS });
  let running = true;
  let count = 0;

  /** What was answered; null where the next of the three makes no sense. */
  async function change(
    kind: Kind,
    verb: Verb,
    { path, fields, id }: { readonly path: string; readonly fields: object; readonly id: string | null },
  ): Promise<Named | null> {
    const answer = await send((await url()) + path, {
      method: METHODS[verb],
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(verb === 'delete' ? {} : { body: JSON.stringify(fields) }),
      agent,
    });
    const { status } = answer;
    const named: Named | null = status !== 0 && answer.whole ? (answer.json().data ?? null) : null;
    const requestId = answer.header('x-request-id') ?? null;
    seen.push({ action: `${kind}.${verb}`, requestId, status, id: id ?? named?.id ?? null });
    if (status === 0) await new Promise((resolve) => setTimeout(resolve, PAUSE_AFTER_REFUSAL_MS));
    return named;
  }

  async function loop(): Promise<void> {
    while (running) {
      count += 1;
      const kind = KIND_NAMES[count % 2] ?? 'api_key';
      const { path, ref, name, more } = KINDS[kind];
      const fields = { ...more, [name]: `load ${count}` };
      const renamed = { [name]: `load ${count} renamed` };
      const made = await change(kind, 'create', { path, fields, id: null });
      if (made === null) continue;
      const one = { path: `${path}/${made[ref]}`, fields: renamed, id: made.id };
      if ((await change(kind, 'update', one)) !== null) await change(kind, 'delete', one);
    }
  }

  const done = Promise.all(Array.from({ length: LOOPS }, loop));
  return {
    seen,
    /** Ends the loops and resolves with everything that was seen. */
    async stop(): Promise<readonly Observation[]> {
      running = false;
      await done;
      agent.destroy();
      return seen;
    },
  };
}

function isAcknowledged({ status }: Observation): boolean {
  return status >= 200 && status < 300;
}

function isWhole(entry: Entry): boolean {
  return entry.cut_off === 0;
}

function idsOf(things: readonly Thing[]): readonly string[] {
  return things.map(({ id }) => id).toSorted();
}

function ask<Row>(dataDir: string, sql: string): readonly Row[] {
  const database = readLedger(dataDir);
  try {
    return database.ask(sql) as unknown as readonly Row[];
  } finally {
    database.close();
  }
}

/** Entries that were made of a note. The start makes them before it listens. */
function cutOffs(dataDir: string): number {
  return entriesOf(dataDir).filter((entry) => !isWhole(entry)).length;
}

function entriesOf(dataDir: string): readonly Entry[] {
  return ask(
    dataDir,
    `SELECT action, target_id, request_id, changes LIKE '${NOT_KNOWN}' AS cut_off FROM audit_entries
    WHERE target_name <> 'before' ORDER BY sequence`,
  );
}

function thingsOf(dataDir: string, kind: Kind): readonly Thing[] {
  const { table, name } = KINDS[kind];
  return ask(
    dataDir,
    `SELECT id, ${name} LIKE '% renamed' AS renamed, deleted_at IS NOT NULL AS deleted FROM ${table}
    WHERE ${name} LIKE 'load %'`,
  );
}
