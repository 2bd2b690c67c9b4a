import { classifyFailure } from '@arouter/core';
import { expect, test } from 'vitest';
import { openaiChat } from '../dialects/openai-chat/index.ts';
import { manifests } from '../registry.gen.ts';
import { RECORDED_FAILURES } from './recorded-failures.ts';
import {
  bodyBytes,
  headerOf,
  recordedFailures,
  recordedProviders,
  trafficFolder,
} from './recorded-traffic.ts';

const served = new Set<string>(manifests.keys());
const unserved = recordedProviders().filter((provider) => !served.has(provider));

test.skipIf(trafficFolder() === null)(
  'recorded failures of hosts without a manifest fall into the general table',
  () => {
    const recorded = unserved.flatMap(recordedFailures);
    const judged = recorded.map(({ name, exchange }) => {
      const signals = openaiChat.decodeFailure(exchange.status, headerOf(exchange), bodyBytes(exchange));
      return [name, classifyFailure(signals, [])];
    });
    expect(judged).toEqual(
      recorded.map(({ name }) => [name, RECORDED_FAILURES[name] ?? 'missing from the table']),
    );
  },
);

test.skipIf(trafficFolder() === null)('every recording that the table judges exists', () => {
  const names = new Set(
    recordedProviders()
      .flatMap(recordedFailures)
      .map(({ name }) => name),
  );
  // Other recordings of the same kind may lie there: then this table is not about them.
  const ours = Object.keys(RECORDED_FAILURES).filter((name) => names.has(name));
  if (ours.length > 0) expect(Object.keys(RECORDED_FAILURES).filter((name) => !names.has(name))).toEqual([]);
});
