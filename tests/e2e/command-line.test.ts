/** The command line as a person and a script use it: exit codes, one sentence for what they can mend, and no surprise. */
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { startSandbox, type Sandbox } from '@arouter/sandbox';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createManagementClient } from '../support/management-client.ts';
import {
  initGateway,
  runCommand,
  serveGateway,
  startCommand,
  startGateway,
  type CommandResult,
  type Gateway,
} from '../support/start-gateway.ts';
import { ask } from '../support/tenant.ts';

// Dozens of processes are started, on two cores that others use as well.
vi.setConfig({ testTimeout: 120_000 });

const EXIT_USAGE = 64;
const EXIT_CONFIG = 78;

const folders: string[] = [];
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'arouter-cli-'));
  folders.push(folder);
  return folder;
}
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Refused: nothing on stdout, one line on stderr, no stack. */
function expectSentence({ code, stdout, stderr }: CommandResult, exitCode: number, sentence: RegExp): void {
  expect(code, stderr + stdout).toBe(exitCode);
  expect(stderr.trim()).toMatch(sentence);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(stdout).toBe('');
}

test.each([
  [
    'damaged',
    (file: string) => {
      const handle = openSync(file, 'r+');
      writeSync(handle, Buffer.alloc(4096, 0xff), 0, 4096, statSync(file).size - 2 * 4096);
      closeSync(handle);
    },
    /^The database \S+ is damaged \(.*\)\. Nothing was changed\. Restore the last backup into its place\.$/,
  ],
  [
    'no database',
    (file: string) => writeFileSync(file, 'not a database at all'),
    /is damaged \(file is not a database\)/,
  ],
  [
    'newer than this version',
    (file: string) => {
      const database = new DatabaseSync(file);
      database.exec(`INSERT INTO schema_migrations VALUES (9999, 'future', 0)`);
      database.close();
    },
    /schema 9999, this version of ARouter knows \d+\. Start the newer version, or restore the backup taken before the upgrade\.$/,
  ],
])(
  'a database that is %s stops the start with 78 and one sentence, and stays as it is',
  async (_what, spoil, sentence) => {
    const dataDir = newFolder();
    await initGateway(dataDir);
    const file = join(dataDir, 'arouter.db');
    spoil(file);
    const before = readFileSync(file);
    const refused = await runCommand(['serve'], { AROUTER_DATA_DIR: dataDir, AROUTER_PORT: '0' });
    expectSentence(refused, EXIT_CONFIG, sentence);
    expect(readFileSync(file).equals(before)).toBe(true);
  },
);

describe('help', () => {
  test('lists every command, and every command explains itself', async () => {
    const { code, stdout } = await runCommand(['help']);
    expect(code).toBe(0);
    const commands = [...stdout.matchAll(/^ {2}(\w+) +\S/gm)].map(([, name]) => name ?? '');
    expect(commands).toEqual(
      expect.arrayContaining(['serve', 'init', 'key', 'byok', 'kek', 'doctor', 'demo']),
    );
    for (const flags of [['--help'], ['-h']]) {
      const answers = await Promise.all(
        commands.map(async (name) => [name, await runCommand([name, ...flags])] as const),
      );
      for (const [name, answer] of answers) {
        expect([name, answer.code, answer.stderr]).toEqual([name, 0, '']);
        expect(answer.stdout).toMatch(new RegExp(`^Usage: arouter ${name}`));
      }
    }
  });

  test('serve names every setting with its default', async () => {
    const { stdout } = await runCommand(['serve', '--help']);
    for (const name of [
      'HOST',
      'PORT',
      'DATA_DIR',
      'ROLE',
      'KEK_FILE',
      'EGRESS_ALLOW',
      'PUBLIC_URL',
      'LOG_LEVEL',
    ])
      expect(stdout).toContain(`AROUTER_${name} `);
    expect(stdout).toContain('[127.0.0.1]');
  });

  test.each<[args: string[], says: RegExp]>([
    [['nosuch'], /"nosuch" is not a command\. "arouter help" lists them\./],
    [['constructor'], /"constructor" is not a command/],
    [['serve', '--prot', '1'], /"arouter serve" has no option --prot/],
    [['init', 'extra'], /"arouter init" takes no further argument/],
    [['doctor', '--data-dir'], /The option --data-dir .* lacks its value/],
    [['kek', 'rotat'], /"rotat" is not an action of "arouter kek"/],
    [['key', 'list'], /Set AROUTER_MANAGEMENT_KEY/],
    [['demo', '--stay=yes'], /The option --stay is a switch without a value/],
  ])('%j is a mistake that is said in a sentence', async (args, says) => {
    expectSentence(await runCommand(args), EXIT_USAGE, says);
  });
});

