/**
 * A body (and, for a change, the stored key) → the provider key as it would be stored, with the new credential beside
 * it, not yet sealed. All rules that span several fields live here; saving and testing go through the same draft.
 */
import {
  DEFAULT_KEY_OPTIONS,
  destinationOf,
  GatewayError,
  type Credential,
  type KeyPlace,
  type KeySource,
  type ProviderId,
  type ProviderKeyId,
  type ProviderKeyRecord,
  type ProviderManifest,
  type WorkspaceId,
} from '@arouter/core';
import type { ControlPlaneDeps } from './deps.ts';
import { findProvider } from './find-provider.ts';
import {
  assertBudgetsAgree,
  readGivenCredential,
  readOptions,
  type ProviderKeyBody,
} from './provider-key-options.ts';
import { credentialTypeOf, readCredential, type ReadCredential } from './read-credential.ts';

const ID_BYTES = 12;
const UNSEALED = new Uint8Array();

export type Draft = {
  /** `sealed`, `hint` and the versions are still those of the stored key, or empty. */
  readonly record: ProviderKeyRecord;
  /** Null when the stored secret stays. */
  readonly credential: Credential | null;
};
export type DraftOwner = { readonly workspace: WorkspaceId; readonly source: KeySource };
type Deps = Pick<ControlPlaneDeps, 'providers' | 'checkDestination' | 'clock' | 'random'>;

/** Throws `invalid_request` or `egress_denied`. */
export function draftNewKey(
  deps: Deps,
  owner: DraftOwner,
  body: ProviderKeyBody & { readonly provider: string },
): Draft {
  const manifest = findProvider(deps.providers, body.provider, 'provider');
  const given = readGivenCredential(body);
  if (given === undefined) throw fieldError('credential', '`credential` is required.');
  const credential = readCredential(manifest, body.credential_type, given);
  const baseUrl = readBaseUrl(deps, body, credential) ?? null;
  const region = readRegion(body, credential) ?? null;
  const options = { ...credential.options, ...body.options };
  const now = deps.clock.now();
  const record: ProviderKeyRecord = {
    id: `pk_${deps.random.hex(ID_BYTES)}` as ProviderKeyId,
    workspaceId: owner.workspace,
    source: owner.source,
    provider: manifest.id,
    credentialType: credential.type.id,
    label: '',
    hint: '',
    ...DEFAULT_KEY_OPTIONS,
    baseUrl,
    region,
    ...readOptions(body),
    options,
    destination: originFor(manifest, { baseUrl, region, options }),
    sealed: UNSEALED,
    secretVersion: 0,
    version: 0,
    createdAt: now,
    updatedAt: now,
  };
  assertBudgetsAgree(record);
  return { record: labelled(record, manifest), credential: credential.secret };
}

/** As above; also refuses a changed destination without the credential: a secret is sent only where it was saved for. */
export function draftChangedKey(deps: Deps, current: ProviderKeyRecord, body: ProviderKeyBody): Draft {
  const manifest =
    body.provider === undefined
      ? storedProvider(deps, current.provider)
      : findProvider(deps.providers, body.provider, 'provider');
  const sameProvider = manifest.id === current.provider;
  const given = readGivenCredential(body);
  const typeId = body.credential_type ?? (sameProvider ? current.credentialType : undefined);
  const credential = given === undefined ? null : readCredential(manifest, typeId, given);
  const type = credential?.type ?? credentialTypeOf(manifest, typeId);
  const baseUrl = readBaseUrl(deps, body, credential);
  const region = readRegion(body, credential);
  const stored = sameProvider ? current.options : {};
  const next = {
    provider: manifest.id,
    credentialType: type.id,
    // Another provider's URL or region says nothing about this one.
    baseUrl: baseUrl === undefined ? (sameProvider ? current.baseUrl : null) : baseUrl,
    region: region === undefined ? (sameProvider ? current.region : null) : region,
    options: credential === null ? (body.options ?? stored) : { ...credential.options, ...body.options },
  };
  const record: ProviderKeyRecord = {
    ...current,
    ...next,
    ...readOptions(body),
    destination: originFor(manifest, next),
    updatedAt: deps.clock.now(),
  };
  if (credential === null) assertSameDestination(current, record);
  assertBudgetsAgree(record);
  return { record: labelled(record, manifest), credential: credential?.secret ?? null };
}

