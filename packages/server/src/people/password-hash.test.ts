import { describe, expect, test } from 'vitest';
import { createPasswordHasher } from './password-hash.ts';

describe('a password', () => {
  test('is hashed with Argon2id above the floor of OWASP, each time with another salt', async () => {
    const { hash, verify } = createPasswordHasher();
    const [one, two] = [await hash('correct horse battery'), await hash('correct horse battery')];
    const [, memory, passes, lanes] = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$/.exec(one) ?? [];
    expect(Number(memory)).toBeGreaterThanOrEqual(19 * 1024);
    expect(Number(passes)).toBeGreaterThanOrEqual(2);
    expect(Number(lanes)).toBeGreaterThanOrEqual(1);
    expect(one).not.toBe(two);
    expect(await verify({ hash: one, password: 'correct horse battery' })).toBe(true);
    expect(await verify({ hash: one, password: 'correct horse batterz' })).toBe(false);
  });

  test.each([
    'correct horse battery',
    '$2b$10$abcdefghijklmnopqrstuv',
    '$argon2id$v=19$m=9999999,t=3,p=1$c2FsdHNhbHRzYWx0c2FsdA$dGFndGFndGFndGFndGFndGFndGFndGFndGFndGFndGFndGE',
    '$argon2id$v=19$m=32768,t=99,p=1$c2FsdHNhbHRzYWx0c2FsdA$dGFndGFndGFndGFndGFndGFndGFndGFndGFndGFndGFndGE',
  ])('is not compared with %s: no hash of ours, or one that costs without bound', async (stored) => {
    expect(await createPasswordHasher().verify({ hash: stored, password: stored })).toBe(false);
  });

  test('of a crowd waits for few, and beyond the queue is refused', async () => {
    const { verify } = createPasswordHasher();
    const given = { hash: 'no hash', password: 'x' };
    const all = await Promise.allSettled(Array.from({ length: 200 }, () => verify(given)));
    const refused = all.filter(({ status }) => status === 'rejected');
    expect(refused.length).toBeGreaterThan(100);
    expect(refused.length).toBeLessThan(200);
    expect(await verify(given)).toBe(false);
  });
});
