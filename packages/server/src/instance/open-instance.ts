/** What every command that touches the data folder opens first: settings checked, store, root key, vault, key issuer. */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Clock, Random } from '@arouter/core';
import { createToken, hashOfKeyId, hintOfToken } from '../auth/api-key-token.ts';
import { createKeyVerifier, type PepperedKeyVerifier } from '../auth/key-verifier.ts';
import type { Settings } from '../config/settings.ts';
import type { IssueApiKey } from '../control-plane/deps.ts';
import { createPeople, type People } from '../people/people.ts';
import { openSqliteStore } from '../store/open-sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { createRootKeyFile, loadRootKeys, type RootKeys } from '../vault/load-root-keys.ts';
import { openVault, type OpenVault } from '../vault/open-vault.ts';
import type { StoreLog } from '../store/store-log.ts';
import { systemClock } from './system-clock.ts';
import { systemRandom } from './system-random.ts';

export type Instance = {
  readonly store: Store;
  readonly vault: OpenVault;
  readonly clock: Clock;
  readonly random: Random;
  readonly verifier: PepperedKeyVerifier;
  readonly issueApiKey: IssueApiKey;
  readonly people: People;
  /** Set when this start made the root key: the operator must back it up. */
  readonly newRootKeyFile: string | null;
  close(): Promise<void>;
};

/** Throws VaultStartRefused (wrong or missing root key) and what the store throws when its file is in use. */
export async function openInstance(settings: Settings, log: StoreLog): Promise<Instance> {
  const dataDir = resolve(settings.dataDir);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const clock = systemClock;
  const store = await openSqliteStore({
    file: join(dataDir, 'arouter.db'),
    synchronous: settings.ledgerSync,
    clock,
    log,
  });
  try {
    const rootKeyFile = join(dataDir, 'root.key');
    const loaded = await loadRootKeys({
      environment: { AROUTER_KEK: settings.kek, AROUTER_KEK_FILE: settings.kekFile },
      defaultFile: rootKeyFile,
    });
    delete process.env['AROUTER_KEK'];
    const keks: RootKeys = loaded ?? (await createRootKeyFile(rootKeyFile, store.vaultRows));
    const vault = await openVault({ store: store.vaultRows, keks, clock });
    const verifier = createKeyVerifier(await vault.instanceSecret('api_key_pepper'));
    return {
      store,
      vault,
      clock,
      random: systemRandom,
      verifier,
      issueApiKey: (kind, keyId) => {
        const { token, id } = createToken(kind === 'inference' ? 'live' : 'mgmt', keyId);
        return { token, id, hash: hashOfKeyId(id), hint: hintOfToken(token), mac: verifier.macOf(token) };
      },
      people: createPeople({
        identity: store.identity,
        secret: await vault.instanceSecret('session_secret'),
        random: systemRandom,
        clock,
        publicUrl: settings.publicUrl,
      }),
      newRootKeyFile: loaded === undefined ? rootKeyFile : null,
      async close() {
        vault.close();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}
