/** The reference pages under docs/, each from the table in code that it shows. */
import { readFileSync } from 'node:fs';
import {
  BENCH_POLICIES,
  ERROR_CODES,
  FAILURE_CLASSES,
  failureAdvice,
  type FailureClass,
} from '@arouter/core';
import {
  FATES_FROM_ANTHROPIC,
  FATES_TO_ANTHROPIC,
} from '../packages/providers/src/dialects/anthropic-messages/field-fates.ts';
import {
  FATES_FROM_CONVERSE,
  FATES_TO_CONVERSE,
} from '../packages/providers/src/dialects/bedrock-converse/field-fates.ts';
import {
  FATES_FROM_GEMINI,
  FATES_TO_GEMINI,
} from '../packages/providers/src/dialects/gemini-generate/field-fates.ts';
import {
  FATES_FROM_RESPONSES,
  FATES_TO_RESPONSES,
} from '../packages/providers/src/dialects/openai-responses/field-fates.ts';
import { FATES_TO_OPENAI_CHAT } from '../packages/providers/src/dialects/openai-chat/field-fates.ts';
import type { FieldFate } from '../packages/providers/src/dialects/shared/field-fate.ts';
import { SETTINGS } from '../packages/server/src/config/settings.ts';
import { clientsPage, type Versions } from './clients-page.ts';
import { code, table } from './markdown.ts';

export type ReferencePage = { readonly path: string; readonly content: string };

export function referencePages(generatedNote: string): readonly ReferencePage[] {
  const page = (name: string, content: string): ReferencePage => ({
    path: `docs/${name}.md`,
    content: `<!-- ${generatedNote} -->\n${content}\n`,
  });
  return [
    page('settings', settingsPage()),
    page('errors', errorsPage()),
    page('health', healthPage()),
    page('translation', translationPage()),
    page('clients', clientsPage(testedVersions())),
  ];
}

function settingsPage(): string {
  return `# Settings

Read at start from the environment, or from a YAML file named by \`AROUTER_CONFIG\` (the second column is the key there). The
environment wins. A setting that is unknown or malformed stops the start with exit code 78 and one sentence.

${table(
  ['Variable', 'YAML', 'Default', 'Meaning'],
  SETTINGS.map(({ env, key, fallback, help }) => [
    code(env),
    code(key),
    fallback === '' ? '' : code(fallback),
    help,
  ]),
)}`;
}

function errorsPage(): string {
  return `# Errors

Every error has a stable string code at both places that client libraries read, a request id, and a sentence that says what,
which and what now; in the caller's dialect. What a retry cannot cure carries \`x-should-retry: false\`.

${table(
  ['Code', 'Status', 'Type', 'Retry', 'Meaning'],
  Object.entries(ERROR_CODES).map(([name, { status, type, retry, summary }]) => [
    code(name),
    String(status),
    code(type),
    retry ? 'yes' : 'no',
    summary,
  ]),
)}

## When a provider fails

The class is decided once, from status, type, code and message (provider rules first, then the general table), and decides
everything that follows. The advice is what Test Key, the key's last error and the caller's error say.

${table(
  ['Class', 'Advice'],
  FAILURE_CLASSES.map((name) => [
    code(name),
    failureAdvice(name, { provider: 'PROVIDER', keysUrl: 'https://…' }),
  ]),
)}`;
}

function healthPage(): string {
  return `# Key health

What a failure does to a key. The scopes: \`key\` (with every model), \`key_model\` (this key with this model),
\`provider_model\` (this model at this destination, fed by all keys that go there; trips only on three failures in a row from at
least two keys). A bench ends by itself; then one live request is the probe. A bench is never shortened by a later failure.

${table(
  ['Class', 'Scopes', 'Trips', 'First bench', 'Longest', 'A stated time is believed up to'],
  FAILURE_CLASSES.map(healthRow),
)}

\`breaker\`: three in a row, or at least five and half of the attempts of the last 30 s.`;
}

