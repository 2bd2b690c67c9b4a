import { DatabaseSync } from 'node:sqlite';
import { GatewayError, instant } from '@arouter/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAuditLog, verifyAuditLog } from '../audit/create-audit-log.ts';
import { diffFields } from '../audit/diff-fields.ts';
import { hashEntry } from '../audit/hash-entry.ts';
import type { AuditEntry, AuditStore, StoredAuditEntry } from '../store/audit-ports.ts';
import {
  CANARY,
  openTestInstance,
  OTHER_WORKSPACE,
  WORKSPACE,
  type TestInstance,
} from './testing/open-test-instance.ts';

let instance: TestInstance;
beforeAll(async () => {
  instance = await openTestInstance();
});
afterAll(() => instance.close());

const manage = (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown) =>
  instance.call('management', method, path, body);
const entries = async (query = '') => (await manage('GET', `/api/v1/audit${query}`)).body;

describe('the audit log', () => {
  test('says of a change who made it, on what, and what it was before', async () => {
    const made = await manage('POST', '/api/v1/byok', {
      provider: 'openai',
      label: 'Production',
      credential: { api_key: CANARY },
    });
    const { id } = made.body.data;
    await manage('PATCH', `/api/v1/byok/${id}`, { weight: 5, daily_budget_usd: 2.5 });
    await manage('DELETE', `/api/v1/byok/${id}`);
    const { data } = await entries(`?target=${id}`);
    expect(data.map((entry: { action: string }) => entry.action)).toEqual([
      'provider_key.delete',
      'provider_key.update',
      'provider_key.create',
    ]);
    expect(data[1]).toMatchObject({
      actor: { type: 'api_key', id: expect.any(String), name: expect.any(String) },
      target: { type: 'provider_key', id, name: 'Production' },
      changes: [
        { field: 'weight', before: 1, after: 5 },
        { field: 'daily_budget_usd', before: null, after: 2.5 },
      ],
      request_id: expect.stringMatching(/^req_/),
    });
    expect(data[0].changes).toContainEqual({ field: 'weight', before: 5, after: null });
  });

  test('names an API key by its id in every entry, though paths have its hash', async () => {
    const { id, hash } = (await manage('POST', '/api/v1/keys', { name: 'By id' })).body.data;
    await manage('PATCH', `/api/v1/keys/${hash}`, { name: 'By hash' });
    await manage('POST', `/api/v1/keys/${hash}/rotate`);
    await manage('DELETE', `/api/v1/keys/${hash}`);
    await manage('POST', `/api/v1/keys/${hash}/restore`);
    const { data } = await entries(`?target=${id}`);
    expect(data.map((entry: { action: string }) => entry.action)).toEqual(
      ['restore', 'delete', 'rotate', 'update', 'create'].map((verb) => `api_key.${verb}`),
    );
    expect(new Set(data.map(({ target }: { target: { name: string } }) => target.name))).toEqual(
      new Set(['By id', 'By hash']),
    );
    expect((await entries(`?target=${hash}`)).data).toEqual([]);
  });

  test('keeps no secret: neither a provider key’s, nor an API key’s', async () => {
    const { body } = await manage('POST', '/api/v1/keys', { name: 'CI' });
    const { text } = await manage('GET', '/api/v1/audit?limit=100');
    expect(text).toContain('api_key.create');
    expect(text).not.toContain(CANARY);
    expect(text).not.toContain(body.key.slice(21));
  });

  test('has nothing of a change that was refused, of reading, and of testing a key', async () => {
    const before = (await entries()).data[0]?.id;
    await manage('POST', '/api/v1/keys', { name: 'wrong', limit: -1 });
    await manage('DELETE', '/api/v1/byok/pk_none');
    await manage('GET', '/api/v1/keys');
    expect((await entries()).data[0]?.id).toBe(before);
  });

  test('is read page by page and by filter; a cursor that is none is refused', async () => {
    const first = await entries('?limit=2');
    expect(first.data).toHaveLength(2);
    const second = await entries(`?limit=2&cursor=${first.next_cursor}`);
    expect(Number(second.data[0].id)).toBeLessThan(Number(first.data[1].id));
    const { data } = await entries('?action=api_key.create');
    expect(new Set(data.map((entry: { action: string }) => entry.action))).toEqual(
      new Set(['api_key.create']),
    );
    expect((await manage('GET', '/api/v1/audit?cursor=nonsense')).status).toBe(400);
  });

  test('of one workspace is not shown to another, nor the instance’s to a workspace', async () => {
    const { body } = await instance.call('foreign', 'GET', '/api/v1/audit');
    expect(body.data).toEqual([]);
    await instance.call('operator', 'POST', `/api/v1/workspaces/${OTHER_WORKSPACE}/credits`, {
      amount_usd: 3,
    });
    const told = await instance.call('foreign', 'GET', '/api/v1/audit');
    expect(told.body.data[0]).toMatchObject({ action: 'credits.grant', target: { id: OTHER_WORKSPACE } });
    await instance.call('operator', 'POST', '/api/v1/workspaces', { name: 'Third' });
    const platform = await instance.call('operator', 'GET', '/api/v1/platform-audit');
    expect(platform.body.data[0]).toMatchObject({ action: 'workspace.create', target: { name: 'Third' } });
    expect((await manage('GET', '/api/v1/platform-audit')).status).toBe(403);
  });

  test('is a chain that holds, and that the database lets nobody change', async () => {
    expect(await verifyAuditLog(instance.store.audit)).toEqual([]);
  });
});