describe('settings that cannot be', () => {
  test.each<[name: string, environment: Record<string, string>, says: RegExp]>([
    [
      'an unknown one',
      { AROUTER_PROT: '1' },
      /AROUTER_PROT is not a setting\. "arouter serve --help" lists them\./,
    ],
    ['a port that is none', { AROUTER_PORT: '70000' }, /AROUTER_PORT must be a whole number from 0 to 65535/],
    ['a port as a word', { AROUTER_PORT: 'http' }, /AROUTER_PORT must be a whole number/],
    ['an unknown role', { AROUTER_ROLE: 'everything' }, /AROUTER_ROLE must be one of: all, gateway, control/],
    ['an unknown level', { AROUTER_LOG_LEVEL: 'loud' }, /AROUTER_LOG_LEVEL must be one of/],
    ['an empty folder', { AROUTER_DATA_DIR: '' }, /AROUTER_DATA_DIR must not be empty/],
    [
      'a path among the origins',
      { AROUTER_EGRESS_ALLOW: 'http://127.0.0.1:9001/v1' },
      /AROUTER_EGRESS_ALLOW.*not an origin/,
    ],
    ['cloud metadata among the origins', { AROUTER_EGRESS_ALLOW: 'http://169.254.169.254' }, /never allowed/],
    [
      'a database that is not supported yet',
      { AROUTER_DATABASE_URL: 'postgres://u:secretpw@h/db' },
      /AROUTER_DATABASE_URL asks for PostgreSQL/,
    ],
    [
      'a file that is not there',
      { AROUTER_CONFIG: '/nowhere/arouter.yaml' },
      /AROUTER_CONFIG names a file that cannot be read/,
    ],
    ['a root key that is none', { AROUTER_KEK: 'CANARYshort' }, /AROUTER_KEK/],
  ])('%s stops the start with 78 and one sentence', async (_name, environment, says) => {
    const answer = await runCommand(['serve'], {
      AROUTER_DATA_DIR: newFolder(),
      AROUTER_PORT: '0',
      ...environment,
    });
    expectSentence(answer, EXIT_CONFIG, says);
    expect(answer.stderr).not.toMatch(/CANARY|secretpw/);
  });

  test('a setting in the file that is none, and a file that is no YAML, without quoting it', async () => {
    const folder = newFolder();
    const file = join(folder, 'arouter.yaml');
    const environment = { AROUTER_DATA_DIR: folder, AROUTER_PORT: '0', AROUTER_CONFIG: file };
    writeFileSync(file, 'prot: 8080\n');
    expectSentence(
      await runCommand(['serve'], environment),
      EXIT_CONFIG,
      /"prot" is not a setting\. Known are: host, port/,
    );
    writeFileSync(file, 'kek: "CANARY\n  : [');
    const broken = await runCommand(['serve'], environment);
    expectSentence(broken, EXIT_CONFIG, /cannot be read as YAML/);
    expect(broken.stderr).not.toContain('CANARY');
  });

  test('a port in use', async () => {
    const sandbox = await startSandbox();
    const answer = await runCommand(['serve'], {
      AROUTER_DATA_DIR: newFolder(),
      AROUTER_PORT: String(sandbox.port),
    });
    await sandbox.close();
    expectSentence(answer, EXIT_CONFIG, /The port is in use\. Set AROUTER_PORT/);
  });
});

describe('init', () => {
  test('makes a workspace and its keys once; a second time it exits with 1 and changes nothing', async () => {
    const folder = newFolder();
    const first = await runCommand(['init', '--json', '--data-dir', folder]);
    expect([first.code, first.stderr]).toEqual([0, '']);
    expect(JSON.parse(first.stdout)).toEqual({
      workspace_id: expect.stringMatching(/^ws_/),
      management_key: expect.stringMatching(/^lr_mgmt_/),
      operator_key: expect.stringMatching(/^lr_mgmt_/),
      api_key: expect.stringMatching(/^lr_live_/),
      dashboard_url: expect.stringMatching(/^http/),
      bootstrap_token: expect.any(String),
    });
    const rootKey = readFileSync(join(folder, 'root.key'));
    expectSentence(
      await runCommand(['init', '--json', '--data-dir', folder]),
      1,
      /already has a workspace; init works on an empty data folder only/,
    );
    expect(readFileSync(join(folder, 'root.key')).equals(rootKey)).toBe(true);
    const people = await runCommand(['init', '--data-dir', newFolder(), '--name', 'For people']);
    expect(people.stdout).toMatch(/shown once[^]*api key +lr_live_[^]*Back up .*root\.key/);
  });
});

