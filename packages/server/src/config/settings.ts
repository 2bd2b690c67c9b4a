/**
 * Every setting of the process, once: name, default, meaning and check. Read at start from the environment and an
 * optional YAML file; what users change at run time lives in the store. The help text and the docs page are generated
 * from this table. An unknown or malformed setting stops the start.
 */
import { readFileSync, statSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import { integerBetween, oneOf, type Setting } from './setting.ts';
import { KEPT_BODY_SETTINGS, readBodyRules, type BodyRules } from './body-rules.ts';
import { LOAD_LIMIT_SETTINGS, readLoadLimits, type LoadLimits } from './load-limits.ts';
import { readTimeLimits, TIME_LIMIT_SETTINGS, type TimeLimits } from './time-limits.ts';

const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;

export const SETTINGS = [
  { env: 'AROUTER_HOST', key: 'host', fallback: '127.0.0.1', help: 'Address to listen on.', check: anyText },
  {
    env: 'AROUTER_PORT',
    key: 'port',
    fallback: '8080',
    help: 'Port to listen on; 0 takes a free one.',
    check: integerBetween(0, 65_535),
  },
  {
    env: 'AROUTER_DATA_DIR',
    key: 'data_dir',
    fallback: './data',
    help: 'Folder of the embedded database and the root key.',
    check: notEmpty,
  },
  {
    env: 'AROUTER_DATABASE_URL',
    key: 'database_url',
    fallback: '',
    help: 'Empty: embedded SQLite in the data folder. PostgreSQL is not supported yet.',
    check: emptyUntilSupported('PostgreSQL', 'a data folder (AROUTER_DATA_DIR)'),
  },
  {
    env: 'AROUTER_COUNTERS_URL',
    key: 'counters_url',
    fallback: '',
    help: 'Empty: limits and health in memory. Valkey and Redis are not supported yet.',
    check: emptyUntilSupported('Valkey or Redis', 'one process'),
  },
  {
    env: 'AROUTER_ROLE',
    key: 'role',
    fallback: 'all',
    help: 'all, gateway (inference only) or control (management only).',
    check: oneOf(['all', 'gateway', 'control']),
  },
  {
    env: 'AROUTER_KEK_FILE',
    key: 'kek_file',
    fallback: '',
    help: 'File with the root key (0600). Default: root.key in the data folder, made on first run.',
    check: anyText,
  },
  {
    env: 'AROUTER_KEK',
    key: 'kek',
    fallback: '',
    help: 'The root key itself; AROUTER_KEK_FILE is safer.',
    check: anyText,
  },
  {
    env: 'AROUTER_EGRESS_ALLOW',
    key: 'egress_allow',
    fallback: '',
    help: 'Comma-separated origins on private addresses that provider keys may use, e.g. http://127.0.0.1:11434.',
    check: anyText,
  },
  {
    env: 'AROUTER_EGRESS_REROUTE',
    key: 'egress_reroute',
    fallback: '',
    help: 'Comma-separated origin=origin: requests for the first go to the second, e.g. https://api.example.com=http://127.0.0.1:9001.',
    check: anyText,
  },
  {
    env: 'AROUTER_PUBLIC_URL',
    key: 'public_url',
    fallback: '',
    help: 'The URL under which people reach this gateway, for links.',
    check: urlOrEmpty,
  },
  {
    env: 'AROUTER_OIDC_ISSUER',
    key: 'oidc_issuer',
    fallback: '',
    help: 'OpenID Connect provider for single sign-on, e.g. https://login.example.com; empty: none. Needs AROUTER_PUBLIC_URL.',
    check: urlOrEmpty,
  },
  {
    env: 'AROUTER_OIDC_CLIENT_ID',
    key: 'oidc_client_id',
    fallback: '',
    help: 'Our id at it.',
    check: anyText,
  },
  {
    env: 'AROUTER_OIDC_CLIENT_SECRET',
    key: 'oidc_client_secret',
    fallback: '',
    help: 'Our secret at it. The redirect address to register is AROUTER_PUBLIC_URL/api/v1/session/sso/callback.',
    check: anyText,
  },
  {
    env: 'AROUTER_OIDC_LABEL',
    key: 'oidc_label',
    fallback: 'single sign-on',
    help: 'What the button calls it.',
    check: notEmpty,
  },
  {
    env: 'AROUTER_OIDC_DOMAINS',
    key: 'oidc_domains',
    fallback: '',
    help: 'Comma-separated e-mail domains whose people may come by themselves; empty: nobody new.',
    check: anyText,
  },
  {
    env: 'AROUTER_OIDC_ROLE',
    key: 'oidc_role',
    fallback: 'none',
    help: 'Role of new people in the first workspace: none (they need an invitation), viewer, developer, billing or admin.',
    check: oneOf(['none', 'viewer', 'developer', 'billing', 'admin']),
  },
  {
    env: 'AROUTER_OIDC_ONLY',
    key: 'oidc_only',
    fallback: 'false',
    help: 'true: passwords are not taken. Who has one is let in once more by `arouter person reset EMAIL --sso`.',
    check: oneOf(['true', 'false']),
  },
  {
    env: 'AROUTER_LOG_LEVEL',
    key: 'log_level',
    fallback: 'info',
    help: 'debug, info, warn, error or silent.',
    check: oneOf(LOG_LEVELS),
  },
  ...LOAD_LIMIT_SETTINGS,
  ...KEPT_BODY_SETTINGS,
  ...TIME_LIMIT_SETTINGS,
  {
    env: 'AROUTER_LEDGER_SYNC',
    key: 'ledger_sync',
    fallback: 'normal',
    help: 'normal: the ledger survives kill -9. full: also power loss, at the price of one disk flush per commit.',
    check: oneOf(['normal', 'full']),
  },
] as const satisfies readonly Setting[];

export type Settings = LoadLimits & {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  readonly role: 'all' | 'gateway' | 'control';
  readonly kekFile: string;
  readonly kek: string;
  readonly egressAllow: string;
  readonly egressReroute: string;
  readonly publicUrl: string;
  /** Null: no single sign-on. */
  readonly oidc: {
    readonly issuer: string;
    readonly clientId: string;
    readonly clientSecret: string;
    readonly label: string;
    readonly domains: readonly string[];
    readonly role: 'viewer' | 'developer' | 'billing' | 'admin' | null;
    readonly isOnly: boolean;
  } | null;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  readonly ledgerSync: 'normal' | 'full';
  readonly bodyRules: BodyRules;
  readonly timeLimits: TimeLimits;
};

/** The process must not start; the CLI prints the sentence and exits with 78 (EX_CONFIG). */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

const FILE_BYTES_MAX = 1024 * 1024;
const CONFIG_VARIABLE = 'AROUTER_CONFIG';
/** Read by the command line, not by the server. */
const OTHER_VARIABLES = [CONFIG_VARIABLE, 'AROUTER_URL', 'AROUTER_MANAGEMENT_KEY', 'AROUTER_TRAFFIC_DIR'];

/** The environment wins over the file, the file over the defaults. Throws SettingsError. */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  refuseUnknown(environment);
  const file = readFile(environment[CONFIG_VARIABLE]);
  const values = new Map<string, string>();
  for (const setting of SETTINGS) {
    const value = environment[setting.env] ?? file.get(setting.key) ?? setting.fallback;
    const wrong = setting.check(value);
    if (wrong !== undefined) throw new SettingsError(`${setting.env} ${wrong}`);
    values.set(setting.env, value);
  }
  const text = (env: (typeof SETTINGS)[number]['env']): string => values.get(env) ?? '';
  return {
    host: text('AROUTER_HOST'),
    port: Number(text('AROUTER_PORT')),
    dataDir: text('AROUTER_DATA_DIR'),
    role: text('AROUTER_ROLE') as Settings['role'],
    kekFile: text('AROUTER_KEK_FILE'),
    kek: text('AROUTER_KEK'),
    egressAllow: text('AROUTER_EGRESS_ALLOW'),
    egressReroute: text('AROUTER_EGRESS_REROUTE'),
    publicUrl: text('AROUTER_PUBLIC_URL'),
    oidc: readOidc(text),
    logLevel: text('AROUTER_LOG_LEVEL') as Settings['logLevel'],
    ...readLoadLimits((env) => Number(text(env))),
    ledgerSync: text('AROUTER_LEDGER_SYNC') as Settings['ledgerSync'],
    bodyRules: readBodyRules(text),
    timeLimits: readTimeLimits((env) => Number(text(env))),
  };
}

