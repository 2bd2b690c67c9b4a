/**
 * Generations as they end, over server-sent events. Bounded everywhere: streams per caller and in all, generations
 * waiting to be read, bytes waiting to be sent, and the life of a stream. Who reads too slowly is told how many were
 * left out.
 */
import { PassThrough } from 'node:stream';
import { GatewayError, type GenerationId } from '@arouter/core';
import type { GenerationFilter } from '../store/generation-ports.ts';
import { isApiKey, type Caller } from './caller.ts';
import type { ControlPlaneDeps } from './deps.ts';
import { matchesSummary, readGenerationFilter } from './generation-filter.ts';
import { shownGenerationSummary } from './generation-view.ts';
import type { Call, Handlers, RawAnswer } from './handler.ts';

const STREAMS_PER_CALLER_MAX = 4;
const STREAMS_MAX = 200;
const WAITING_MAX = 200;
const BUFFERED_BYTES_MAX = 256 * 1024;
const PING_MS = 15_000;
/** A key that is deleted and a person who is signed out or loses their role see nothing more after this. */
const ALLOWED_AGAIN_MS = 4000;
const LIFE_MS_MAX = 30 * 60_000;

type Deps = Pick<ControlPlaneDeps, 'store' | 'snapshot' | 'providers' | 'generationFeed'>;

export function generationStreamHandlers(deps: Deps): Handlers<'streamGenerations'> {
  const open = new Map<string, number>();
  return {
    streamGenerations: async (call): Promise<RawAnswer> => {
      const filter = await readGenerationFilter(deps, call);
      const release = takePlace(open, callerKey(call.caller));
      const body = new PassThrough({ highWaterMark: BUFFERED_BYTES_MAX });
      const stop = follow(deps, call, { filter, body });
      const life = setTimeout(() => body.end(), LIFE_MS_MAX);
      const ping = setInterval(() => void body.write(': ping\n\n'), PING_MS);
      const watch = setInterval(() => void endUnlessAllowed(call, body), ALLOWED_AGAIN_MS);
      body.once('close', () => {
        clearInterval(watch);
        clearTimeout(life);
        clearInterval(ping);
        stop();
        release();
      });
      call.exchange.onGone(() => body.destroy());
      body.write('event: ready\ndata: {}\n\n');
      // A proxy that collects the answer would show nothing for half an hour.
      return { headers: { 'x-accel-buffering': 'no' }, body };
    },
  };
}

async function endUnlessAllowed(
  { isStillAllowed }: Call<'streamGenerations'>,
  body: PassThrough,
): Promise<void> {
  // Where the store is away nobody can say; the reader connects again.
  if (!(await isStillAllowed().catch(() => false))) body.end();
}

type Target = { readonly filter: GenerationFilter; readonly body: PassThrough };

/** One at a time, in order of their end: reading them must not outrun the store. */
function follow(deps: Deps, { workspace }: Call<'streamGenerations'>, { filter, body }: Target): () => void {
  const waiting: GenerationId[] = [];
  let dropped = 0;
  let reading = false;
  const drain = async (): Promise<void> => {
    if (reading) return;
    reading = true;
    try {
      for (let id = waiting.shift(); id !== undefined && !body.destroyed; id = waiting.shift()) {
        const generation = await deps.store.generations.get(workspace, id);
        if (generation === undefined) continue;
        const summary = shownGenerationSummary(generation);
        if (!matchesSummary(filter, summary)) continue;
        if (body.writableLength > BUFFERED_BYTES_MAX) dropped += 1;
        else if (!body.destroyed) body.write(eventOf('generation', summary));
      }
      if (dropped > 0 && !body.destroyed && body.writableLength <= BUFFERED_BYTES_MAX) {
        body.write(eventOf('dropped', { count: dropped }));
        dropped = 0;
      }
    } catch {
      // The store is away: the reader connects again, and its list shows what it missed.
      body.destroy();
    } finally {
      reading = false;
    }
  };
  return deps.generationFeed.listen((ended) => {
    if (ended.workspaceId !== workspace) return;
    if (waiting.length >= WAITING_MAX) dropped += 1;
    else waiting.push(ended.id);
    void drain();
  });
}

function eventOf(name: string, data: object): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Throws `rate_limit_exceeded`; returns how to give the place back. */
function takePlace(open: Map<string, number>, key: string): () => void {
  const own = open.get(key) ?? 0;
  const all = [...open.values()].reduce((sum, count) => sum + count, 0);
  if (own >= STREAMS_PER_CALLER_MAX || all >= STREAMS_MAX) {
    throw new GatewayError(
      'rate_limit_exceeded',
      `At most ${STREAMS_PER_CALLER_MAX} live lists are open at once. Close one, or read GET /api/v1/generations.`,
      { retryAfterMs: PING_MS },
    );
  }
  open.set(key, own + 1);
  return () => {
    const left = (open.get(key) ?? 1) - 1;
    if (left === 0) open.delete(key);
    else open.set(key, left);
  };
}

function callerKey(caller: Caller): string {
  if (caller.kind === 'session') return caller.sessionId;
  return isApiKey(caller) ? caller.id : '';
}