describe('with a gateway running', () => {
  let sandbox: Sandbox;
  let gateway: Gateway;
  beforeAll(async () => {
    sandbox = await startSandbox();
    gateway = await startGateway({ egressAllow: [sandbox.url] });
  });
  afterAll(async () => {
    await gateway.remove();
    await sandbox.close();
  });
  const arouter = async (args: readonly string[], input = ''): Promise<CommandResult> =>
    await runCommand(
      args,
      { AROUTER_URL: gateway.url, AROUTER_MANAGEMENT_KEY: gateway.keys.managementKey },
      input,
    );

  test('a second process on the same data folder is refused with 78, whatever it is; the first goes on', async () => {
    const environment = { AROUTER_DATA_DIR: gateway.dataDir, AROUTER_PORT: '0' };
    for (const args of [['serve'], ['init'], ['kek', 'rotate']]) {
      expectSentence(
        await runCommand(args, environment),
        EXIT_CONFIG,
        new RegExp(`in use by another ARouter process \\(pid ${gateway.pid}\\)\\. Stop it first`),
      );
    }
    const doctor = await runCommand(['doctor'], environment);
    expect([doctor.code, doctor.stderr]).toEqual([EXIT_CONFIG, expect.stringContaining('Stop it first')]);
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
  });

  test('key: create, list, disable, enable, delete', async () => {
    const made = await arouter(['key', 'create', 'Laptop', '--limit', '5', '--reset', 'daily', '--json']);
    const { key, data } = JSON.parse(made.stdout) as {
      key: string;
      data: { hash: string; limit: number; limit_reset: string };
    };
    expect(data).toMatchObject({ limit: 5, limit_reset: 'daily' });
    const plain = await arouter(['key', 'create', 'Phone']);
    expect(plain.stdout).toMatch(/^lr_live_\S+\nIt is shown once/);
    expect((await arouter(['key', 'list'])).stdout).toMatch(/name +label[^]*Laptop +lr_live_\S+…/);
    expect((await arouter(['key', 'list'])).stdout).not.toContain(key);
    const statusOf = async (): Promise<number> =>
      (await fetch(`${gateway.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } })).status;
    expect(await statusOf()).toBe(200);
    expect((await arouter(['key', 'disable', data.hash])).stdout).toBe('disabled\n');
    expect(await statusOf()).toBe(403);
    expect((await arouter(['key', 'enable', data.hash])).stdout).toBe('enabled\n');
    expect(await statusOf()).toBe(200);
    expect((await arouter(['key', 'delete', data.hash])).stdout).toBe('deleted\n');
    expect(await statusOf()).toBe(401);
    expectSentence(await arouter(['key', 'delete', data.hash]), 1, /no API key|not found|There is no/);
  });

  test('a number that is none never becomes "no limit"', async () => {
    expectSentence(
      await arouter(['key', 'create', 'X', '--limit', 'five']),
      EXIT_USAGE,
      /The option --limit must be a number/,
    );
    expectSentence(
      await arouter(['byok', 'add', 'openai', '--rpm', 'ten'], 'sk-x'),
      EXIT_USAGE,
      /The option --rpm must be a number/,
    );
    expectSentence(
      await arouter(['byok', 'add', 'openai', '--weight', '0'], 'sk-sandbox-0123456789'),
      1,
      /`weight` must be a whole number from 1/,
    );
    expect((await arouter(['key', 'list'])).stdout).not.toMatch(/^X /m);
  });

  test('more keys than one page are all listed', async () => {
    const client = createManagementClient(gateway);
    await Promise.all(
      Array.from({ length: 110 }, (_, index) =>
        client.manage('POST', '/api/v1/keys', { name: `many-${index}` }),
      ),
    );
    const { stdout } = await arouter(['key', 'list']);
    expect(stdout.match(/^many-\d+ /gm)).toHaveLength(110);
  });

  test('byok: add from standard input, list, test, re-enable, delete', async () => {
    const secret = 'sk-sandbox-commandline-0123456789';
    const added = await arouter(
      [
        'byok',
        'add',
        'openai',
        '--label',
        'From a shell',
        '--base-url',
        `${sandbox.url}/openai/v1`,
        '--weight',
        '3',
        '--always-use',
      ],
      `${secret}\n`,
    );
    expect([added.code, added.stderr]).toEqual([0, '']);
    const id = added.stdout.trim();
    expect(id).toMatch(/^pk_/);
    const list = await arouter(['byok', 'list']);
    expect(list.stdout).toMatch(new RegExp(`${id} +openai +From a shell .*healthy`));
    expect(list.stdout).not.toContain(secret);
    expect((await arouter(['byok', 'test', id])).stdout.trim().length).toBeGreaterThan(0);
    sandbox.revokeKey(secret);
    expect((await ask(gateway.url, gateway.keys.apiKey)).status).toBe(424);
    expect((await arouter(['byok', 'list'])).stdout).toMatch(new RegExp(`${id} .*unhealthy`));
    sandbox.acceptKey(secret);
    expect((await arouter(['byok', 'reenable', id])).stdout).toBe('enabled, health reset\n');
    expect((await ask(gateway.url, gateway.keys.apiKey)).status).toBe(200);
    expect((await arouter(['byok', 'delete', id])).stdout).toBe('deleted\n');
    expect((await arouter(['byok', 'list'])).stdout).toBe('none yet\n');
  });

  test('byok add refuses nothing, broken JSON and a foreign file, and quotes none of it', async () => {
    expectSentence(
      await arouter(['byok', 'add', 'openai'], ''),
      EXIT_USAGE,
      /No secret came on standard input/,
    );
    for (const input of [
      '{"api_key": "CANARYbroken',
      '{"type": "service_account", "private_key": "CANARY"}',
      'Bearer CANARY-0123456789',
    ]) {
      const answer = await arouter(['byok', 'add', 'openai'], input);
      expectSentence(answer, 1, /`credential/);
      expect(answer.stderr).not.toContain('CANARY');
    }
  });

  test('a wrong management key, and a gateway that is not there', async () => {
    const wrong = { AROUTER_URL: gateway.url, AROUTER_MANAGEMENT_KEY: gateway.keys.apiKey };
    expectSentence(await runCommand(['byok', 'list'], wrong), 1, /needs a management key/);
    expectSentence(
      await runCommand(['byok', 'list'], { ...wrong, AROUTER_URL: 'http://127.0.0.1:9' }),
      1,
      /No gateway answers at http:\/\/127\.0\.0\.1:9\. Start it/,
    );
  });
});

