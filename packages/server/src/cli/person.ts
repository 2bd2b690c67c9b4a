/** `arouter person`: who can sign in, and a way back for who cannot any more. Runs beside no server: it takes the database's lock. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { PLATFORM_WORKSPACE } from '@arouter/core';
import { createAuditLog } from '../audit/create-audit-log.ts';
import { readSettings } from '../config/settings.ts';
import { openInstance, type Instance } from '../instance/open-instance.ts';
import { createLog } from '../log/create-log.ts';
import { allowSsoLink, giveNewPassword } from '../people/way-back.ts';
import type { User } from '../people/user.ts';
import { table } from './management-client.ts';
import { UsageError } from './usage-error.ts';

const HELP = `Usage: arouter person list [--data-dir DIR]
       arouter person reset EMAIL [--sso] [--data-dir DIR]

list    who there is, and how they sign in
reset   a new password for who has lost theirs, printed once; their second factor is off and their sessions have ended
--sso   instead: within an hour, who signs in at the identity provider with this e-mail address, which it must have
        checked, is this person. For who has a password where AROUTER_OIDC_ONLY takes none

Stop the gateway first. A reset stands in the audit log of the instance.
`;

export async function person(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      'data-dir': { type: 'string' },
      sso: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const [action, email] = positionals;
  if (values.help === true || action === undefined) {
    process.stdout.write(HELP);
    return;
  }
  if (action !== 'list' && action !== 'reset')
    throw new UsageError(
      `"${action}" is not an action of "arouter person". "arouter person --help" lists them.`,
    );
  const settings = readSettings({ ...process.env });
  const dataDir = values['data-dir'] ?? settings.dataDir;
  const database = join(resolve(dataDir), 'arouter.db');
  // Opening would make a new one, in which there is nobody.
  if (!existsSync(database))
    throw new UsageError(`There is no database at ${database}. Nothing was changed.`, 1);
  if (values.sso === true && settings.oidc === null)
    throw new UsageError('Single sign-on is not configured: see AROUTER_OIDC_ISSUER. Nothing was changed.');
  const instance = await openInstance({ ...settings, dataDir }, createLog('error'));
  try {
    process.stdout.write(
      action === 'list' ? await list(instance) : await reset(instance, email, values.sso === true),
    );
  } finally {
    await instance.close();
  }
}

async function list({ store }: Instance): Promise<string> {
  const users = await store.identity.find('users', [], { sort: { column: 'created_at', direction: 'asc' } });
  const accounts = await store.identity.find('accounts', []);
  const rows = users.map((user) => ({
    email: user['email'],
    name: user['name'],
    operator: user['is_operator'] === 1 ? 'yes' : 'no',
    second_factor: user['two_factor_enabled'] === 1 ? 'on' : 'off',
    signs_in_with: accounts
      .filter((account) => account['user_id'] === user['id'])
      .map(({ provider_id: provider }) => (provider === 'credential' ? 'password' : 'single sign-on'))
      .join(', '),
  }));
  return table(rows, ['email', 'name', 'operator', 'second_factor', 'signs_in_with']);
}

async function reset(instance: Instance, email: string | undefined, isSso: boolean): Promise<string> {
  if (email === undefined)
    throw new UsageError('"arouter person reset" needs an e-mail address. "arouter person list" shows them.');
  const user = await instance.people.findByEmail(email);
  if (user === null)
    throw new UsageError(
      `Nobody here has the address ${email}. "arouter person list" shows who there is.`,
      1,
    );
  const { store, clock } = instance;
  if (isSso) {
    await recorded(instance, user, 'person.allow_sso', () => allowSsoLink(store.identity, clock, user.id));
    return `Start the gateway. Within an hour, whoever signs in at the identity provider as ${user.email} is ${user.name}.\n`;
  }
  const password = await recorded(instance, user, 'person.reset', () =>
    giveNewPassword(store.identity, clock, user.id),
  );
  return `New password of ${user.email}, shown once: ${password}\nThe second factor is off, all sessions have ended. Start the gateway, sign in and change it.\n`;
}

function recorded<Result>(
  { store, clock }: Instance,
  user: User,
  action: string,
  change: () => Promise<Result>,
): Promise<Result> {
  const entry = {
    at: clock.now(),
    workspaceId: PLATFORM_WORKSPACE,
    actor: { type: 'command', id: '', name: 'arouter person' },
    action,
    target: { type: 'user', id: user.id, name: user.email },
    changes: [],
    ip: null,
    requestId: `cli_${randomBytes(12).toString('hex')}`,
  } as const;
  return createAuditLog(store.audit).recordChange(entry, change, () => entry);
}
