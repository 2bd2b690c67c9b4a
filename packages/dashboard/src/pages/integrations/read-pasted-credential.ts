/** What a person pasted → the fields of the form, where it is plainly those; else the text stays whole and the server reads it. */
import type { CredentialType } from './key-draft.ts';

export type Pasted =
  /** Not JSON: `problem` says so in a sentence. */
  | { readonly kind: 'broken'; readonly problem: string }
  | { readonly kind: 'fields'; readonly values: Readonly<Record<string, string>> }
  | { readonly kind: 'whole' };

export function readPastedCredential(type: CredentialType, text: string): Pasted {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // The engine's own message may quote the text, which holds a secret.
    return { kind: 'broken', problem: 'This is not valid JSON: check quotes, commas and the last brace.' };
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return { kind: 'whole' };
  const entries = Object.entries(parsed).map(([name, value]) => [fieldNamed(type, name), value] as const);
  if (entries.length > 0 && entries.every(([field, value]) => field !== undefined && isPlain(value))) {
    return {
      kind: 'fields',
      values: Object.fromEntries(entries.map(([field, value]) => [field ?? '', asText(value)])),
    };
  }
  const files = type.fields.filter(({ input }) => input === 'textarea');
  const [file] = files;
  const isFile = files.length === 1 && entries.every(([field]) => field === undefined);
  return file !== undefined && isFile
    ? { kind: 'fields', values: { [file.name]: text.trim() } }
    : { kind: 'whole' };
}

function fieldNamed(type: CredentialType, name: string): string | undefined {
  return type.fields.find((field) => field.name === name || field.aliases.includes(name))?.name;
}

/** A file inside a field is an object; a list of deployments is the server's to read. */
function isPlain(value: unknown): boolean {
  return (
    typeof value === 'string' ||
    typeof value === 'number' ||
    (typeof value === 'object' && value !== null && !Array.isArray(value))
  );
}

function asText(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value, null, 2) : String(value);
}