describe('a stopped gateway', () => {
  test('stops at once when told to as soon as it says that it listens', async () => {
    const dataDir = newFolder();
    await initGateway(dataDir);
    const serving = await serveGateway({ dataDir });
    expect(await serving.stop()).toEqual({ code: 0, signal: null });
  });

  test('doctor says good, and says what is wrong', async () => {
    const dataDir = newFolder();
    await initGateway(dataDir);
    const good = await runCommand(['doctor', '--data-dir', dataDir]);
    expect([good.code, good.stderr]).toEqual([0, '']);
    expect(good.stdout).toMatch(
      /settings +good\nroot key +fits the data\nprovider keys +0 stored, 0 readable\ndatabase +sound/,
    );
    const nowhere = join(dataDir, 'nowhere');
    const missing = await runCommand(['doctor', '--data-dir', nowhere]);
    expect([missing.code, missing.stderr]).toEqual([
      1,
      `There is no database at ${join(nowhere, 'arouter.db')}. Nothing was changed.\n`,
    ]);
    expect(existsSync(nowhere)).toBe(false);
  });

  test('provider keys in the environment become platform keys at the first start only', async () => {
    const dataDir = newFolder();
    const keys = await initGateway(dataDir);
    const environment = { OPENAI_API_KEY: 'sk-proj-CANARY0123456789abcdef' };
    for (const said of [true, false]) {
      const serving = await serveGateway({ dataDir, environment });
      const client = createManagementClient({ url: serving.url, keys });
      expect(await client.operate('GET', '/api/v1/platform-keys')).toMatchObject({
        total_count: 1,
        data: [{ provider: 'openai', source: 'platform' }],
      });
      await serving.stop();
      expect(serving.stdout().includes('OPENAI_API_KEY was found')).toBe(said);
      expect(serving.stdout() + serving.stderr()).not.toContain('CANARY');
    }
  });
});