describe('the chain', () => {
  const entry = (name: string): AuditEntry => ({
    at: instant(1),
    workspaceId: WORKSPACE,
    actor: { type: 'user', id: 'usr_1', name },
    action: 'api_key.create',
    target: { type: 'api_key', id: 'k', name: 'k' },
    changes: [],
    ip: null,
    requestId: 'req_1',
  });

  async function chainOf(...names: readonly string[]): Promise<StoredAuditEntry[]> {
    const rows: StoredAuditEntry[] = [];
    const log = createAuditLog(storeOf(rows));
    await Promise.all(names.map((name) => log.record(entry(name))));
    return rows;
  }
  function storeOf(rows: StoredAuditEntry[]): AuditStore {
    return {
      append: async (row) => void rows.push(row),
      newest: async () => rows.at(-1),
      list: async () => rows.toReversed(),
      after: async (sequence, limit) => rows.filter((row) => row.sequence > sequence).slice(0, limit),
      notes: async () => [],
      forgetNote: async () => undefined,
    };
  }

  test('is in order however many record at once', async () => {
    const rows = await chainOf('a', 'b', 'c');
    expect(rows.map(({ sequence, actor }) => [sequence, actor.name])).toEqual([
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
    ]);
    expect(await verifyAuditLog(storeOf(rows))).toEqual([]);
  });

  test('shows an entry that was changed, taken out, or put in', async () => {
    const rows = await chainOf('a', 'b', 'c');
    const [a, b, c] = rows as [StoredAuditEntry, StoredAuditEntry, StoredAuditEntry];
    const changed = [a, { ...b, actor: { ...b.actor, name: 'x' } }, c];
    expect(await verifyAuditLog(storeOf(changed))).toEqual([
      'entry 2 of the audit log was changed after it was written',
    ]);
    expect(await verifyAuditLog(storeOf([a, c]))).toEqual(['the audit log lacks entry 2']);
    const forged = { ...entry('x'), sequence: 2, hash: hashEntry(a.hash, entry('x')) };
    expect(await verifyAuditLog(storeOf([a, forged, c]))).toHaveLength(1);
  });

  test('shows a change of any one field', async () => {
    const rows = await chainOf('a', 'b', 'c');
    const [a, b, c] = rows as [StoredAuditEntry, StoredAuditEntry, StoredAuditEntry];
    const paths = leavesOf(b);
    expect(paths.length).toBeGreaterThan(10);
    for (const path of paths) {
      const problems = await verifyAuditLog(storeOf([a, changedAt(b, path), c]));
      expect(problems, path.join('.')).not.toEqual([]);
    }
  });

  /** Every place of an entry that holds a plain value, its own hash and number included. */
  function leavesOf(value: object, above: readonly string[] = []): readonly (readonly string[])[] {
    return Object.entries(value).flatMap(([name, inner]: [string, unknown]) =>
      typeof inner === 'object' && inner !== null && Object.keys(inner).length > 0
        ? leavesOf(inner, [...above, name])
        : [[...above, name]],
    );
  }
  function changedAt<T extends object>(value: T, [name = '', ...below]: readonly string[]): T {
    const inner = (value as Record<string, unknown>)[name];
    const other =
      below.length > 0
        ? changedAt(inner as object, below)
        : typeof inner === 'number'
          ? inner + 1
          : `${String(inner)}x`;
    return (Array.isArray(value) ? value.with(Number(name), other) : { ...value, [name]: other }) as T;
  }

  test('goes on after an entry that could not be written', async () => {
    const rows: StoredAuditEntry[] = [];
    let fails = true;
    const log = createAuditLog({
      ...storeOf(rows),
      append: async (row) => {
        if (fails) throw new Error('disk full');
        rows.push(row);
      },
    });
    await expect(log.record(entry('a'))).rejects.toThrow('disk full');
    fails = false;
    await log.record(entry('b'));
    expect(await verifyAuditLog(storeOf(rows))).toEqual([]);
  });
});

