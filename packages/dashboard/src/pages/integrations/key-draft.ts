/**
 * The form of a provider key as it is typed, and what it becomes: the body of a request, or what is wrong with which field. Pure;
 * what only the server can judge (a credential's shape, an address) comes back from it as field errors.
 */
import type { ManagementError, RouteAnswer } from '@arouter/contract';
import type { KeyChange, NewKey, ProviderKey } from './key-scope.ts';

export type Provider = RouteAnswer<'listProviders'>['data'][number];
export type CredentialType = Provider['credential_types'][number];
export type CredentialTypeId = NonNullable<NewKey['credential_type']>;

export type KeyDraft = {
  readonly typeId: string;
  /** By field name. */
  readonly values: Readonly<Record<string, string>>;
  /** Pasted whole; empty: the fields count. */
  readonly json: string;
  readonly label: string;
  readonly alwaysUse: boolean;
  readonly weight: string;
  readonly rpmLimit: string;
  readonly maxConcurrency: string;
  readonly baseUrl: string;
  readonly region: string;
  /** Null: all models. */
  readonly supportedModels: readonly string[] | null;
  readonly dailyBudget: string;
  readonly monthlyBudget: string;
  readonly hardBudget: boolean;
};
/** Keyed like the API's fields; `credential.NAME` for those of the credential. */
export type FieldErrors = Readonly<Record<string, string>>;
export type Read<Body> =
  | { readonly kind: 'body'; readonly body: Body }
  | { readonly kind: 'wrong'; readonly errors: FieldErrors };

const WEIGHT_MAX = 1_000;
const RPM_MAX = 1_000_000;
const CONCURRENCY_MAX = 10_000;
const USD_MAX = 1_000_000;

export function emptyDraft(typeId: string): KeyDraft {
  return {
    typeId,
    values: {},
    json: '',
    label: '',
    alwaysUse: false,
    weight: '1',
    rpmLimit: '',
    maxConcurrency: '',
    baseUrl: '',
    region: '',
    supportedModels: null,
    dailyBudget: '',
    monthlyBudget: '',
    hardBudget: false,
  };
}

export function draftOf(key: ProviderKey): KeyDraft {
  const text = (value: number | null): string => (value === null ? '' : String(value));
  return {
    ...emptyDraft(key.credential_type),
    label: key.label,
    alwaysUse: key.always_use,
    weight: String(key.weight),
    rpmLimit: text(key.rpm_limit),
    maxConcurrency: text(key.max_concurrency),
    baseUrl: key.base_url ?? '',
    region: key.region ?? '',
    supportedModels: key.supported_models,
    dailyBudget: text(key.daily_budget_usd),
    monthlyBudget: text(key.monthly_budget_usd),
    hardBudget: key.hard_budget,
  };
}

export function newKeyOf(draft: KeyDraft, provider: Provider): Read<NewKey> {
  const errors = { ...credentialErrors(draft, typeOf(provider, draft.typeId)) };
  const options = readOptions(draft, errors);
  if (Object.keys(errors).length > 0) return { kind: 'wrong', errors };
  return {
    kind: 'body',
    body: {
      ...options,
      provider: provider.id,
      credential_type: draft.typeId as CredentialTypeId,
      credential: credentialOf(draft),
    },
  };
}

/** Only what differs from the stored key. The credential only when it was typed. */
export function changeOf(draft: KeyDraft, key: ProviderKey, provider: Provider): Read<KeyChange> {
  const typed = hasCredential(draft);
  const errors: Record<string, string> = typed
    ? { ...credentialErrors(draft, typeOf(provider, draft.typeId)) }
    : {};
  if (!typed && destinationChanged(draft, key)) errors['credential'] = 'Enter the credential again.';
  const options = readOptions(draft, errors);
  if (Object.keys(errors).length > 0) return { kind: 'wrong', errors };
  const stored: Readonly<Record<string, unknown>> = key;
  const changed = Object.entries(options).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(stored[name]),
  );
  const secret = typed
    ? { credential_type: draft.typeId as CredentialTypeId, credential: credentialOf(draft) }
    : {};
  return { kind: 'body', body: { ...Object.fromEntries(changed), ...secret } };
}

