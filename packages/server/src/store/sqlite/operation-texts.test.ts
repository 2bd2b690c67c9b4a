/** What is written to the journal piece by piece is exactly what JSON.stringify would say of the operation. */
import type { AttemptOpened, AttemptSettled, CostLine, Exclusion, RoutePlan, Verdict } from '@arouter/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { branded } from '../columns.ts';
import { NOON, sampleHeader, sampleOpened, sampleSettled, sampleUsage } from '../sample-rows.ts';
import { encodeGroup, operationsOf, readGroup } from './journal-format.ts';
import { jsonOf } from './json-text.ts';
import { settlementText } from './ledger-operations.ts';
import { OPEN, SETTLE, type JournalOperation, type OpenOperation, type SettleOperation } from './messages.ts';
import { createOpeningText } from './opening-text.ts';

/** Quotes, controls, line separators, halves of surrogate pairs: whatever a provider or a caller may send. */
const hostileWord = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom(
        '"',
        '\\',
        '\\"',
        '\u0000',
        '\u001f',
        '\u007f',
        '\u2028',
        '\ud800',
        '\udfff',
        '🦊',
        '/',
        'é',
        'a',
      ),
    )
    .map((parts) => parts.join('')),
);
const amount = fc.oneof(
  fc.nat(),
  fc.constantFrom(0, -0, 2 ** 31, 2 ** 53 - 1, NOON, 0.1, 1e21, 1e-7, Number.NaN, Infinity),
);
const few = fc.constantFrom('one', 'two', 'q"uote', 'ü\u2028');

function openOperation(sequence: number, row: AttemptOpened): OpenOperation {
  const { generation } = row;
  return [
    OPEN, sequence, generation.workspaceId, generation.createdAt, generation.id, row.attemptNo, generation.requestId,
    generation.apiKeyId, generation.dialect, generation.modelRequested, Number(generation.streamed), row.openedAt,
    row.providerKeyId, row.provider, row.source, row.model, row.upstreamModel, row.reservedNano, row.inputTokensEstimate,
    row.inputCostEstimateNano ?? null, row.credits, JSON.stringify(row.plans),
  ]; // prettier-ignore
}

function settleOperation(sequence: number, row: AttemptSettled): SettleOperation {
  const { usage, failure, firstByteMs } = row;
  const listOf = (list: readonly unknown[]): string | null =>
    list.length === 0 ? null : JSON.stringify(list);
  return [
    SETTLE, sequence, row.settledAt, row.outcome, failure === null ? null : JSON.stringify(failure), row.upstreamStatus,
    row.upstreamId, row.finishReason, usage?.inputTokens ?? null, usage?.cachedInputTokens ?? null,
    usage?.cacheWrite5mTokens ?? null, usage?.cacheWrite1hTokens ?? null, usage?.outputTokens ?? null,
    usage?.reasoningTokens ?? null, usage?.audioInputTokens ?? null, usage?.audioOutputTokens ?? null,
    usage?.origin ?? null, row.costNano, listOf(row.costLines), row.chargedNano, Math.round(row.latencyMs),
    firstByteMs === null ? null : Math.round(firstByteMs), Number(row.final), row.callerStatus, row.errorCode,
    listOf(row.refusals), row.fallbackReason,
  ]; // prettier-ignore
}

/** As the reader gets it. */
function throughJournal(text: string): unknown {
  const { buffer, length } = encodeGroup(text);
  const read = readGroup(buffer.subarray(0, length), 0);
  return read.kind === 'group' ? operationsOf(read.text) : read.kind;
}

function asJson(operations: readonly JournalOperation[]): unknown {
  return JSON.parse(JSON.stringify(operations));
}

