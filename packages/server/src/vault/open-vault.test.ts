import { inspect } from 'node:util';
import type { Credential, ProviderKeyId, ProviderKeyRecord, WorkspaceId } from '@arouter/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PLAINTEXT_ENTRIES_MAX, PLAINTEXT_MS_MAX } from './credential-cache.ts';
import { openVault, type OpenVault } from './open-vault.ts';
import { createRootKey } from './root-key.ts';
import { createMemoryVaultRows, type MemoryVaultRows } from './testing/memory-vault-rows.ts';
import { VaultError, VaultStartRefused } from './vault-error.ts';

const WORKSPACE = 'ws_1' as WorkspaceId;
const OTHER_WORKSPACE = 'ws_2' as WorkspaceId;
const CANARY = 'sk-canary-0123456789-AbCd';

/** A clock that stands until it is moved; sleepers wake when it passes them. */
function fakeClock() {
  let nowMs = 0;
  const sleepers: { readonly at: number; readonly wake: () => void }[] = [];
  return {
    monotonicMs: () => nowMs,
    sleep: (delayMs: number) =>
      new Promise<void>((wake) => {
        sleepers.push({ at: nowMs + delayMs, wake });
      }),
    async advance(ms: number) {
      nowMs += ms;
      for (const { at, wake } of sleepers) if (at <= nowMs) wake();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

const rootKey = createRootKey();

async function start(store = createMemoryVaultRows(), keks = [rootKey] as const, clock = fakeClock()) {
  const vault = await openVault({ store, keks, clock });
  await vault.ensureWorkspace(WORKSPACE);
  return { vault, store, clock };
}

function recordFor(
  vault: OpenVault,
  credential: Credential,
  change: Partial<ProviderKeyRecord> = {},
): ProviderKeyRecord {
  const row = {
    id: 'pk_1' as ProviderKeyId,
    workspaceId: WORKSPACE,
    destination: 'https://api.openai.com:443',
    secretVersion: 1,
    ...change,
  };
  return { ...row, sealed: vault.sealCredential(row, credential) } as ProviderKeyRecord;
}

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(VaultError);
    expect(inspect(error)).not.toContain('canary-');
    return (error as VaultError).code;
  }
  return 'opened';
}

describe('a sealed credential', () => {
  it('opens as it was sealed, whatever its fields hold', async () => {
    const { vault } = await start();
    let secretVersion = 0;
    fc.assert(
      fc.property(
        fc.dictionary(fc.stringMatching(/^[a-z][a-z_]{0,10}$/), fc.string({ unit: 'binary' })),
        (fields) => {
          secretVersion += 1;
          const opened = vault.openCredential(recordFor(vault, fields, { secretVersion }));
          for (const [name, value] of Object.entries(fields)) expect(opened[name]).toBe(value);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('can be sealed again from its masked form', async () => {
    const { vault } = await start();
    const opened = vault.openCredential(recordFor(vault, { api_key: CANARY, region: 'eu' }));
    const again = vault.openCredential(recordFor(vault, opened, { secretVersion: 2 }));
    expect([again['api_key'], again['region']]).toEqual([CANARY, 'eu']);
  });

  it('shows neither its bytes nor its exact length', async () => {
    const { vault } = await start();
    const sealedOf = (secret: string) => Buffer.from(recordFor(vault, { api_key: secret }).sealed);
    expect(sealedOf(CANARY).includes(CANARY)).toBe(false);
    expect(sealedOf(CANARY).subarray(0, 4)).toEqual(Buffer.from([0x4c, 0x52, 1, 0]));
    expect(sealedOf('a'.repeat(20)).length).toBe(sealedOf('a'.repeat(40)).length);
    expect(sealedOf(CANARY).equals(sealedOf(CANARY))).toBe(false);
  });

  it.each<readonly [string, Partial<ProviderKeyRecord>]>([
    ['with another destination', { destination: 'https://evil.example:443' }],
    ['on another port', { destination: 'https://api.openai.com:8443' }],
    ['in another row', { id: 'pk_2' as ProviderKeyId }],
    ['in another workspace', { workspaceId: OTHER_WORKSPACE }],
  ])('does not open %s', async (_name, change) => {
    const { vault } = await start();
    await vault.ensureWorkspace(OTHER_WORKSPACE);
    const record = recordFor(vault, { api_key: CANARY });
    const moved = { ...record, ...change };
    expect(codeOf(() => vault.openCredential(moved))).toBe('secret_auth_failed');
    expect(vault.isReadable(moved)).toBe(false);
    // Nor after the true row has put its plaintext into the cache.
    expect(vault.openCredential(record)['api_key']).toBe(CANARY);
    expect(codeOf(() => vault.openCredential(moved))).toBe('secret_auth_failed');
  });

  it('does not open with any byte changed, or cut anywhere', async () => {
    const { vault } = await start();
    const record = recordFor(vault, { api_key: CANARY });
    const { sealed } = record;
    fc.assert(
      fc.property(fc.nat(sealed.length - 1), fc.integer({ min: 1, max: 255 }), (index, flip) => {
        const changed = Uint8Array.from(sealed, (byte, at) => (at === index ? byte ^ flip : byte));
        expect(codeOf(() => vault.openCredential({ ...record, sealed: changed }))).not.toBe('opened');
        expect(codeOf(() => vault.openCredential({ ...record, sealed: sealed.slice(0, index) }))).not.toBe(
          'opened',
        );
      }),
      { numRuns: 1_000 },
    );
  });

  it('does not open with a short tag, an unknown flag or an unknown version', async () => {
    const { vault } = await start();
    const record = recordFor(vault, { api_key: CANARY });
    const withByte = (at: number, value: number) => ({ ...record, sealed: record.sealed.with(at, value) });
    expect(codeOf(() => vault.openCredential(withByte(2, 2)))).toBe('secret_format');
    expect(codeOf(() => vault.openCredential(withByte(3, 1)))).toBe('secret_format');
    expect(codeOf(() => vault.openCredential(withByte(7, 9)))).toBe('data_key_missing');
    const shortTag = { ...record, sealed: record.sealed.slice(0, -12) };
    expect(codeOf(() => vault.openCredential(shortTag))).toBe('secret_auth_failed');
  });

  it('is not printed by anything', async () => {
    const { vault } = await start();
    const credential = vault.openCredential(recordFor(vault, { api_key: CANARY }));
    expect(credential['api_key']).toBe(CANARY);
    const prints = [
      JSON.stringify({ credential }),
      `${credential as unknown as string}`,
      String(credential),
      inspect(credential, { showHidden: true, depth: 9 }),
      inspect(credential, { showHidden: true, customInspect: false }),
      inspect(new Error('x', { cause: credential })),
      JSON.stringify({ ...credential }),
      JSON.stringify(structuredClone(Object.assign({}, credential))),
      JSON.stringify(Object.entries(credential)),
    ];
    for (const print of prints) expect(print).not.toContain('canary');
    expect(Object.isFrozen(credential)).toBe(true);
  });
});

describe('the plaintext cache', () => {
  it('is used for the same secret of the same row for at most a minute', async () => {
    const { vault, clock } = await start();
    const record = recordFor(vault, { api_key: CANARY });
    const first = vault.openCredential(record);
    await clock.advance(PLAINTEXT_MS_MAX - 1);
    expect(vault.openCredential({ ...record })).toBe(first);
    await clock.advance(1);
    expect(vault.openCredential(record)).not.toBe(first);
  });

  it('gives the new secret once the version grows', async () => {
    const { vault } = await start();
    vault.openCredential(recordFor(vault, { api_key: 'old' }));
    expect(vault.openCredential(recordFor(vault, { api_key: 'new' }, { secretVersion: 2 }))['api_key']).toBe(
      'new',
    );
  });

  it('holds no more than its bound, and can be emptied', async () => {
    const { vault } = await start();
    const records = Array.from({ length: PLAINTEXT_ENTRIES_MAX + 1 }, (_, index) =>
      recordFor(vault, { api_key: String(index) }, { id: `pk_${index}` as ProviderKeyId }),
    );
    const opened = records.map((record) => vault.openCredential(record));
    const isHeld = (index: number) =>
      vault.openCredential(records[index] as ProviderKeyRecord) === opened[index];
    expect(isHeld(PLAINTEXT_ENTRIES_MAX)).toBe(true);
    expect(isHeld(1)).toBe(true);
    expect(isHeld(0)).toBe(false);
    vault.forgetPlaintext();
    expect(isHeld(PLAINTEXT_ENTRIES_MAX)).toBe(false);
    vault.close();
  });
});

describe('starting over existing data', () => {
  async function used(): Promise<MemoryVaultRows> {
    const { store } = await start();
    return store;
  }

  it('works with the same key, and reads what was sealed', async () => {
    const { vault, store } = await start();
    const record = recordFor(vault, { api_key: CANARY });
    const again = await openVault({ store, keks: [rootKey], clock: fakeClock() });
    expect(again.isReadable(record)).toBe(true);
    expect(again.openCredential(record)['api_key']).toBe(CANARY);
  });

  it('is refused with another key, naming both ids', async () => {
    const store = await used();
    const wrong = createRootKey();
    const start = openVault({ store, keks: [wrong], clock: fakeClock() });
    await expect(start).rejects.toThrow(VaultStartRefused);
    await expect(start).rejects.toThrow(new RegExp(`${rootKey.id}.*${wrong.id}`));
  });

  it('is refused when the canary was changed or removed', async () => {
    for (const change of [(bytes: Uint8Array) => bytes.with(40, (bytes[40] ?? 0) ^ 1), () => undefined]) {
      const store = await used();
      const changed = change(store.meta.get('vault.canary') ?? new Uint8Array());
      if (changed === undefined) store.meta.delete('vault.canary');
      else store.meta.set('vault.canary', changed);
      await expect(openVault({ store, keks: [rootKey], clock: fakeClock() })).rejects.toThrow(
        VaultStartRefused,
      );
    }
  });

  it('goes on when a first start was killed at any step', async () => {
    for (let step = 0; step < 12; step += 1) {
      const store = createMemoryVaultRows();
      store.killAfter(step);
      await start(store).catch(() => undefined);
      store.killAfter(Number.POSITIVE_INFINITY);
      const { vault } = await start(store);
      expect(vault.openCredential(recordFor(vault, { api_key: CANARY }))['api_key']).toBe(CANARY);
      expect(store.deks).toHaveLength(1);
    }
  });

  it('keeps one workspace with a damaged data key from stopping the others', async () => {
    const { vault, store } = await start();
    await vault.ensureWorkspace(OTHER_WORKSPACE);
    const mine = recordFor(vault, { api_key: CANARY });
    const theirs = recordFor(vault, { api_key: CANARY }, { workspaceId: OTHER_WORKSPACE });
    const [first] = store.deks;
    if (first !== undefined) store.deks[0] = { ...first, wrapped: new Uint8Array(60) };
    const again = await openVault({ store, keks: [rootKey], clock: fakeClock() });
    expect(again.isReadable(mine)).toBe(false);
    expect(codeOf(() => again.openCredential(mine))).toBe('data_key_missing');
    expect(again.isReadable(theirs)).toBe(true);
    await again.ensureWorkspace(WORKSPACE);
    expect(store.deks).toHaveLength(2);
  });

  it('shares a data key that another process made first', async () => {
    const store = createMemoryVaultRows();
    const keks = [rootKey] as const;
    const one = await openVault({ store, keks, clock: fakeClock() });
    const two = await openVault({ store, keks, clock: fakeClock() });
    await Promise.all([one.ensureWorkspace(WORKSPACE), two.ensureWorkspace(WORKSPACE)]);
    const record = recordFor(one, { api_key: CANARY });
    expect(two.openCredential(record)['api_key']).toBe(CANARY);
    await one.ensureWorkspace(OTHER_WORKSPACE);
    const later = recordFor(one, { api_key: CANARY }, { workspaceId: OTHER_WORKSPACE });
    expect(two.isReadable(later)).toBe(false);
    await two.refresh();
    expect(two.isReadable(later)).toBe(true);
  });
});

describe('other uses of the keys', () => {
  it('fingerprints equal credentials equally, in one workspace only', async () => {
    const { vault } = await start();
    await vault.ensureWorkspace(OTHER_WORKSPACE);
    const print = vault.fingerprint(WORKSPACE, { api_key: CANARY, region: 'eu' });
    expect(print).toMatch(/^[0-9a-f]{32}$/);
    expect(vault.fingerprint(WORKSPACE, { region: 'eu', api_key: CANARY })).toBe(print);
    const opened = vault.openCredential(recordFor(vault, { region: 'eu', api_key: CANARY }));
    expect(vault.fingerprint(WORKSPACE, opened)).toBe(print);
    expect(vault.fingerprint(WORKSPACE, { api_key: CANARY, region: 'us' })).not.toBe(print);
    expect(vault.fingerprint(OTHER_WORKSPACE, { api_key: CANARY, region: 'eu' })).not.toBe(print);
  });

  it("keeps the instance's own secrets across starts, sealed", async () => {
    const { vault, store } = await start();
    const pepper = await vault.instanceSecret('api_key_pepper');
    expect(pepper).toHaveLength(32);
    expect(await vault.instanceSecret('session_secret')).not.toEqual(pepper);
    for (const value of store.meta.values())
      expect(Buffer.from(value).includes(Buffer.from(pepper))).toBe(false);
    const again = await openVault({ store, keks: [rootKey], clock: fakeClock() });
    expect(await again.instanceSecret('api_key_pepper')).toEqual(pepper);
    const moved = store.meta.get('vault.secret.session_secret');
    if (moved !== undefined) store.meta.set('vault.secret.api_key_pepper', moved);
    await expect(again.instanceSecret('api_key_pepper')).rejects.toThrow('secret_auth_failed');
  });

  it('shows little of a credential', async () => {
    const { vault } = await start();
    expect(vault.hintOf({ api_key: CANARY })).toBe('sk-…AbCd');
    expect(vault.hintOf({ api_key: 'gsk_0123456789012345abcd' })).toBe('gsk_…abcd');
    expect(vault.hintOf({ api_key: '0123456789012345678901234567abcd' })).toBe('…abcd');
    expect(vault.hintOf({ api_key: 'sk-short' })).toBe('…');
    expect(
      vault.hintOf({ access_key: 'AKIAIOSFODNN7EXAMPLE', secret_key: CANARY, region: 'us-east-1' }),
    ).toBe('…MPLE');
    const account = {
      client_email: 'bot@p.iam.gserviceaccount.com',
      private_key_id: '0123456789abcdef',
      private_key: CANARY,
    };
    expect(vault.hintOf({ service_account_json: JSON.stringify(account) })).toBe(
      'bot@p.iam.gserviceaccount.com 01234567…',
    );
    expect(vault.hintOf({ service_account_json: `{"private_key": "${CANARY}"` })).toBe('…');
    expect(vault.hintOf({})).toBe('…');
  });
});
