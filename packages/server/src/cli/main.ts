/** `arouter COMMAND`: one line per command here, one file per command beside it. */
import { SettingsError } from '../config/settings.ts';
import { DatabaseRefused } from '../store/database-refused.ts';
import { StoreLocked } from '../store/sqlite/database-lock.ts';
import { EgressAllowInvalid } from '../transport/parse-egress-allow.ts';
import { VaultStartRefused } from '../vault/vault-error.ts';
import { VERSION } from '../version.ts';
import { UsageError, usageErrorOf } from './usage-error.ts';

type Command = (args: readonly string[]) => Promise<void>;

const COMMANDS: Readonly<
  Record<string, { readonly summary: string; readonly load: () => Promise<Command> }>
> = {
  serve: { summary: 'start the gateway', load: async () => (await import('./serve.ts')).serve },
  init: {
    summary: 'make the first workspace and its keys, without a browser',
    load: async () => (await import('./init.ts')).init,
  },
  key: {
    summary: 'list, create, disable and delete API keys of a running gateway',
    load: async () => (await import('./manage-keys.ts')).manageKeys,
  },
  byok: {
    summary: 'list, add, test, re-enable and delete provider keys of a running gateway',
    load: async () => (await import('./manage-provider-keys.ts')).manageProviderKeys,
  },
  kek: {
    summary: 'rotate the root key that seals the provider keys',
    load: async () => (await import('./kek.ts')).kek,
  },
  person: {
    summary: 'who can sign in, and a way back for who has lost their password',
    load: async () => (await import('./person.ts')).person,
  },
  doctor: {
    summary: 'check the data folder: database, sums, root key, secrets',
    load: async () => (await import('./doctor.ts')).doctor,
  },
  demo: {
    summary: 'show every BYOK path against a sandbox provider, in a minute',
    load: async () => (await import('./demo.ts')).demo,
  },
};

/** EX_USAGE and EX_CONFIG of sysexits.h. */
const EXIT_USAGE = 64;
const EXIT_CONFIG = 78;

async function main(args: readonly string[]): Promise<void> {
  const [name, ...rest] = args;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    process.stdout.write(help());
    return;
  }
  if (name === '--version') {
    process.stdout.write(`${VERSION}\n`);
    return;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) throw new UsageError(`"${name}" is not a command. "arouter help" lists them.`);
  const run = await command.load();
  await run(rest).catch((error: unknown) => {
    throw usageErrorOf(error, name) ?? error;
  });
}

function help(): string {
  const rows = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(9)}${summary}`);
  return `arouter ${VERSION} — an LLM gateway for your own provider keys\n\nUsage: arouter COMMAND [OPTIONS]\n\n${rows.join('\n')}\n\n"arouter COMMAND --help" says more.\n`;
}

/** What a person can mend is one sentence; anything else is a bug and shows its stack. */
function report(error: unknown): number {
  const [code, sentence] = describe(error);
  process.stderr.write(`${sentence}\n`);
  return code;
}

function describe(error: unknown): readonly [number, string] {
  if (error instanceof UsageError) return [error.exitCode ?? EXIT_USAGE, error.message];
  const isConfig =
    error instanceof SettingsError ||
    error instanceof VaultStartRefused ||
    error instanceof StoreLocked ||
    error instanceof DatabaseRefused ||
    error instanceof EgressAllowInvalid;
  if (isConfig) return [EXIT_CONFIG, error.message];
  if (isSystemError(error, 'EADDRINUSE'))
    return [EXIT_CONFIG, 'The port is in use. Set AROUTER_PORT to another, or stop the other program.'];
  if (isSystemError(error, 'EACCES'))
    return [EXIT_CONFIG, 'Permission was denied. Check the data folder and the port.'];
  return [1, error instanceof Error ? (error.stack ?? error.message) : 'unknown fault'];
}

function isSystemError(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.exitCode = report(error);
});
