import { chmod, mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { checksumOf } from '../auth/base62.ts';
import { createRootKeyFile, loadRootKeys, readRootKeyFile, replaceRootKeyFile } from './load-root-keys.ts';
import { openVault } from './open-vault.ts';
import { createRootKey, formatRootKey, parseRootKey } from './root-key.ts';
import { Secret } from './secret.ts';
import { createMemoryVaultRows } from './testing/memory-vault-rows.ts';
import { VaultStartRefused } from './vault-error.ts';

const textOf = (bytes: Uint8Array): string => {
  const body = `lrk1_${Buffer.from(bytes).toString('base64url')}`;
  return body + checksumOf(body);
};

describe('the text of a root key', () => {
  it('gives the key back, with an id that says nothing about it', () => {
    const key = createRootKey();
    const text = formatRootKey(key);
    expect(text).toMatch(/^lrk1_[\w-]{43}[0-9A-Za-z]{6}$/);
    const parsed = parseRootKey(text, 'AROUTER_KEK');
    expect(parsed.id).toBe(key.id);
    expect(parsed.key.equals(key.key)).toBe(true);
    expect(key.id).toMatch(/^[0-9a-f]{16}$/);
    expect(inspect(key, { showHidden: true, depth: 9 })).not.toContain(text.slice(5, 20));
  });

  it('with one character changed is refused', () => {
    const text = formatRootKey(createRootKey());
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.stringMatching(/^[\w-]$/), (index, character) => {
        fc.pre(text[index] !== character);
        const changed = text.slice(0, index) + character + text.slice(index + 1);
        expect(() => parseRootKey(changed, 'AROUTER_KEK')).toThrow(VaultStartRefused);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ['correct horse battery staple', /passphrase/],
    ['', /lrk1_/],
    [formatRootKey(createRootKey()).slice(0, -1), /53 characters/],
    [`${formatRootKey(createRootKey())}=`, /55 characters/],
    [`${formatRootKey(createRootKey()).slice(0, -6)}000000`, /checksum/],
    [textOf(new Uint8Array(32)), /repeated/],
    [textOf(new Uint8Array(32).fill(7)), /repeated/],
    [textOf(Uint8Array.from({ length: 32 }, (_, index) => index)), /repeated or counted/],
    [textOf(Buffer.from('0123456701234567012345670123456a')), /repeated/],
    [textOf(Buffer.from('sample root key: do not use this')), /sample/],
  ])('is refused when it is %j', (text, reason) => {
    const parse = (): unknown => parseRootKey(text, 'AROUTER_KEK');
    expect(parse).toThrow(VaultStartRefused);
    expect(parse).toThrow(reason);
    expect(parse).toThrow(/^AROUTER_KEK /);
    if (text.length > 20) expect(parse).not.toThrow(text.slice(5, 30));
  });
});

describe('where root keys come from', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'root-key-'));
    file = join(folder, 'root.key');
  });
  const load = (environment: Record<string, string | undefined>) =>
    loadRootKeys({ environment, defaultFile: file });

  it('is one place: the variable, which is then deleted; the named file; or the default file', async () => {
    const key = createRootKey();
    expect(await load({})).toBeUndefined();
    const environment = { AROUTER_KEK: formatRootKey(key) };
    expect((await load(environment))?.[0].id).toBe(key.id);
    expect(environment).toEqual({});
    await replaceRootKeyFile(file, [key]);
    expect((await load({}))?.[0].id).toBe(key.id);
    expect((await load({ AROUTER_KEK_FILE: file }))?.[0].id).toBe(key.id);
    await expect(load({ AROUTER_KEK: formatRootKey(key), AROUTER_KEK_FILE: file })).rejects.toThrow(
      /both set/,
    );
    await expect(load({ AROUTER_KEK_FILE: join(folder, 'none') })).rejects.toThrow(/does not exist/);
  });

  it('may hold the next key beside the first', async () => {
    const keys = [createRootKey(), createRootKey()] as const;
    await replaceRootKeyFile(file, keys);
    expect((await readRootKeyFile(file))?.map((key) => key.id)).toEqual(keys.map((key) => key.id));
    await expect(
      load({ AROUTER_KEK: `${formatRootKey(keys[0])},${formatRootKey(keys[0])}` }),
    ).rejects.toThrow(/twice/);
  });

  it('is not a file that others can read, nor a folder, nor something large', async () => {
    await writeFile(file, formatRootKey(createRootKey()), { mode: 0o600 });
    for (const mode of [0o640, 0o604, 0o644, 0o660]) {
      await chmod(file, mode);
      await expect(load({})).rejects.toThrow(/chmod 600/);
    }
    await chmod(file, 0o600);
    expect(await load({})).toHaveLength(1);
    await expect(load({ AROUTER_KEK_FILE: folder })).rejects.toThrow(VaultStartRefused);
    await writeFile(file, 'x'.repeat(5_000));
    await expect(load({})).rejects.toThrow(/too large/);
    await writeFile(file, '\n');
    await expect(load({})).rejects.toThrow(/empty/);
  });

  it('is made for an empty database, for its owner only, and never over existing data', async () => {
    const store = createMemoryVaultRows();
    const keys = await createRootKeyFile(file, store);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await load({}))?.[0].id).toBe(keys[0].id);
    const text = await readFile(file, 'utf8');
    await expect(createRootKeyFile(file, store)).rejects.toThrow(/exists already/);
    await openVault({ store, keks: keys, clock: { monotonicMs: () => 0, sleep: async () => undefined } });
    await expect(createRootKeyFile(join(folder, 'other.key'), store)).rejects.toThrow(/restore/);
    expect(await readFile(file, 'utf8')).toBe(text);
  });
});

describe('a secret', () => {
  it('prints as a mask everywhere, and reveals itself only when asked', () => {
    const secret = new Secret('sk-canary');
    expect(secret.reveal()).toBe('sk-canary');
    expect([
      `${secret}`,
      String(secret),
      JSON.stringify(secret),
      inspect(secret),
      `${secret.toString()}`,
    ]).toEqual(['[secret]', '[secret]', '"[secret]"', '[secret]', '[secret]']);
    const hidden = inspect({ secret }, { showHidden: true, customInspect: false, depth: 9 });
    expect(hidden + JSON.stringify(structuredClone({ secret: { ...secret } }))).not.toContain('canary');
  });
});
