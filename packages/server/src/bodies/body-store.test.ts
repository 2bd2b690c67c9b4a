/** How long and how much is kept, and what becomes of files that are damaged, moved or left by an earlier process: real files, real seals. */
import { copyFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  GatewayError,
  type CallerSink,
  type GenerationHeader,
  type GenerationId,
  type Outbound,
  type WorkspaceId,
} from '@arouter/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStage, type Stage } from '../data-plane/testing/open-stage.ts';
import { sampleHeader } from '../store/sample-rows.ts';
import { createBodyCounts } from './body-counts.ts';
import { createBodyStore, type BodyStore, type BodyStoreDeps } from './body-store.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** At the beginning of an hour. */
const START = Date.UTC(2026, 10, 23, 12);

let stage: Stage;
let workspaceId: WorkspaceId;
let folder: string;
let now: number;
let counts: ReturnType<typeof createBodyCounts>;
const opened: BodyStore[] = [];

beforeEach(async () => {
  stage = await openStage();
  ({ workspaceId } = stage.keys);
  folder = join(await mkdtemp(join(tmpdir(), 'arouter-bodies-')), 'bodies');
  now = START;
  counts = createBodyCounts();
  await want(START);
});
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  await stage.close();
  await rm(join(folder, '..'), { recursive: true });
});

async function want(since: number | null): Promise<void> {
  const { store } = stage.server.instance;
  await store.workspaces.update(workspaceId, {
    bodiesKeptSince: since as GenerationHeader['createdAt'] | null,
  });
  await stage.server.engine.live.refresh();
}

function open(
  rules: Partial<BodyStoreDeps['rules']> = {},
  more: Partial<Pick<BodyStoreDeps, 'queueBytesMax' | 'config'>> = {},
): BodyStore {
  const { vault, clock } = stage.server.instance;
  const store = createBodyStore({
    folder,
    rules: { isAllowed: true, keptMs: 7 * DAY_MS, bodyBytesMax: 65_536, sumBytesMax: 2 ** 30, ...rules },
    vault,
    config: stage.server.engine.live.current,
    clock: {
      now: () => now as GenerationHeader['createdAt'],
      sleep: (_ms, signal) => clock.sleep(20, signal),
    },
    counts,
    log: { warn: () => undefined },
    ...more,
  });
  opened.push(store);
  return store;
}

function generationAt(at: number, name: string): GenerationHeader {
  const id = `gen-${at / 1000}-${name}` as GenerationId;
  return sampleHeader({ id, workspaceId, createdAt: at as GenerationHeader['createdAt'] });
}
const headers = [['content-type', 'application/json']] as const;

/** As the data plane does it. */
function keep(store: BodyStore, generation: GenerationHeader, text = 'hello'): void {
  const body = Buffer.from(text);
  const recording = store.recorder?.begin(generation, { mediaType: 'application/json', body });
  recording?.answer({ kind: 'answer', generation, status: 200, headers, body: Buffer.from('good day') });
}

async function seen(store: BodyStore, generation: GenerationHeader): Promise<string> {
  const found = await store.find(generation);
  return found.kind === 'absent'
    ? found.why
    : Buffer.from(found.exchange.request.kept ?? []).toString('utf8');
}
const filesOn = async () =>
  (await readdir(folder, { recursive: true })).filter((name) => name.includes('gen-'));

test('what is older than its days is neither shown nor, soon after, on disk', async () => {
  const store = open();
  const [early, late] = [generationAt(START, 'early'), generationAt(START + HOUR_MS, 'late')];
  for (const generation of [early, late]) keep(store, generation);
  expect([await seen(store, early), await seen(store, late)]).toEqual(['hello', 'hello']);
  now = START + 7 * DAY_MS - 1;
  expect(await seen(store, early)).toBe('hello');
  now = START + 7 * DAY_MS;
  expect([await seen(store, early), await seen(store, late)]).toEqual(['expired', 'hello']);
  now = START + 7 * DAY_MS + HOUR_MS - 1;
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(await filesOn()).toHaveLength(2);
  now += 1;
  await expect.poll(filesOn).toHaveLength(1);
  expect(await store.bytesOf(workspaceId)).toBe(4096);
});

test('fewer days after a restart hold for what is there already, also where nothing may be kept any more', async () => {
  const first = open();
  keep(first, generationAt(START, 'old'));
  await first.close();
  now = START + 2 * DAY_MS;
  open({ isAllowed: false, keptMs: DAY_MS });
  await expect.poll(filesOn).toEqual([]);
});

test('beyond the sum on disk the oldest go, counted anew after a restart', async () => {
  const sumBytesMax = 40 * 4096;
  const first = open({ sumBytesMax });
  const all = Array.from({ length: 100 }, (_, index) => generationAt(START + index * 1000, `${index}`));
  for (const generation of all.slice(0, 60)) keep(first, generation);
  await first.close();
  const second = open({ sumBytesMax });
  for (const generation of all.slice(60)) keep(second, generation);
  expect(await seen(second, all[99] as GenerationHeader)).toBe('hello');
  const left = await filesOn();
  expect(left.length).toBeLessThanOrEqual(40);
  expect(left.length).toBeGreaterThanOrEqual(38);
  expect(left.length * 4096).toBe(await second.bytesOf(workspaceId));
  const newest = all.slice(100 - left.length);
  for (const generation of all)
    expect(await seen(second, generation)).toBe(newest.includes(generation) ? 'hello' : 'dropped');
});

