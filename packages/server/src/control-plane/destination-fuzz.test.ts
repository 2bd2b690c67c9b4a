/** Where a provider makes a host of a key's region and options, nothing that may stand there makes another provider's. */
import { destinationOf, type KeyPlace } from '@arouter/core';
import { manifests } from '@arouter/providers';
import { describe, expect, test } from 'vitest';

const ROUNDS = 100_000;
const GOOD_REGIONS = [
  'us-east-1',
  'eu-west-1',
  'cn-north-1',
  'us-gov-west-1',
  'us-central1',
  'us',
  'eu',
  'global',
];
const MARKS = [
  '.',
  '/',
  '//',
  '@',
  ':',
  '#',
  '?',
  '%',
  '%2f',
  '%2e',
  '\\',
  '[',
  ']',
  ' ',
  '\t',
  '\n',
  '\0',
  '-',
  '_',
];
const WORDS = [
  'evil.example',
  '@evil.example/',
  '127.0.0.1',
  ':80',
  'https://',
  'a',
  'Z',
  '9',
  'é',
  '。',
  '\u00ad',
];
const PIECES = [...GOOD_REGIONS, ...MARKS, ...WORDS];
const making = [...manifests.values()].filter(({ baseUrlOf }) => baseUrlOf !== undefined);

type Made = (typeof making)[number];

describe('a host made of what stands in a key', () => {
  test('is made by some providers', () => expect(making.length).toBeGreaterThan(1));

  test('no region and no option leads a credential to a host that is not the provider’s', () => {
    const draw = createDraw(20_261_126);
    for (const manifest of making) {
      const own = GOOD_REGIONS.flatMap((region) => patternFor(manifest, region));
      expect(own.length).toBeGreaterThan(0);
      let made = 0;
      for (let round = 0; round < ROUNDS / making.length; round += 1) {
        const text = Array.from({ length: 1 + draw(5) }, () => PIECES[draw(PIECES.length)]).join('');
        const origin = originOf(manifest, {
          baseUrl: null,
          region: text,
          options: { project: text, location: text },
        });
        if (origin === undefined) continue;
        made += 1;
        const { protocol, host, username, port } = origin;
        expect([protocol, username, port], text).toEqual(['https:', '', '']);
        expect(
          own.some((pattern) => pattern.test(host)),
          `${JSON.stringify(text)} leads to ${host}`,
        ).toBe(true);
      }
      expect(made).toBeGreaterThan(1000);
    }
  });
});

/** The hosts for a good region, with any other word in its place. */
function patternFor(manifest: Made, region: string): readonly RegExp[] {
  const origin = originOf(manifest, { baseUrl: null, region, options: {} });
  if (origin === undefined) return [];
  const escaped = origin.host.replaceAll('.', '\\.');
  return [new RegExp(`^${escaped.replace(region, '[a-z0-9-]{1,60}')}$`)];
}

/** Undefined where there is no host, or none that can be written: nothing is then sent. */
function originOf(manifest: Made, place: KeyPlace): URL | undefined {
  try {
    const made = destinationOf(place, manifest);
    return made === undefined ? undefined : new URL(made.origin + made.pathPrefix);
  } catch {
    return undefined;
  }
}

function createDraw(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
