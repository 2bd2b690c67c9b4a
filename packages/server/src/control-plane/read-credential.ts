/**
 * What a person pastes → the fields of a credential type, split into what is secret and what is not. Knows no provider:
 * the manifest says which fields there are, what else they are called and when they are good. No message repeats a value.
 */
import {
  GatewayError,
  type CredentialField,
  type CredentialType,
  type PlacedCredential,
  type ProviderManifest,
} from '@arouter/core';
import { safeName } from './validate.ts';

const VALUE_CHARACTERS_MAX = 32_768;
/** A field of this name says where the key serves; it becomes the key's region. */
const REGION_FIELD = 'region';

export type ReadCredential = Omit<Extract<PlacedCredential, { kind: 'placed' }>, 'kind'> & {
  readonly type: CredentialType;
};

/** Throws `invalid_request`. `typeId` undefined: the provider's first type. */
export function readCredential(
  manifest: ProviderManifest,
  typeId: string | undefined,
  given: unknown,
): ReadCredential {
  const type = credentialTypeOf(manifest, typeId);
  const values = namedValues(manifest, type, given);
  assertGood(manifest, type, values);
  const placed = type.place?.(Object.fromEntries(values)) ?? placeByField(type, values);
  if (placed.kind === 'placed') return { type, ...placed };
  const name = `credential.${placed.field}`;
  throw fieldError(name, `\`${name}\`: ${placed.problem}`);
}

function placeByField(type: CredentialType, values: ReadonlyMap<string, string>): PlacedCredential {
  const entries = type.fields.flatMap((field) => {
    const value = values.get(field.name);
    return value === undefined || field.name === REGION_FIELD ? [] : [{ field, value }];
  });
  const pick = (secret: boolean): Record<string, string> =>
    Object.fromEntries(
      entries.filter(({ field }) => field.secret === secret).map(({ field, value }) => [field.name, value]),
    );
  return {
    kind: 'placed',
    secret: pick(true),
    baseUrl: null,
    region: values.get(REGION_FIELD) ?? null,
    options: pick(false),
  };
}

export function credentialTypeOf(manifest: ProviderManifest, typeId: string | undefined): CredentialType {
  const type =
    typeId === undefined
      ? manifest.credentialTypes[0]
      : manifest.credentialTypes.find(({ id }) => id === typeId);
  if (type !== undefined) return type;
  const known = manifest.credentialTypes.map(({ id }) => id).join(', ');
  throw new GatewayError(
    'invalid_request',
    `\`credential_type\` must be one that ${manifest.name} has: ${known}.`,
    {
      metadata: { fields: ['credential_type'] },
    },
  );
}

/** By field name; empty values left out. */
function namedValues(
  manifest: ProviderManifest,
  type: CredentialType,
  given: unknown,
): ReadonlyMap<string, string> {
  const object = asObject(type, type.unfold === undefined ? given : type.unfold(parsedIfJson(given)));
  const single = type.fields.length === 1 ? type.fields[0] : undefined;
  if (typeof object === 'string') {
    if (single !== undefined) return new Map([[single.name, object.trim()]]);
    throw malformed(type, 'it is not valid JSON');
  }
  const whole = pastedWhole(type, object);
  if (whole !== undefined) return whole;
  const values = new Map<string, string>();
  for (const [name, value] of Object.entries(object)) {
    const field = fieldNamed(type, name);
    if (field === undefined) throw unknownField(manifest, type, { name, object, single });
    if (values.has(field.name))
      throw malformed(type, `${safeName(field.name)} is given twice, under two names`);
    const text = asText(type, field, value);
    if (text !== '') values.set(field.name, text);
  }
  return values;
}

