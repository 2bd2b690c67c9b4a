/** What must be absent from the product's sources and from the way it is installed, whoever changes them. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const sources = execFileSync('git', ['ls-files', 'packages/*/src/**'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((file) => /^packages\/(?:core|providers|contract|server)\/src\/.*\.ts$/.test(file))
  .filter((file) => !/\.test\.ts$|\/testing\/|\/simulation\/|\/describe-/.test(file))
  .map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }));

/** Files whose text matches. */
function having(pattern: RegExp): readonly string[] {
  return sources.filter(({ text }) => pattern.test(text)).map(({ file }) => file);
}

describe('the sources', () => {
  test('are all looked at', () => expect(sources.length).toBeGreaterThan(300));

  test('open sockets outwards in the transport only', () => {
    const opens =
      /^import (?!type)[^;]*from '(?:node:)?(?:net|tls|https|http2|dgram|dns|dns\/promises|undici)'/m;
    expect(having(opens).filter((file) => !file.startsWith('packages/server/src/transport/'))).toEqual([]);
    expect(having(opens).length).toBeGreaterThan(0);
    const serves = /^import (?!type)[^;]*from '(?:node:)?http'/m;
    expect(having(serves)).toEqual([
      // The words of a status, and the server.
      'packages/server/src/http/lane/answer-head.ts',
      'packages/server/src/http/lane/lane-server.ts',
    ]);
    // The command line asks the gateway itself; the typed client asks with what it is given.
    expect(having(/(?<![.\w])fetch\(|new WebSocket\(/).filter((file) => !file.includes('/src/cli/'))).toEqual(
      ['packages/providers/src/auth/google-service-account/token-cache.ts'],
    );
  });

  test('run no code that comes as data, and start no process', () => {
    expect(having(/(?<![.\w])eval\(|new Function\(|from '(?:node:)?(?:vm|child_process|cluster)'/)).toEqual(
      [],
    );
    expect(having(/import\((?!\s*['"])/)).toEqual([]);
  });

  test('decide nothing by the host that a request names', () => {
    expect(having(/headers\.host\b|headers\['host'\]|\.hostname\b/).filter(isAsking)).toEqual([]);
  });

  test('never switch off the verification of a certificate', () => {
    expect(having(/rejectUnauthorized(?!: true)|NODE_TLS_REJECT|checkServerIdentity/)).toEqual([]);
  });
});

/** Where a request comes in; the transport and the address guard read hosts of destinations. */
function isAsking(file: string): boolean {
  return /\/(?:http|data-plane|control-plane|auth|people)\//.test(file);
}

describe('an installation', () => {
  test('runs no script of a package', () => {
    expect(readFileSync(join(root, 'scripts/node24.mjs'), 'utf8')).toContain("'ci', '--ignore-scripts'");
  });

  test('has every package that the product runs on with its hash, and none that runs a script of its own', () => {
    const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
      readonly packages: Readonly<Record<string, LockedPackage>>;
    };
    const running = Object.entries(lock.packages).filter(
      ([path, { link, dev, optional, devOptional }]) =>
        path.includes('node_modules/') && !(link || dev || optional || devOptional),
    );
    expect(running.length).toBeGreaterThan(50);
    // Nothing is missed by not running scripts.
    expect(running.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path)).toEqual([]);
    expect(
      running.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([path]) => path),
    ).toEqual([]);
  });

  test('refuses a Node that is too old, with 78 and a sentence', () => {
    const program = `
      import { findNode } from ${JSON.stringify(join(root, 'scripts/node24.mjs'))};
      Object.defineProperty(process, 'versions', { value: { node: '18.20.0' } });
      Object.defineProperty(process, 'arch', { value: 'none' });
      findNode();`;
    const ended = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
      encoding: 'utf8',
    });
    expect([ended.status, ended.stderr]).toEqual([78, expect.stringMatching(/needs Node 24 or newer/)]);
  });
});

type LockedPackage = {
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  readonly link?: boolean;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
};