describe('a change and its note', () => {
  const alter = (statement: string): unknown[] => {
    const database = new DatabaseSync(instance.file);
    try {
      return database.prepare(statement).all();
    } finally {
      database.close();
    }
  };
  const refuse = (table: string) =>
    alter(`CREATE TRIGGER broken BEFORE INSERT ON ${table} BEGIN SELECT RAISE(ABORT, 'broken'); END`);
  const notes = () => alter('SELECT entry FROM audit_notes');
  const keyNames = async (): Promise<readonly string[]> =>
    (await manage('GET', '/api/v1/keys?page_size=100')).body.data.map(({ name }: { name: string }) => name);
  const auditLog = () => createAuditLog(instance.store.audit);

  test('are one: where the note cannot be written, nothing was changed', async () => {
    refuse('audit_notes');
    expect((await manage('POST', '/api/v1/keys', { name: 'Unnoted' })).status).toBeGreaterThanOrEqual(500);
    alter('DROP TRIGGER broken');
    expect(await keyNames()).not.toContain('Unnoted');
    expect((await manage('POST', '/api/v1/keys', { name: 'Noted' })).status).toBe(201);
    expect(notes()).toEqual([]);
  });

  test('outlive a process that dies before the entry: the next start records the change', async () => {
    refuse('audit_entries');
    expect((await manage('POST', '/api/v1/keys', { name: 'Cut off' })).status).toBeGreaterThanOrEqual(500);
    alter('DROP TRIGGER broken');
    expect(await keyNames()).toContain('Cut off');
    expect(notes()).toHaveLength(1);
    expect(await auditLog().recordLeftNotes()).toBe(1);
    const [newest] = (await entries('?limit=1')).data;
    expect(newest).toMatchObject({
      action: 'api_key.create',
      actor: { type: 'api_key', name: 'management' },
      changes: [{ field: 'outcome', after: expect.stringContaining('not known') }],
    });
    expect(await auditLog().recordLeftNotes()).toBe(0);
    expect(await verifyAuditLog(instance.store.audit)).toEqual([]);
  });

  test('are recorded when the call breaks off after it wrote, and forgotten when it was refused', async () => {
    const {
      sequence: _sequence,
      hash: _hash,
      ...sample
    } = (await instance.store.audit.after(0, 1))[0] as StoredAuditEntry;
    const breakOff = (requestId: string, error: Error) =>
      auditLog().recordChange(
        { ...sample, requestId },
        async () => {
          await instance.store.workspaces.update(WORKSPACE, { name: requestId });
          throw error;
        },
        () => sample,
      );
    const refusal = new GatewayError('invalid_request', 'No.');
    await expect(breakOff('req_refused', refusal)).rejects.toBe(refusal);
    expect(notes()).toEqual([]);
    await expect(breakOff('req_broken', new TypeError('a bug'))).rejects.toThrow('a bug');
    expect(notes()).toEqual([]);
    const recorded = (await instance.store.audit.after(0, 1000)).map(({ requestId }) => requestId);
    expect(recorded).toContain('req_broken');
    expect(recorded).not.toContain('req_refused');
  });
});

test('a difference leaves out what changes by itself, and cuts long texts', () => {
  expect(
    diffFields(
      { label: 'a', updated_at: '1', spent_today_usd: 1, usage_daily: 2, same: [1] },
      { label: 'b'.repeat(2000), updated_at: '2', spent_today_usd: 3, usage_daily: 4, same: [1] },
    ),
  ).toEqual([{ field: 'label', before: 'a', after: `${'b'.repeat(1000)}…` }]);
});