/** What a form of the provider's own is made of; text that is no JSON stays text. */
function parsedIfJson(given: unknown): unknown {
  if (typeof given !== 'string' || !/^\s*[[{]/.test(given)) return given;
  try {
    return JSON.parse(given);
  } catch {
    // What is wrong is said where the text is read as fields.
    return given;
  }
}

/** Text that holds a JSON object counts as that object: people paste the file. */
function asObject(type: CredentialType, given: unknown): Readonly<Record<string, unknown>> | string {
  if (typeof given !== 'string') {
    if (typeof given === 'object' && given !== null && !Array.isArray(given))
      return given as Record<string, unknown>;
    throw malformed(type, 'it must be an object or text');
  }
  if (!given.trimStart().startsWith('{')) return given;
  let parsed: unknown;
  try {
    parsed = JSON.parse(given);
  } catch {
    // The parser's message would quote the secret.
    throw malformed(type, 'it begins like JSON but is not valid JSON; paste the whole file, from { to }');
  }
  return parsed as Record<string, unknown>;
}

/**
 * A file pasted in place of the fields: nothing in it is a field of a single line, so the whole object, less the
 * one-line fields that stand beside it (a region), is the value of the type's one large field.
 */
function pastedWhole(
  type: CredentialType,
  object: Readonly<Record<string, unknown>>,
): ReadonlyMap<string, string> | undefined {
  const large = type.fields.filter(({ input }) => input === 'textarea');
  const target = large.length === 1 ? large[0] : undefined;
  if (
    target === undefined ||
    Object.keys(object).some((name) => fieldNamed(type, name)?.name === target.name)
  ) {
    return undefined;
  }
  const beside = new Map<string, string>();
  const rest: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(object)) {
    const field = fieldNamed(type, name);
    if (field === undefined) rest[name] = value;
    else beside.set(field.name, asText(type, field, value));
  }
  return Object.keys(rest).length === 0 ? undefined : beside.set(target.name, JSON.stringify(rest));
}

function fieldNamed(type: CredentialType, name: string): CredentialField | undefined {
  const wanted = name.toLowerCase();
  return type.fields.find((field) =>
    [field.name, ...field.aliases].some((each) => each.toLowerCase() === wanted),
  );
}

function asText(type: CredentialType, field: CredentialField, value: unknown): string {
  if (value === null || value === undefined) return '';
  // An object where a line belongs is a pasted file: the field's own check says what was probably meant.
  const text = typeof value === 'object' ? JSON.stringify(value) : value;
  if (typeof text !== 'string') throw malformed(type, `${safeName(field.name)} must be text`);
  if (text.length > VALUE_CHARACTERS_MAX) {
    throw malformed(type, `${safeName(field.name)} is longer than ${VALUE_CHARACTERS_MAX} characters`);
  }
  return text.trim();
}

/** Names every field that is wrong, so that a form shows all of them at once. */
function assertGood(
  manifest: ProviderManifest,
  type: CredentialType,
  values: ReadonlyMap<string, string>,
): void {
  const problems = type.fields.flatMap((field) => {
    const sentence = problemOf(manifest, field, values.get(field.name) ?? '');
    return sentence === undefined ? [] : [{ name: `credential.${field.name}`, sentence }];
  });
  if (problems.length === 0) return;
  throw new GatewayError('invalid_request', problems.map(({ sentence }) => sentence).join(' '), {
    metadata: { fields: problems.map(({ name }) => name) },
  });
}

function problemOf(manifest: ProviderManifest, field: CredentialField, value: string): string | undefined {
  const name = `\`credential.${field.name}\``;
  if (value === '') {
    return field.required
      ? `${name} is required: ${field.label} for ${manifest.name}. ${field.help}`.trim()
      : undefined;
  }
  const problem = field.check(value);
  return problem === undefined ? undefined : `${name}: ${problem}`;
}

/**
 * A file of another kind in a one-field form (a service account where an API key belongs) is judged by the field's own
 * check, which knows what was probably meant; otherwise the foreign field is named.
 */
function unknownField(
  manifest: ProviderManifest,
  type: CredentialType,
  {
    name,
    object,
    single,
  }: {
    readonly name: string;
    readonly object: Readonly<Record<string, unknown>>;
    readonly single: CredentialField | undefined;
  },
): GatewayError {
  const foreign =
    single !== undefined && !Object.keys(object).some((each) => fieldNamed(type, each) !== undefined);
  const meant = foreign ? single.check(JSON.stringify(object)) : undefined;
  if (single !== undefined && meant !== undefined) {
    return fieldError(`credential.${single.name}`, `\`credential.${single.name}\`: ${meant}`);
  }
  const fields = type.fields.map((field) => field.name).join(', ');
  return fieldError(
    'credential',
    `${safeName(`credential.${name}`)} is not a field of ${manifest.name}'s ${type.label} credential; its fields are: ${fields}.`,
  );
}

function malformed(type: CredentialType, problem: string): GatewayError {
  const fields = type.fields.map((field) => field.name).join(', ');
  return fieldError('credential', `\`credential\` cannot be read: ${problem}. It has the fields: ${fields}.`);
}

function fieldError(field: string, message: string): GatewayError {
  return new GatewayError('invalid_request', message, { metadata: { fields: [field] } });
}