test('what finds no room in the queue is dropped at once and counted; the room comes back', async () => {
  const store = open({}, { queueBytesMax: 20_000 });
  const all = Array.from({ length: 20 }, (_, index) => generationAt(START, `${index}`));
  for (const generation of all) keep(store, generation, 'x'.repeat(3000));
  const kept = [];
  for (const generation of all) if ((await seen(store, generation)) !== 'dropped') kept.push(generation);
  expect(kept).toEqual(all.slice(0, 4));
  expect(counts.text()).toContain('arouter_bodies_dropped_total{reason="queue_full"} 16');
  const later = generationAt(START + 1000, 'later');
  keep(store, later, 'x'.repeat(15_000));
  expect(await seen(store, later)).toMatch(/^x{15000}$/);
});

test('a stream that finds no room goes to its caller all the same, piece by piece', async () => {
  const store = open({}, { queueBytesMax: 5000 });
  const generation = generationAt(START, 'stream');
  const sent: string[] = [];
  const sink: CallerSink = {
    write: (bytes) => sent.push(Buffer.from(bytes).toString()) % 2 === 0,
    onDrain: () => undefined,
  };
  const outbound: Outbound & { readonly kind: 'stream' } = {
    kind: 'stream',
    generation,
    cutWhenBroken: false,
    status: 200,
    headers: [['content-type', 'text/event-stream']],
    relay: async () => 'complete',
  };
  const stream = (pieces: number) => {
    const recording = store.recorder?.begin(generation, {
      mediaType: 'application/json',
      body: Buffer.from('{}'),
    });
    const over = recording?.over(outbound, sink);
    const answers = Array.from({ length: pieces }, () => over?.write(Buffer.from('y'.repeat(1000))));
    recording?.end();
    return answers;
  };
  // What the caller's side says of its room is passed on unchanged.
  expect(stream(8)).toEqual([false, true, false, true, false, true, false, true]);
  expect(sent).toEqual(Array.from({ length: 8 }, () => 'y'.repeat(1000)));
  expect(await seen(store, generation)).toBe('dropped');
  expect(counts.text()).toContain('reason="queue_full"} 1');
  stream(3);
  expect(await seen(store, generation)).toBe('{}');
});

test('a file that a crash cut short is as if it were not there; one of another request or workspace does not open', async () => {
  const store = open();
  const [own, other] = [generationAt(START, 'own'), generationAt(START, 'other')];
  for (const generation of [own, other]) keep(store, generation, generation.id);
  expect(await seen(store, own)).toBe(own.id);
  const place = join(folder, String(START / HOUR_MS), workspaceId);
  const whole = await readFile(join(place, other.id));
  await copyFile(join(place, other.id), join(place, own.id));
  expect(await seen(store, own)).toBe('unreadable');
  for (const length of [0, 3, 6, 20, whole.length - 1]) {
    await writeFile(join(place, other.id), whole.subarray(0, length));
    expect(await seen(store, other)).toBe('dropped');
  }
});

test('files are for their owner alone', async () => {
  const store = open();
  const generation = generationAt(START, 'private');
  keep(store, generation);
  await seen(store, generation);
  const hour = join(folder, String(START / HOUR_MS));
  const modes = [folder, hour, join(hour, workspaceId), join(hour, workspaceId, generation.id)];
  const found = await Promise.all(modes.map(async (path) => ((await stat(path)).mode & 0o777).toString(8)));
  expect(found).toEqual(['700', '700', '700', '600']);
});

test('turning it off holds for what is under way too', async () => {
  const store = open();
  const generation = generationAt(START, 'under-way');
  const body = Buffer.from('hello');
  const recording = store.recorder?.begin(generation, { mediaType: 'application/json', body });
  await want(null);
  recording?.answer({ kind: 'answer', generation, status: 200, headers, body });
  expect(await seen(store, generation)).toBe('turned_off');
  expect(await store.bytesOf(workspaceId)).toBe(0);
});

test('where the configuration is known to be old, nothing is kept and no request hears of it', async () => {
  let isOld = false;
  const store = open(
    {},
    {
      config: () => {
        if (isOld) throw new GatewayError('service_unavailable', 'old');
        return stage.server.engine.live.current();
      },
    },
  );
  const [before, meanwhile] = [generationAt(START, 'before'), generationAt(START, 'meanwhile')];
  const body = Buffer.from('{}');
  const recording = store.recorder?.begin(before, { mediaType: 'application/json', body });
  isOld = true;
  recording?.answer({ kind: 'answer', generation: before, status: 200, headers, body });
  expect(store.recorder?.begin(meanwhile, { mediaType: 'application/json', body })).toBeNull();
  // One thing comes after the other: what is asked for last waits for what was to be written.
  await store.bytesOf(workspaceId);
  isOld = false;
  expect([await seen(store, before), await seen(store, meanwhile)]).toEqual(['dropped', 'dropped']);
});