describe('kek rotate', () => {
  const WORKSPACES = 40;
  let sandbox: Sandbox;
  let gateway: Gateway;
  let rows = 0;
  beforeAll(async () => {
    sandbox = await startSandbox();
    gateway = await startGateway({ egressAllow: [sandbox.url] });
    const client = createManagementClient(gateway);
    await client.addKey({
      provider: 'openai',
      credential: { api_key: 'sk-sandbox-rotated-0123456789' },
      base_url: `${sandbox.url}/openai/v1`,
    });
    // Every workspace has a data key of its own to be sealed anew.
    for (let count = 0; count < WORKSPACES; count += 1)
      await client.operate('POST', '/api/v1/workspaces', { name: `W${count}` });
    await gateway.stop();
  });
  afterAll(async () => {
    await gateway.remove();
    await sandbox.close();
  });
  const rotate = ['kek', 'rotate'];
  const rootKey = (): string => readFileSync(join(gateway.dataDir, 'root.key'), 'utf8');

  async function expectServing(): Promise<void> {
    gateway = await gateway.restart();
    expect((await ask(gateway.url, gateway.keys.apiKey)).status).toBe(200);
    expect((await gateway.stop()).code).toBe(0);
  }

  test('a dry run counts and changes nothing', async () => {
    const before = rootKey();
    const { code, stdout } = await runCommand([...rotate, '--dry-run', '--data-dir', gateway.dataDir]);
    expect(code).toBe(0);
    rows = Number(/(\d+) rows would be sealed/.exec(stdout)?.[1]);
    expect(rows).toBeGreaterThan(WORKSPACES);
    expect(rootKey()).toBe(before);
  });

  test('killed anywhere in the middle, the gateway still serves, and another run ends it', async () => {
    const before = rootKey();
    const stops = new Set<number>();
    for (const killAfter of [0, 1, 5, 15, 25, 35]) {
      const done = await killRotationAfter(killAfter);
      stops.add(done);
      if (killAfter % 2 === 1) await expectServing();
      const doctor = await runCommand(['doctor', '--data-dir', gateway.dataDir]);
      expect([doctor.code, doctor.stderr]).toEqual([0, '']);
    }
    expect(stops.size).toBeGreaterThan(1);
    const { code, stdout, stderr } = await runCommand([...rotate, '--data-dir', gateway.dataDir]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/Done: root key \w+, in .*root\.key\. Back it up/);
    expect(rootKey()).not.toContain(before.trim());
    const retired = join(gateway.dataDir, 'root.key.retired');
    expect(readFileSync(retired, 'utf8')).toContain(before.trim());
    for (const file of [retired, join(gateway.dataDir, 'root.key')])
      expect(statSync(file).mode & 0o077).toBe(0);
    await expectServing();
    // The old key opens nothing any more.
    const now = rootKey();
    writeFileSync(join(gateway.dataDir, 'root.key'), before);
    const old = await runCommand(['serve'], { AROUTER_DATA_DIR: gateway.dataDir, AROUTER_PORT: '0' });
    expect(old.code).toBe(EXIT_CONFIG);
    writeFileSync(join(gateway.dataDir, 'root.key'), now);
    await expectServing();
  });

  /** SIGKILL as soon as so many rows of this run are said to be done; resolves with how many were said to be. */
  async function killRotationAfter(count: number): Promise<number> {
    const command = startCommand([...rotate, '--data-dir', gateway.dataDir]);
    const done = (): number =>
      Math.max(
        -1,
        ...[...command.stdout().matchAll(/^(\d+) of \d+ rows$/gm)].map(([, number]) => Number(number)),
      );
    let ended = false;
    void command.exited.then(() => {
      ended = true;
    });
    while (!ended && done() < count) await new Promise((resolve) => setTimeout(resolve, 1));
    command.send('SIGKILL');
    await command.exited;
    return done();
  }

  test('without a root key file there is nothing to rotate', async () => {
    expectSentence(
      await runCommand([...rotate, '--data-dir', newFolder()]),
      EXIT_USAGE,
      /There is no root key at .*Nothing was changed/,
    );
  });
});
