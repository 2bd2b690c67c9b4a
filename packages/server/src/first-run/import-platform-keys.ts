/** Provider keys that the environment holds at the first start become platform keys; later starts leave them alone. */
import { randomBytes } from 'node:crypto';
import {
  DEFAULT_KEY_OPTIONS,
  destinationOf,
  PLATFORM_WORKSPACE,
  type ProviderKeyId,
  type ProviderKeyRecord,
  type ProviderManifest,
} from '@arouter/core';
import type { RunningServer } from '../start-server.ts';

const META_NAME = 'platform_keys_imported';

/** The names of the variables that were taken. */
export async function importPlatformKeys(
  { instance, engine }: RunningServer,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<readonly string[]> {
  const { store, vault } = instance;
  if ((await store.vaultRows.getMeta(META_NAME)) !== undefined) return [];
  const imported: string[] = [];
  // Those of a first start that was cut short.
  const known = new Set((await store.providerKeys.list(PLATFORM_WORKSPACE)).map(({ label }) => label));
  for (const manifest of engine.providers.values()) {
    const variable = `${manifest.id.toUpperCase().replaceAll('-', '_')}_API_KEY`;
    if (known.has(variable)) continue;
    const secret = environment[variable]?.trim();
    const field = manifest.credentialTypes.find(({ id }) => id === 'api_key')?.fields[0];
    if (secret === undefined || secret === '' || field === undefined || field.check(secret) !== undefined)
      continue;
    const record = platformKey(manifest, variable, instance);
    if (record === null) continue;
    const credential = { [field.name]: secret };
    await store.providerKeys.create({
      ...record,
      hint: vault.hintOf(credential),
      sealed: vault.sealCredential(record, credential),
    });
    imported.push(variable);
  }
  await store.vaultRows.setMeta(META_NAME, Buffer.from('1'));
  if (imported.length > 0) await engine.live.refresh();
  return imported;
}

function platformKey(
  manifest: ProviderManifest,
  variable: string,
  { clock }: RunningServer['instance'],
): ProviderKeyRecord | null {
  const destination = destinationOf(DEFAULT_KEY_OPTIONS, manifest);
  if (destination === undefined) return null;
  const now = clock.now();
  return {
    id: `pk_${randomBytes(12).toString('hex')}` as ProviderKeyId,
    workspaceId: PLATFORM_WORKSPACE,
    source: 'platform',
    provider: manifest.id,
    credentialType: 'api_key',
    label: variable,
    hint: '',
    ...DEFAULT_KEY_OPTIONS,
    destination: destination.origin,
    sealed: new Uint8Array(),
    secretVersion: 1,
    version: 1,
    createdAt: now,
    updatedAt: now,
  };
}
