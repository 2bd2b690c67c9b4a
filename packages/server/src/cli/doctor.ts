/** `arouter doctor`: is this data folder sound? Runs beside no server: it takes the database's lock. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { PLATFORM_WORKSPACE } from '@arouter/core';
import { manifests } from '@arouter/providers';
import { readSettings } from '../config/settings.ts';
import { openInstance, type Instance } from '../instance/open-instance.ts';
import { createLog } from '../log/create-log.ts';
import { buildSnapshot } from '../snapshot/build-snapshot.ts';
import { createCatalogue } from '../snapshot/catalogue.ts';
import { verifyAuditLog } from '../audit/create-audit-log.ts';
import { parseEgressAllow } from '../transport/parse-egress-allow.ts';
import { parseEgressReroute } from '../transport/parse-egress-reroute.ts';
import { UsageError } from './usage-error.ts';

const HELP = `Usage: arouter doctor [--data-dir DIR]

Checks the settings, the database (pages, sums of ledger, rollups and credits), the root key and every stored secret.
Exits with 1 when something is wrong. Stop the gateway first.
`;

export async function doctor(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { 'data-dir': { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help === true) {
    process.stdout.write(HELP);
    return;
  }
  const fromEnvironment = readSettings({ ...process.env });
  const settings = { ...fromEnvironment, dataDir: values['data-dir'] ?? fromEnvironment.dataDir };
  parseEgressAllow(settings.egressAllow);
  parseEgressReroute(settings.egressReroute);
  say('settings', 'good');
  const database = join(resolve(settings.dataDir), 'arouter.db');
  // Opening would make a new one, and call that sound.
  if (!existsSync(database))
    throw new UsageError(`There is no database at ${database}. Nothing was changed.`, 1);
  const instance = await openInstance(settings, createLog('error'));
  try {
    say('root key', 'fits the data');
    const problems = [
      ...(await instance.store.verify()),
      ...(await verifyAuditLog(instance.store.audit)),
      ...(await unreadableKeys(instance)),
    ];
    say(
      'database',
      problems.length === 0
        ? 'sound; ledger, rollups and credits agree, and no entry of the audit log was changed'
        : `${problems.length} problems`,
    );
    for (const problem of problems) process.stdout.write(`  ${problem}\n`);
    if (problems.length > 0)
      throw new UsageError(
        'Something is wrong with the data; see above. Restore a backup, or enter unreadable secrets again.',
        1,
      );
  } finally {
    await instance.close();
  }
}

async function unreadableKeys({ store, vault }: Instance): Promise<readonly string[]> {
  const rows = await store.loadConfig();
  const snapshot = buildSnapshot(rows, createCatalogue(manifests), manifests);
  const owners = [PLATFORM_WORKSPACE, ...rows.workspaces.map(({ id }) => id)];
  const keys = new Map(owners.flatMap((owner) => snapshot.providerKeys(owner)).map((key) => [key.id, key]));
  const unreadable = [...keys.values()].filter((key) => !vault.isReadable(key));
  say('provider keys', `${keys.size} stored, ${keys.size - unreadable.length} readable`);
  return unreadable.map((key) => `the secret of provider key ${key.id} cannot be opened; enter it again`);
}

function say(what: string, verdict: string): void {
  process.stdout.write(`${what.padEnd(14)}${verdict}\n`);
}
