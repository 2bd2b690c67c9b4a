/** `arouter init`: what the first-run page does, for scripts. Works on an empty data folder only. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readSettings } from '../config/settings.ts';
import { issueBootstrapToken } from '../first-run/bootstrap-token.ts';
import { createFirstKeys, isFirstRun } from '../first-run/first-workspace.ts';
import { openInstance } from '../instance/open-instance.ts';
import { createLog } from '../log/create-log.ts';
import { UsageError } from './usage-error.ts';

const HELP = `Usage: arouter init [--json] [--data-dir DIR] [--name WORKSPACE]

Makes the first workspace, a management key, an operator key and an API key, and prints them once.
Exits with 1 when the data folder already has a workspace.
`;

export async function init(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean' },
      'data-dir': { type: 'string' },
      name: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) {
    process.stdout.write(HELP);
    return;
  }
  const fromEnvironment = readSettings({ ...process.env });
  const settings = { ...fromEnvironment, dataDir: values['data-dir'] ?? fromEnvironment.dataDir };
  const instance = await openInstance(settings, createLog(settings.logLevel));
  try {
    const { store, vault, clock, issueApiKey } = instance;
    if (!(await isFirstRun(store))) {
      throw new UsageError(
        `${resolve(settings.dataDir)} already has a workspace; init works on an empty data folder only.`,
        1,
      );
    }
    const keys = await createFirstKeys(
      { store, ensureWorkspace: vault.ensureWorkspace, issueApiKey, clock },
      values.name ?? 'My workspace',
    );
    const result = {
      workspace_id: keys.workspaceId,
      management_key: keys.managementKey,
      operator_key: keys.operatorKey,
      api_key: keys.apiKey,
      dashboard_url:
        settings.publicUrl === '' ? `http://${settings.host}:${settings.port}` : settings.publicUrl,
      bootstrap_token: await issueBootstrapToken(store.vaultRows, clock),
    };
    process.stdout.write(
      values.json === true ? `${JSON.stringify(result)}\n` : forPeople(result, instance.newRootKeyFile),
    );
  } finally {
    await instance.close();
  }
}

function forPeople(result: Readonly<Record<string, string>>, newRootKeyFile: string | null): string {
  const rows = Object.entries(result).map(
    ([name, value]) => `${name.replaceAll('_', ' ').padEnd(16)}${value}`,
  );
  const backup =
    newRootKeyFile === null
      ? []
      : ['', `Back up ${newRootKeyFile} apart from the database: without it provider keys cannot be read.`];
  return `${['These keys are shown once:', '', ...rows, ...backup, '', 'Now start the gateway: npm start'].join('\n')}\n`;
}