/** A key without a label is called after its provider: errors and tables need a name. */
function labelled(record: ProviderKeyRecord, manifest: ProviderManifest): ProviderKeyRecord {
  return record.label === '' ? { ...record, label: manifest.name } : record;
}

function assertSameDestination(current: ProviderKeyRecord, next: ProviderKeyRecord): void {
  const changed = (
    [
      ['provider', 'provider'],
      ['credentialType', 'credential_type'],
      ['baseUrl', 'base_url'],
      ['region', 'region'],
      ['destination', 'base_url'],
    ] as const
  ).find(([field]) => current[field] !== next[field]);
  if (changed === undefined) return;
  throw new GatewayError(
    'invalid_request',
    `Changing \`${changed[1]}\` needs the credential in the same request: the stored secret is bound to where it was saved for and will not be sent elsewhere.`,
    { status: 422, metadata: { fields: [changed[1], 'credential'] } },
  );
}

/** Undefined: not given. The body's own, else the one that the credential names. */
function readBaseUrl(
  deps: Deps,
  body: ProviderKeyBody,
  credential: ReadCredential | null,
): string | null | undefined {
  const named = credential?.baseUrl ?? null;
  const own = named === null ? undefined : normalUrl(deps, named, 'credential');
  if (body.base_url === undefined || body.base_url === null) return own ?? body.base_url;
  const given = normalUrl(deps, body.base_url, 'base_url');
  if (own !== undefined && given !== own) {
    throw fieldError('base_url', '`base_url` and the address in `credential` differ: give one of them.');
  }
  return given;
}

/** Normalised, so that it can be compared and split without parsing. */
function normalUrl(deps: Deps, given: string, field: string): string {
  const verdict = deps.checkDestination(given.trim());
  if (!verdict.ok) {
    const what = field === 'base_url' ? '`base_url`' : 'The address in `credential`';
    throw new GatewayError('egress_denied', `${what} is refused: ${verdict.reason}`, {
      metadata: { fields: [field] },
    });
  }
  return new URL(verdict.origin).origin + verdict.pathPrefix;
}

function readRegion(body: ProviderKeyBody, credential: ReadCredential | null): string | null | undefined {
  const own = credential?.region ?? null;
  if (own === null) return body.region;
  if (body.region !== undefined && body.region !== null && body.region !== own) {
    throw fieldError('region', '`region` and the region in `credential` differ: give one of them.');
  }
  return own;
}

function originFor(manifest: ProviderManifest, where: KeyPlace): string {
  const regions = Object.keys(manifest.regions);
  if (
    where.baseUrl === null &&
    where.region !== null &&
    regions.length > 0 &&
    (manifest.baseUrlOf?.(where) ?? null) === null &&
    !regions.includes(where.region)
  ) {
    throw fieldError('region', `\`region\` must be one of ${manifest.name}'s: ${regions.join(', ')}.`);
  }
  const destination = destinationOf(where, manifest);
  if (destination === undefined && manifest.baseUrlOf !== undefined) {
    const problem = where.region === null ? 'is required' : 'is not a region';
    throw fieldError('region', `\`region\` ${problem} for ${manifest.name}: its addresses are by region.`);
  }
  if (destination === undefined) {
    throw fieldError(
      'base_url',
      `\`base_url\` is required for ${manifest.name}: it has no address of its own.`,
    );
  }
  return destination.origin;
}

/** A provider can go away with an upgrade while its keys stay: they can still be listed and deleted. */
function storedProvider(deps: Deps, id: ProviderId): ProviderManifest {
  const manifest = deps.providers.get(id);
  if (manifest !== undefined) return manifest;
  throw fieldError(
    'provider',
    `The provider of this key (${id}) is no longer known. Delete the key, or set another provider.`,
  );
}

function fieldError(field: string, message: string): GatewayError {
  return new GatewayError('invalid_request', message, { metadata: { fields: [field] } });
}