type Text = (env: (typeof SETTINGS)[number]['env']) => string;

function readOidc(text: Text): Settings['oidc'] {
  const issuer = text('AROUTER_OIDC_ISSUER');
  if (issuer === '') return null;
  for (const env of ['AROUTER_OIDC_CLIENT_ID', 'AROUTER_OIDC_CLIENT_SECRET', 'AROUTER_PUBLIC_URL'] as const) {
    if (text(env) === '') throw new SettingsError(`${env} must be set where AROUTER_OIDC_ISSUER is.`);
  }
  const role = text('AROUTER_OIDC_ROLE');
  return {
    issuer,
    clientId: text('AROUTER_OIDC_CLIENT_ID'),
    clientSecret: text('AROUTER_OIDC_CLIENT_SECRET'),
    label: text('AROUTER_OIDC_LABEL'),
    domains: text('AROUTER_OIDC_DOMAINS')
      .split(',')
      .map((domain) => domain.trim().toLowerCase())
      .filter((domain) => domain !== ''),
    role: role === 'none' ? null : (role as NonNullable<NonNullable<Settings['oidc']>['role']>),
    isOnly: text('AROUTER_OIDC_ONLY') === 'true',
  };
}

/** The table for `--help` and the docs page. */
export function settingsHelp(): string {
  const width = Math.max(...SETTINGS.map(({ env }) => env.length)) + 2;
  return SETTINGS.map(
    ({ env, fallback, help }) => `  ${env.padEnd(width)}${help}${fallback === '' ? '' : ` [${fallback}]`}`,
  ).join('\n');
}

