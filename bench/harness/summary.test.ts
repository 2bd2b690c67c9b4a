import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LoadResult } from './load.ts';
import type { Sample } from './rounds.ts';
import { spreadOf, summarize } from './summary.ts';
import { judge } from './targets.ts';
import { WORKLOADS } from './workloads.ts';

const NOTHING: LoadResult = {
  requests: 1,
  requestsPerSecond: 1,
  badAnswers: 0,
  brokenConnections: 0,
  requestsWithWarmUp: 1,
  chunks: 0,
  chunksPerSecond: 0,
  cpuUsPerRequest: 0,
  cpuUsPerChunk: 0,
  p50Us: 0,
  p99Us: 0,
  firstByteP50Us: 0,
  chunkTransitP50Us: 0,
  gatewayCore: 1,
  mockCore: 0,
  loadCore: 0,
  residentMb: 0,
  foreignCores: 0,
};

function sample(gateway: string, workload: string, round: number, result: Partial<LoadResult>): Sample {
  return { gateway, workload, round, result: { ...NOTHING, ...result } };
}

/** A run in which every target is kept, with room on every side. */
function goodRun(): Sample[] {
  const samples: Sample[] = [];
  for (const workload of WORKLOADS) {
    const times = { nginx: 1, portkey: 100, arouter: 2, direct: 0 };
    for (const [gateway, cost] of Object.entries(times)) {
      const result = {
        cpuUsPerRequest: cost * 10,
        cpuUsPerChunk: cost * 10,
        p50Us: 100,
        firstByteP50Us: 100,
      };
      samples.push(sample(gateway, workload.id, 1, result));
    }
  }
  return samples;
}

describe('a spread', () => {
  it('has as many values below its median as above, and none below its minimum', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 25 }),
        (values) => {
          const { median, min } = spreadOf(values);
          const below = values.filter((value) => value < median).length;
          const above = values.filter((value) => value > median).length;
          expect(below).toBeLessThanOrEqual(values.length / 2);
          expect(above).toBeLessThanOrEqual(values.length / 2);
          expect(min).toBe(Math.min(...values));
        },
      ),
    );
  });
  it('of two values is their mean', () => {
    expect(spreadOf([3, 1]).median).toBe(2);
  });
});

describe('a summary', () => {
  it('subtracts the direct latency of the same round, not of another', () => {
    const samples = [
      sample('direct', 'latency-json-1k', 1, { p50Us: 100 }),
      sample('nginx', 'latency-json-1k', 1, { p50Us: 150 }),
      sample('direct', 'latency-json-1k', 2, { p50Us: 1000 }),
      sample('nginx', 'latency-json-1k', 2, { p50Us: 1070 }),
    ];
    const figure = summarize(samples, WORKLOADS).find((one) => one.gateway === 'nginx');
    expect(figure?.addedP50Us?.values).toEqual([50, 70]);
  });
  it('times a stream by its first byte and prices it by the chunk', () => {
    const result = { p50Us: 500_000, firstByteP50Us: 200, cpuUsPerRequest: 900, cpuUsPerChunk: 9 };
    const [figure] = summarize([sample('nginx', 'sse-1k', 1, result)], WORKLOADS);
    expect(figure?.p50Us.median).toBe(200);
    expect(figure?.cpuUs?.median).toBe(9);
  });
});

describe('the targets', () => {
  it('are all kept by a run that keeps them', () => {
    const verdicts = judge(summarize(goodRun(), WORKLOADS), true);
    expect(verdicts.map((verdict) => verdict.passed)).toEqual(verdicts.map(() => true));
  });
  it.each([
    ['nginx', 'json-1k', { cpuUsPerRequest: 20 / 4.6 }, 'CPU per 1 KB JSON request, times nginx'],
    ['portkey', 'json-1k', { cpuUsPerRequest: 199 }, 'CPU per 1 KB JSON request, times Portkey'],
    ['nginx', 'sse-1k', { cpuUsPerChunk: 20 / 2.7 }, 'CPU per SSE chunk at full load, times nginx'],
    [
      'nginx',
      'sse-paced',
      { cpuUsPerChunk: 20 / 2.7 },
      'CPU per SSE chunk at 6,000 chunks a second, times nginx',
    ],
    ['arouter', 'json-200k', { cpuUsPerRequest: 241 }, 'CPU per 200 KB request, times our 1 KB request'],
    ['arouter', 'latency-json-1k', { p50Us: 601 }, 'Added p50 at 200 requests/s, JSON, 1 KB, ms'],
  ])('miss one when %s is measured otherwise in %s', (gateway, workload, change, target) => {
    const samples = goodRun().map((one) =>
      one.gateway === gateway && one.workload === workload
        ? { ...one, result: { ...one.result, ...change } }
        : one,
    );
    const missed = judge(summarize(samples, WORKLOADS), true).filter((verdict) => verdict.passed === false);
    expect(missed.map((verdict) => verdict.target)).toEqual([target]);
  });
  it('are not judged without the gateway to compare with', () => {
    const samples = goodRun().filter((one) => one.gateway !== 'portkey');
    const verdict = judge(summarize(samples, WORKLOADS), true).find((one) => one.target.includes('Portkey'));
    expect(verdict).toMatchObject({ measured: null, passed: null });
  });
  it('are missed by a gateway whose ledger does not account for its answers', () => {
    const verdicts = judge(summarize(goodRun(), WORKLOADS), false);
    expect(verdicts.some((verdict) => verdict.passed === true)).toBe(false);
  });
  it('are missed by a gateway that answers badly, however cheaply', () => {
    const samples = [...goodRun(), sample('arouter', 'json-1k', 2, { cpuUsPerRequest: 1, badAnswers: 1 })];
    const verdicts = judge(summarize(samples, WORKLOADS), true);
    expect(verdicts.some((verdict) => verdict.passed === true)).toBe(false);
  });
});