const reason: fc.Arbitrary<Exclusion> = fc.oneof(
  fc.constantFrom({ code: 'key_disabled' }, { code: 'price_unknown' }),
  fc.record({ code: fc.constant('region_mismatch'), wanted: few }),
  fc.record({ code: fc.constant('rpm_exceeded'), resetsAt: fc.nat({ max: 1 }), limit: fc.nat({ max: 1 }) }),
) as never;
const source = fc.constantFrom('byok', 'platform');
const named = { key: few, label: few, source, provider: few };
const place = {
  upstreamModel: few,
  rank: fc.nat({ max: 1 }),
  weight: fc.nat({ max: 1 }),
  share: fc.constantFrom(1 / 3, 1),
};
const verdict: fc.Arbitrary<Verdict> = fc.oneof(
  fc.record({ kind: fc.constant('ranked'), ...named, ...place }),
  fc.record({ kind: fc.constant('excluded'), ...named, reason }),
) as never;
const plan: fc.Arbitrary<RoutePlan> = fc.record({
  model: few,
  verdicts: fc.array(verdict, { maxLength: 3 }),
  seed: amount,
}) as never;

type Change = (row: AttemptOpened) => AttemptOpened;

/** One field or one verdict's field is another one, all else as it was: what is remembered must not hide it. */
const change: fc.Arbitrary<Change> = fc.oneof(
  ...(['workspaceId', 'apiKeyId', 'dialect', 'modelRequested'] as const).map((field) =>
    few.map<Change>((value) => (row) => ({ ...row, generation: { ...row.generation, [field]: value } })),
  ),
  fc.boolean().map<Change>((streamed) => (row) => ({ ...row, generation: { ...row.generation, streamed } })),
  hostileWord.map<Change>((requestId) => (row) => ({ ...row, generation: { ...row.generation, requestId } })),
  ...(['providerKeyId', 'provider', 'source', 'model', 'upstreamModel', 'credits'] as const).map((field) =>
    fc.oneof(few, hostileWord).map<Change>((value) => (row) => ({ ...row, [field]: value })),
  ),
  ...(['openedAt', 'attemptNo', 'reservedNano', 'inputTokensEstimate', 'inputCostEstimateNano'] as const).map(
    (field) => amount.map<Change>((value) => (row) => ({ ...row, [field]: value })),
  ),
  fc.array(plan, { maxLength: 3 }).map<Change>((plans) => (row) => ({ ...row, plans })),
  plan.map<Change>((only) => (row) => ({ ...row, plans: [only] })),
  reason.map<Change>((given) => (row) => ({ ...row, plans: [excludedFor(given)] })),
  fc
    .tuple(fc.constantFrom(...Object.keys({ ...named, ...place, reason })), verdict)
    .map<Change>(([field, other]) => (row) => ({
      ...row,
      plans: row.plans.map((each) => withFieldOf(each, field, other)),
    })),
);

function excludedFor(given: Exclusion): RoutePlan {
  const verdict = {
    kind: 'excluded',
    key: 'pk',
    label: 'Key',
    source: 'byok',
    provider: 'openai',
    reason: given,
  };
  return { model: branded('m'), verdicts: [verdict as Verdict], seed: 1 };
}

/** The first verdict, if it is of the same kind, takes one field over. */
function withFieldOf(given: RoutePlan, field: string, other: Verdict): RoutePlan {
  const [first, ...rest] = given.verdicts;
  if (first?.kind !== other.kind || !(field in other)) return given;
  return {
    ...given,
    verdicts: [{ ...first, [field]: (other as Record<string, unknown>)[field] } as Verdict, ...rest],
  };
}

test('one opening after another, each a little different from the last', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 30 }), fc.nat(), (changes, first) => {
      const openingText = createOpeningText();
      let row = sampleOpened({ plans: [{ model: branded('m'), verdicts: [], seed: 1 }] });
      for (const [index, apply] of changes.entries()) {
        row = apply(row);
        const text = openingText(first + index, row);
        expect(throughJournal(text)).toEqual(asJson([openOperation(first + index, row)]));
      }
    }),
    { numRuns: 1000 },
  );
});

