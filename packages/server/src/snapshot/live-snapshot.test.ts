import { expect, test } from 'vitest';
import { buildSnapshot } from './build-snapshot.ts';
import { createCatalogue } from './catalogue.ts';
import { createLiveSnapshot } from './live-snapshot.ts';

const none = new Map();
const rows = (version: number) => ({ version, workspaces: [], apiKeys: [], providerKeys: [], prices: [] });

async function openLive() {
  let version = 1;
  let failures = 0;
  let changed: () => void = () => undefined;
  const waits: (() => void)[] = [];
  const errors: unknown[] = [];
  let nowMs = 0;
  const live = await createLiveSnapshot({
    clock: { monotonicMs: () => nowMs, sleep: () => new Promise((resolve) => void waits.push(resolve)) },
    store: {
      async loadConfig() {
        if (failures > 0) {
          failures -= 1;
          throw new Error('no disk');
        }
        return rows(version);
      },
      onConfigChange: (listener) => void (changed = listener),
    },
    build: (loaded) => buildSnapshot(loaded, createCatalogue(none), none),
    beforeSwitch: async () => undefined,
    onError: (error) => void errors.push(error),
  });
  return {
    live,
    errors,
    change(failing: number) {
      version += 1;
      failures = failing;
      changed();
    },
    async secondPasses() {
      nowMs += 1000;
      for (const wait of waits.splice(0)) wait();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

test('a change that could not be read is read again each second, until it is in force', async () => {
  const { live, errors, change, secondPasses } = await openLive();
  change(3);
  await secondPasses();
  await secondPasses();
  expect(live.current().version).toBe(1);
  await secondPasses();
  await secondPasses();
  expect(live.current().version).toBe(2);
  expect(errors).toHaveLength(3);
});

test('a change that comes while an earlier one is read is read too', async () => {
  const { live, change, secondPasses } = await openLive();
  change(0);
  change(0);
  change(0);
  await secondPasses();
  expect(live.current().version).toBe(4);
});

test('what is known to be old for more than five seconds serves nobody, until the change is read', async () => {
  const { live, change, secondPasses } = await openLive();
  change(8);
  for (let second = 0; second < 5; second += 1) await secondPasses();
  expect(live.current().version).toBe(1);
  await secondPasses();
  expect(() => live.current()).toThrow(/change of the configuration cannot be read/);
  for (let second = 0; second < 3; second += 1) await secondPasses();
  expect(live.current().version).toBe(2);
});

test('a change while another is read has its own five seconds', async () => {
  const { live, change, secondPasses } = await openLive();
  change(4);
  for (let second = 0; second < 3; second += 1) await secondPasses();
  change(1);
  for (let second = 0; second < 4; second += 1) await secondPasses();
  expect(live.current().version).toBe(3);
});

test('hundreds of changes at once are read together, and are in force before anybody is refused', async () => {
  let nowMs = 0;
  let version = 1;
  let readings = 0;
  let changed: () => void = () => undefined;
  const live = await createLiveSnapshot({
    clock: { monotonicMs: () => nowMs, sleep: () => Promise.reject(new Error('nothing fails')) },
    store: {
      async loadConfig() {
        readings += 1;
        nowMs += 100;
        return rows(version);
      },
      onConfigChange: (listener) => void (changed = listener),
    },
    build: (loaded) => buildSnapshot(loaded, createCatalogue(none), none),
    beforeSwitch: async () => undefined,
    onError: (error) => expect(error).toBeUndefined(),
  });
  const seen = await Promise.all(
    Array.from({ length: 300 }, async () => {
      version += 1;
      const made = version;
      changed();
      await live.refresh();
      return live.current().version >= made;
    }),
  );
  expect(new Set(seen)).toEqual(new Set([true]));
  expect(readings).toBeLessThan(5);
});
