/** From how a key is refused nobody learns whether there ever was one like it: neither by a byte nor by the time that it takes. */
import { Agent } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { send, type Seen } from '../support/send.ts';
import { openStage, type Stage } from '../support/stage.ts';
import { openTenant } from '../support/tenant.ts';
import { createToken } from '../../packages/server/src/auth/api-key-token.ts';

const TRIALS = 10_000;
/** Between the medians of any two kinds. */
const DIFFERENCE_MS_MAX = 1;

let stage: Stage;
let kinds: Readonly<Record<string, string>>;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
beforeAll(async () => {
  stage = await openStage();
  const tenant = await openTenant(stage.gateway, 'Somebody');
  const deleted = await tenant.addApiKey();
  await tenant.manage('DELETE', `/api/v1/keys/${deleted.hash}`);
  kinds = {
    'never made': createToken('live').token,
    deleted: deleted.key,
    malformed: `${tenant.apiKey.slice(0, -1)}${tenant.apiKey.endsWith('A') ? 'B' : 'A'}`,
    'with the id of one that works': createToken('live', tenant.apiKey.split('_')[2]?.slice(0, 12) as never)
      .token,
    'of another program': `sk-proj-${'a'.repeat(60)}`,
  };
});
afterAll(async () => {
  agent.destroy();
  await stage.close();
});

const PATHS = [
  '/v1/models',
  '/v1/chat/completions',
  '/v1/messages',
  '/v1beta/models',
  '/api/v1/byok',
] as const;

function ask(path: string, key: string): Promise<Seen> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const isPost = path.endsWith('completions') || path.endsWith('messages');
  return send(stage.gateway.url + path, {
    agent,
    headers,
    ...(isPost ? { method: 'POST', body: '{}' } : {}),
  });
}

describe('a key that is none', () => {
  test.each(PATHS)('is answered alike at %s, whatever it is', async (path) => {
    const answers = [];
    for (const key of Object.values(kinds)) {
      const { status, text, header } = await ask(path, key);
      const names = ['content-type', 'www-authenticate', 'retry-after', 'x-should-retry', 'cache-control'];
      answers.push(JSON.stringify([status, text.replaceAll(/req_[0-9a-f]{24}/g, ''), names.map(header)]));
    }
    expect(answers[0]).toMatch(/^\[401,/);
    expect(new Set(answers).size).toBe(1);
  });

  test(
    `takes the same time to refuse: medians of ${TRIALS} differ by less than a millisecond`,
    { timeout: 120_000 },
    async () => {
      const names = Object.keys(kinds);
      const times = new Map(names.map((name) => [name, [] as number[]]));
      for (let trial = 0; trial < TRIALS; trial += 1) {
        const name = names[trial % names.length] ?? '';
        const before = performance.now();
        await ask('/v1/models', kinds[name] ?? '');
        times.get(name)?.push(performance.now() - before);
      }
      const medians = [...times.values()].map((all) => all.toSorted((a, b) => a - b)[all.length >> 1] ?? 0);
      expect(Math.max(...medians) - Math.min(...medians), JSON.stringify(medians)).toBeLessThan(
        DIFFERENCE_MS_MAX,
      );
    },
  );
});