test('a plan in which one field of one verdict is another one', () => {
  for (const verdict of sampleOpened().plans.flatMap(({ verdicts }) => verdicts)) {
    for (const [field, value] of Object.entries(verdict)) {
      if (field === 'kind') continue;
      const openingText = createOpeningText();
      const other = typeof value === 'number' ? value + 1 : 'another';
      for (const verdicts of [[verdict], [{ ...verdict, [field]: other }]]) {
        const row = sampleOpened({ plans: [{ model: branded('m'), verdicts, seed: 1 }] });
        expect(JSON.parse(openingText(1, row)), field).toEqual(openOperation(1, row));
      }
    }
  }
});

test('an opening is of its own row, also where the list of plans grows afterwards', () => {
  const openingText = createOpeningText();
  const row = sampleOpened({ plans: [{ model: branded('one'), verdicts: [], seed: 1 }] });
  const plans = [...row.plans];
  openingText(1, { ...row, plans });
  plans.push({ model: branded('two'), verdicts: [], seed: 2 });
  const now = { ...row, plans };
  expect(throughJournal(openingText(2, now))).toEqual(asJson([openOperation(2, now)]));
  expect(throughJournal(openingText(3, row))).toEqual(asJson([openOperation(3, row)]));
});

test('openings of more API keys than are remembered, and of two keys in turn', () => {
  const openingText = createOpeningText();
  for (let count = 0; count < 3000; count += 1) {
    const apiKeyId = branded<never>(`key-${count < 1500 ? count : count % 3}`);
    const upstreamModel = `${'m'.repeat(count % 100 === 0 ? 5000 : 5)}${count % 2}`;
    const row = sampleOpened({ generation: sampleHeader({ apiKeyId }), upstreamModel });
    expect(JSON.parse(openingText(count, row))).toEqual(openOperation(count, row));
  }
});

const line: fc.Arbitrary<CostLine> = fc.record({
  what: fc.constantFrom('input', 'output', 'request'),
  quantity: amount,
  nanoPerMillion: fc.option(amount),
}) as never;
const word = fc.option(hostileWord);
const settled: fc.Arbitrary<Partial<AttemptSettled>> = fc.record(
  {
    settledAt: amount,
    outcome: fc.constantFrom('succeeded', 'failed', 'cancelled', 'interrupted'),
    failure: fc.option(fc.record({ class: few, message: hostileWord, providerCode: word })),
    upstreamStatus: fc.option(amount),
    upstreamId: word,
    finishReason: word,
    usage: fc.option(
      fc.record({
        inputTokens: amount,
        cachedInputTokens: amount,
        cacheWrite5mTokens: amount,
        cacheWrite1hTokens: amount,
        outputTokens: amount,
        reasoningTokens: amount,
        audioInputTokens: amount,
        audioOutputTokens: amount,
        origin: fc.constantFrom('provider', 'estimated'),
      }),
    ),
    costNano: fc.option(amount),
    costLines: fc.array(line, { maxLength: 3 }),
    chargedNano: amount,
    latencyMs: amount,
    firstByteMs: fc.option(amount),
    final: fc.boolean(),
    callerStatus: fc.option(amount),
    errorCode: word,
    refusals: fc.array(fc.record({ providerKeyId: few, code: hostileWord, resetsAt: fc.option(amount) }), {
      maxLength: 2,
    }),
    fallbackReason: word,
  },
  { requiredKeys: [] },
) as never;

test('settlements', () => {
  fc.assert(
    fc.property(settled, fc.nat(), (given, sequence) => {
      const row = sampleSettled(sampleOpened(), { usage: sampleUsage(), ...given });
      expect(throughJournal(settlementText(sequence, row))).toEqual(asJson([settleOperation(sequence, row)]));
    }),
    { numRuns: 2000 },
  );
});

test('words', () => {
  fc.assert(
    fc.property(hostileWord, (text) => void expect(jsonOf(text)).toBe(JSON.stringify(text))),
    { numRuns: 2000 },
  );
  const codes = Array.from({ length: 0x1_00_00 }, (_, code) => code);
  expect(codes.filter((code) => JSON.parse(jsonOf(charAfterA(code))) !== charAfterA(code))).toEqual([]);
});

function charAfterA(code: number): string {
  return `a${String.fromCharCode(code)}`;
}