/** The stored secret is bound to where it was saved for: another place needs it again. */
export function destinationChanged(draft: KeyDraft, key: ProviderKey): boolean {
  return (
    draft.baseUrl.trim() !== (key.base_url ?? '') ||
    draft.region.trim() !== (key.region ?? '') ||
    draft.typeId !== key.credential_type
  );
}

export function hasCredential(draft: KeyDraft): boolean {
  return draft.json.trim() !== '' || Object.values(draft.values).some((value) => value.trim() !== '');
}

export function typeOf(provider: Provider, id: string): CredentialType {
  const type = provider.credential_types.find((each) => each.id === id) ?? provider.credential_types[0];
  if (type === undefined) throw new Error(`${provider.name} takes no keys of one's own.`);
  return type;
}

/** The server's refusal at the fields it names; what names none is under `''`. */
export function errorsOf(error: ManagementError): FieldErrors {
  const [first, ...others] = error.fields;
  if (first === undefined || first === '') return { '': error.message };
  if (others.length === 0) return { [first]: error.message };
  const sentences = error.message.split(/(?<=\.) (?=`)/);
  return Object.fromEntries(
    error.fields.map((field) => [
      field,
      sentences.find((sentence) => sentence.startsWith(`\`${field}\``)) ?? error.message,
    ]),
  );
}

/** Text goes as it is: the server knows the forms that are pasted, and says what is wrong with them. */
function credentialOf(draft: KeyDraft): string | Record<string, string> {
  if (draft.json.trim() !== '') return draft.json.trim();
  const filled = Object.entries(draft.values).filter(([, value]) => value.trim() !== '');
  return Object.fromEntries(filled.map(([name, value]) => [name, value.trim()]));
}

function credentialErrors(draft: KeyDraft, type: CredentialType): FieldErrors {
  if (draft.json.trim() !== '') return {};
  const missing = type.fields.filter(
    ({ name, required }) => required && (draft.values[name] ?? '').trim() === '',
  );
  return Object.fromEntries(missing.map(({ name, label }) => [`credential.${name}`, `${label} is needed.`]));
}

function readOptions(draft: KeyDraft, errors: Record<string, string>) {
  const text = (value: string): string | null => (value.trim() === '' ? null : value.trim());
  return {
    label: draft.label.trim(),
    always_use: draft.alwaysUse,
    weight: readWhole(draft.weight, 'weight', WEIGHT_MAX, errors) ?? 1,
    rpm_limit: readWhole(draft.rpmLimit, 'rpm_limit', RPM_MAX, errors),
    max_concurrency: readWhole(draft.maxConcurrency, 'max_concurrency', CONCURRENCY_MAX, errors),
    base_url: text(draft.baseUrl),
    region: text(draft.region),
    supported_models: draft.supportedModels === null ? null : [...draft.supportedModels],
    daily_budget_usd: readUsd(draft.dailyBudget, 'daily_budget_usd', errors),
    monthly_budget_usd: readUsd(draft.monthlyBudget, 'monthly_budget_usd', errors),
    hard_budget: draft.hardBudget,
  };
}

function readWhole(text: string, field: string, most: number, errors: Record<string, string>): number | null {
  if (text.trim() === '') return null;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  errors[field] = `Enter a whole number from 1 to ${most.toLocaleString('en-US')}.`;
  return null;
}

function readUsd(text: string, field: string, errors: Record<string, string>): number | null {
  if (text.trim() === '') return null;
  const value = Number(text.replace(/^\$/, ''));
  if (value > 0 && value <= USD_MAX) return value;
  errors[field] = 'Enter an amount above 0, such as 25 or 0.50.';
  return null;
}
