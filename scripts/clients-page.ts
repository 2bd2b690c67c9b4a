/** `docs/clients.md`: which client can do what, from the table that the end-to-end tests are driven by. */
import { BEYOND_CHAT, CAPABILITIES, CLIENTS } from '../tests/support/clients/client-table.ts';
import type { Beyond, Capability, ClientRow } from '../tests/support/clients/client-table.ts';
import { code, table } from './markdown.ts';

/** Package → the exact version that is tested. */
export type Versions = Readonly<Record<string, string>>;

export function clientsPage(versions: Versions): string {
  const clients = Object.values<ClientRow>(CLIENTS);
  const capabilities = Object.keys(CAPABILITIES) as Capability[];
  return `# Clients

Every client below is the package from npm, unmodified: it is given a base URL and an ARouter key and nothing else. \`npm test\`
runs each of them against the real gateway for every cell of the table, for a model of each vendor (OpenAI, Anthropic, Google),
so that whatever the client speaks is passed through once and translated otherwise. A dash is explained below.

${table(
  ['Client', ...capabilities],
  clients.map(({ lacks, ...client }) => [
    nameOf(client),
    ...capabilities.map((each) => (each in lacks ? '–' : '✓')),
  ]),
)}

${clients.flatMap(({ lacks, ...client }) => Object.entries(lacks).map(([capability, reason]) => `* ${nameOf(client)}, ${capability}: ${reason}.`)).join('\n')}

What a tick says:

${table(
  ['Capability', 'Tried'],
  Object.entries(CAPABILITIES).map(([name, tried]) => [name, tried]),
)}

## Where they point

The key goes where each client puts its own (see [inference paths](endpoints.md)).

${table(
  ['Client', 'Version tested', 'Base URL', 'Calls'],
  clients.map((client) => [
    nameOf(client),
    versionOf(versions, client.package),
    code(client.baseUrl),
    code(client.path),
  ]),
)}

The AWS package takes the ARouter key as its access key id; what it signs with is not looked at.

## Beside conversations

${table(
  ['Client', 'Call', 'Path'],
  Object.values<Beyond>(BEYOND_CHAT).map(({ package: name, call, path }) => [
    code(name),
    code(call),
    code(path),
  ]),
)}`;
}

function nameOf({ package: name, interface: which }: Pick<ClientRow, 'package' | 'interface'>): string {
  return which === '' ? code(name) : `${code(name)}, ${which}`;
}

function versionOf(versions: Versions, name: string): string {
  const version = versions[name];
  if (version === undefined) throw new Error(`package.json has no version of the client ${name}`);
  return version;
}
