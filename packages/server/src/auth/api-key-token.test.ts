import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createToken, hashOfKeyId, hintOfToken, parseToken } from './api-key-token.ts';
import { checksumOf, randomBase62 } from './base62.ts';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

describe('a token', () => {
  it('has the published shape and gives its id back', () => {
    for (const prefix of ['live', 'mgmt'] as const) {
      const { token, id } = createToken(prefix);
      expect(token).toMatch(new RegExp(`^lr_${prefix}_${id}_[0-9A-Za-z]{49}$`));
      expect(parseToken(token)).toEqual({ prefix, id });
    }
  });

  it('with one character changed is discarded offline', () => {
    const { token } = createToken('live');
    const at = fc.integer({ min: 0, max: token.length - 1 });
    fc.assert(
      fc.property(at, fc.constantFrom(...BASE62, '_', '-', 'é', '\u0000'), (index, character) => {
        fc.pre(token[index] !== character);
        expect(parseToken(token.slice(0, index) + character + token.slice(index + 1))).toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    '',
    'sk-abc',
    'lr_test_',
    `${createToken('live').token} `,
    createToken('live').token.slice(1),
    'x'.repeat(1_000_000),
  ])('is not made of anything else (%#)', (text) => expect(parseToken(text)).toBeUndefined());

  it('shows only its beginning and end', () => {
    const { token, id } = createToken('live');
    expect(hintOfToken(token)).toBe(`lr_live_${id.slice(0, 3)}…${token.slice(-4)}`);
  });

  it('has a path identifier that comes from its public id only', () => {
    const { id } = createToken('mgmt');
    expect(hashOfKeyId(id)).toBe(createHash('sha256').update(`lr-key-hash/v1:${id}`).digest('hex'));
  });
});

describe('base62', () => {
  it('uses every character about equally often', () => {
    const counts = new Map<string, number>();
    const draws = 124_000;
    for (const character of randomBase62(draws)) counts.set(character, (counts.get(character) ?? 0) + 1);
    // Chi-squared with 61 degrees of freedom: beyond 140 happens once in ten million fair draws; `% 62` on all bytes gives over 700.
    const expected = draws / 62;
    const chiSquared = [...BASE62].reduce(
      (sum, character) => sum + ((counts.get(character) ?? 0) - expected) ** 2 / expected,
      0,
    );
    expect(chiSquared).toBeLessThan(140);
  });

  it('pads the checksum with zeros', () => {
    expect(checksumOf('')).toBe('000000');
    // CRC-32 of "123456789" is 0xCBF43926, the check value of the algorithm.
    const value = [...checksumOf('123456789')].reduce(
      (sum, character) => sum * 62 + BASE62.indexOf(character),
      0,
    );
    expect(value).toBe(0xcbf43926);
  });
});
