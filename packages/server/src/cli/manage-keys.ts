/** `arouter key …`: API keys of a running gateway. */
import { parseArgs } from 'node:util';
import {
  CONNECTION_HELP,
  createManagementClient,
  listAll,
  table,
  type ManagementClient,
} from './management-client.ts';
import { numberOption, UsageError } from './usage-error.ts';

const HELP = `Usage: arouter key list
       arouter key create NAME [--limit USD] [--reset daily|weekly|monthly] [--json]
       arouter key disable HASH | enable HASH | delete HASH
${CONNECTION_HELP}`;

export async function manageKeys(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      limit: { type: 'string' },
      reset: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const [action, subject] = positionals;
  if (values.help === true || action === undefined) {
    process.stdout.write(HELP);
    return;
  }
  process.stdout.write(await run(createManagementClient(process.env), { action, subject, ...values }));
}

type Options = {
  readonly action: string;
  readonly subject: string | undefined;
  readonly limit?: string;
  readonly reset?: string;
  readonly json?: boolean;
};

async function run(
  client: ManagementClient,
  { action, subject, limit, reset, json }: Options,
): Promise<string> {
  if (action === 'list') {
    const keys = await listAll(client, '/api/v1/keys?include_disabled=true&page_size=100');
    return table(keys, ['name', 'label', 'hash', 'disabled', 'limit', 'usage', 'created_at']);
  }
  if (subject === undefined)
    throw new UsageError(`"arouter key ${action}" needs a name or hash. "arouter key --help" says more.`);
  switch (action) {
    case 'create': {
      const limitUsd = numberOption('--limit', limit);
      const answer = await client.call('POST', '/api/v1/keys', {
        name: subject,
        ...(limitUsd === undefined ? {} : { limit: limitUsd }),
        ...(reset === undefined ? {} : { limit_reset: reset }),
      });
      return json === true
        ? `${JSON.stringify(answer)}\n`
        : `${String(answer['key'])}\nIt is shown once; only its keyed hash is stored.\n`;
    }
    case 'enable':
    case 'disable':
      await client.call('PATCH', `/api/v1/keys/${encodeURIComponent(subject)}`, {
        disabled: action === 'disable',
      });
      return `${action}d\n`;
    case 'delete':
      await client.call('DELETE', `/api/v1/keys/${encodeURIComponent(subject)}`);
      return 'deleted\n';
    default:
      throw new UsageError(`"${action}" is not an action of "arouter key". "arouter key --help" lists them.`);
  }
}