function healthRow(name: FailureClass): readonly string[] {
  const policy = BENCH_POLICIES[name];
  if (policy === null) return [code(name), 'nothing: not the key’s fault', '', '', '', ''];
  const untilEdited = policy.trips === 'until_edited';
  return [
    code(name),
    policy.scopes.map(code).join(', '),
    untilEdited ? 'at once' : policy.trips.replaceAll('_', ' '),
    untilEdited ? 'until edited, re-enabled or tested' : duration(policy.firstMs),
    untilEdited ? '' : duration(policy.longestMs),
    policy.statedMsMax === 0 ? '' : duration(policy.statedMsMax),
  ];
}

/** Every dialect and the canonical form between them (OpenAI chat): what is lost on the way to it, and on the way from it. */
const TRANSLATIONS: readonly {
  readonly name: string;
  readonly fromCaller: readonly FieldFate[];
  readonly toProvider: readonly FieldFate[];
}[] = [
  // A caller of it says nothing that the canonical form does not hold.
  { name: 'OpenAI chat', fromCaller: [], toProvider: FATES_TO_OPENAI_CHAT },
  { name: 'OpenAI responses', fromCaller: FATES_FROM_RESPONSES, toProvider: FATES_TO_RESPONSES },
  { name: 'Anthropic messages', fromCaller: FATES_FROM_ANTHROPIC, toProvider: FATES_TO_ANTHROPIC },
  { name: 'Gemini', fromCaller: FATES_FROM_GEMINI, toProvider: FATES_TO_GEMINI },
  { name: 'Bedrock Converse', fromCaller: FATES_FROM_CONVERSE, toProvider: FATES_TO_CONVERSE },
];

function translationPage(): string {
  return `# What translation keeps

When caller and provider speak the same dialect nothing is translated. Otherwise a request goes through one form, that of OpenAI
chat with unknown fields kept: from the caller's dialect into it, and from it into the provider's. Everything that the other side
can express is carried over; the rest is dropped or refused by these tables, never silently changed in meaning. Which tables
apply (Converse is worded by way of the Messages API, whose tables come first there too):

${table(['Caller \\ provider', ...TRANSLATIONS.map(({ name }) => name)], matrixRows())}

${TRANSLATIONS.flatMap(({ name, fromCaller, toProvider }) => [
  ...(fromCaller.length === 0
    ? []
    : [`## ${name} caller, provider of another dialect\n\n${fates(fromCaller)}`]),
  `## Caller of another dialect, ${name} provider\n\n${fates(toProvider)}`,
]).join('\n\n')}`;
}

function matrixRows(): readonly (readonly string[])[] {
  const dialects = TRANSLATIONS.map(({ name }) => name);
  return dialects.map((caller) => [caller, ...dialects.map((provider) => tablesFor(caller, provider))]);
}

function tablesFor(caller: string, provider: string): string {
  if (caller === provider) return 'bytes pass through';
  const [first] = TRANSLATIONS.filter(({ name, fromCaller }) => name === caller && fromCaller.length > 0).map(
    ({ name }) => `${name} caller`,
  );
  const [second] = TRANSLATIONS.filter(({ name }) => name === provider).map(({ name }) => `${name} provider`);
  return [first, second].filter((each) => each !== undefined).join(', then ');
}

function fates(rows: readonly FieldFate[]): string {
  return table(
    ['Field', 'Fate', 'Why'],
    rows.map(({ field, fate, reason }) => [code(field), fate, reason]),
  );
}

function testedVersions(): Versions {
  const written = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(written) as { readonly devDependencies: Versions }).devDependencies;
}

function duration(ms: number): string {
  if (ms % 86_400_000 === 0) return `${ms / 86_400_000} d`;
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000} h`;
  if (ms % 60_000 === 0) return `${ms / 60_000} min`;
  return `${ms / 1000} s`;
}