function refuseUnknown(environment: Readonly<Record<string, string | undefined>>): void {
  const known = new Set<string>([...SETTINGS.map(({ env }) => env), ...OTHER_VARIABLES]);
  const unknown = Object.keys(environment).find((name) => name.startsWith('AROUTER_') && !known.has(name));
  if (unknown !== undefined) {
    throw new SettingsError(`${unknown} is not a setting. "arouter serve --help" lists them.`);
  }
}

function readFile(path: string | undefined): ReadonlyMap<string, string> {
  if (path === undefined || path === '') return new Map();
  let parsed: unknown;
  try {
    if (statSync(path).size > FILE_BYTES_MAX)
      throw new SettingsError(`${CONFIG_VARIABLE} names a file larger than 1 MiB.`);
    parsed = parseYaml(readFileSync(path, 'utf8'));
  } catch (cause) {
    if (cause instanceof SettingsError) throw cause;
    // The parser's message may quote the file, and the file may hold the root key.
    throw new SettingsError(`${CONFIG_VARIABLE} names a file that cannot be read as YAML: ${path}`, {
      cause,
    });
  }
  if (parsed === null) return new Map();
  if (typeof parsed !== 'object' || Array.isArray(parsed))
    throw new SettingsError(`${path} must be a list of "setting: value" lines.`);
  const keys = new Set<string>(SETTINGS.map(({ key }) => key));
  return new Map(
    Object.entries(parsed).map(([key, value]) => {
      if (!keys.has(key))
        throw new SettingsError(`${path}: "${key}" is not a setting. Known are: ${[...keys].join(', ')}.`);
      if (typeof value === 'object' && !Array.isArray(value))
        throw new SettingsError(`${path}: "${key}" must be a plain value.`);
      return [key, Array.isArray(value) ? value.join(',') : String(value)];
    }),
  );
}

function anyText(): undefined {
  return undefined;
}

function notEmpty(value: string): string | undefined {
  return value === '' ? 'must not be empty.' : undefined;
}

function urlOrEmpty(value: string): string | undefined {
  return value === '' || /^https?:\/\/[^\s/]+/.test(value)
    ? undefined
    : 'must be a URL such as https://gateway.example.com.';
}

function emptyUntilSupported(what: string, instead: string): Setting['check'] {
  return (value) =>
    value === ''
      ? undefined
      : `asks for ${what}, which this version does not support yet; leave it empty and use ${instead}.`;
}
