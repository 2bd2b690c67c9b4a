/** `arouter byok …`: provider keys of a running gateway. Secrets come from standard input. */
import { parseArgs } from 'node:util';
import {
  CONNECTION_HELP,
  createManagementClient,
  listAll,
  readStandardInput,
  table,
  type ManagementClient,
} from './management-client.ts';
import { numberOption, UsageError } from './usage-error.ts';

const HELP = `Usage: arouter byok list
       arouter byok add PROVIDER [--label TEXT] [--base-url URL] [--weight N] [--rpm N] [--always-use] < secret
       arouter byok test ID | reenable ID | delete ID

The secret (an API key, or the credential as JSON) is read from standard input:

  printf %s "$OPENAI_API_KEY" | arouter byok add openai --label Production
${CONNECTION_HELP}`;

export async function manageProviderKeys(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      label: { type: 'string' },
      'base-url': { type: 'string' },
      weight: { type: 'string' },
      rpm: { type: 'string' },
      'always-use': { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const [action, subject] = positionals;
  if (values.help === true || action === undefined) {
    process.stdout.write(HELP);
    return;
  }
  const client = createManagementClient(process.env);
  if (action === 'list') process.stdout.write(await list(client));
  else if (subject === undefined)
    throw new UsageError(`"arouter byok ${action}" needs a provider or id. "arouter byok --help" says more.`);
  else if (action === 'add') process.stdout.write(await add(client, subject, values));
  else process.stdout.write(await act(client, action, subject));
}

async function list(client: ManagementClient): Promise<string> {
  return table(await listAll(client, '/api/v1/byok?limit=100'), [
    'id',
    'provider',
    'label',
    'hint',
    'weight',
    'enabled',
    'health',
    'spent_today_usd',
  ]);
}

type AddOptions = {
  readonly label?: string;
  readonly 'base-url'?: string;
  readonly weight?: string;
  readonly rpm?: string;
  readonly 'always-use'?: boolean;
};

async function add(client: ManagementClient, provider: string, options: AddOptions): Promise<string> {
  const weight = numberOption('--weight', options.weight);
  const rpmLimit = numberOption('--rpm', options.rpm);
  const secret = await readStandardInput();
  if (secret === '')
    throw new UsageError('No secret came on standard input. "arouter byok --help" shows how.');
  const { data } = await client.call('POST', '/api/v1/byok', {
    provider,
    // As text: the gateway reads JSON out of it itself, and its sentence quotes none of it.
    credential: secret,
    ...(options.label === undefined ? {} : { label: options.label }),
    ...(options['base-url'] === undefined ? {} : { base_url: options['base-url'] }),
    ...(weight === undefined ? {} : { weight }),
    ...(rpmLimit === undefined ? {} : { rpm_limit: rpmLimit }),
    ...(options['always-use'] === true ? { always_use: true } : {}),
  });
  return `${String((data as Readonly<Record<string, unknown>>)['id'])}\n`;
}

async function act(client: ManagementClient, action: string, id: string): Promise<string> {
  const path = `/api/v1/byok/${encodeURIComponent(id)}`;
  switch (action) {
    case 'test': {
      const { data } = await client.call('POST', `${path}/test`, {});
      return `${String((data as Readonly<Record<string, unknown>>)['message'])}\n`;
    }
    case 'reenable':
      await client.call('POST', `${path}/reenable`, {});
      return 'enabled, health reset\n';
    case 'delete':
      await client.call('DELETE', path);
      return 'deleted\n';
    default:
      throw new UsageError(
        `"${action}" is not an action of "arouter byok". "arouter byok --help" lists them.`,
      );
  }
}
