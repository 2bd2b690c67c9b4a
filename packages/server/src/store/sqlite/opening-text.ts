/**
 * The opening of an attempt as the journal's text. What is the same as in the last openings of the same API key, which is nearly all of
 * it, plan included, is not written again: its text is remembered and compared for, field by field. `Stored` sees to it that no
 * field is forgotten: one that is added to a row or a verdict and not listed here is a type error.
 */
import type {
  AttemptOpened,
  Exclusion,
  GenerationHeader,
  RankedVerdict,
  RoutePlan,
  Verdict,
} from '@arouter/core';
import { jsonInText, jsonNumber, jsonOf } from './json-text.ts';
import { checkCreationTime, type Stored } from './ledger-operations.ts';
import { OPEN, type OperationText } from './messages.ts';

/** API keys whose last openings are remembered. */
const API_KEYS_MAX = 256;
/** Longer texts (of very many provider keys) are written anew each time. */
const REMEMBERED_CHARS_MAX = 4096;

type StoredHeader = Stored<
  GenerationHeader,
  'id' | 'requestId' | 'workspaceId' | 'apiKeyId' | 'createdAt' | 'dialect' | 'modelRequested' | 'streamed'
>;
type StoredOpened = Stored<
  AttemptOpened,
  | 'generation'
  | 'attemptNo'
  | 'openedAt'
  | 'providerKeyId'
  | 'provider'
  | 'source'
  | 'model'
  | 'upstreamModel'
  | 'reservedNano'
  | 'inputTokensEstimate'
  | 'inputCostEstimateNano'
  | 'credits'
  | 'plans'
>;
type StoredPlan = Stored<RoutePlan, 'model' | 'verdicts' | 'seed'>;
type StoredRanked = Stored<
  RankedVerdict,
  'kind' | 'key' | 'label' | 'source' | 'provider' | 'upstreamModel' | 'rank' | 'weight' | 'share'
>;
type StoredExcluded = Stored<
  Exclude<Verdict, RankedVerdict>,
  'kind' | 'key' | 'label' | 'source' | 'provider' | 'reason'
>;

type Remembered = {
  readonly generation: StoredHeader;
  readonly row: Pick<
    StoredOpened,
    'providerKeyId' | 'provider' | 'source' | 'model' | 'upstreamModel' | 'credits'
  >;
  readonly plan: StoredPlan;
  /** The pieces between what is new each time, the last one with the plan up to its seed. */
  readonly workspaceText: string;
  readonly callerText: string;
  readonly keyText: string;
  readonly planText: string;
  /** Of the same API key: weights make two keys take turns. */
  before: Remembered | undefined;
};

export type OpeningText = (sequence: number, row: StoredOpened) => OperationText;

/** The function throws RangeError when the generation's id does not carry its creation time: it could not be found again. */
export function createOpeningText(): OpeningText {
  const remembered = new Map<string, Remembered>();

  function recall(row: StoredOpened, plan: StoredPlan): Remembered {
    const last = remembered.get(row.generation.apiKeyId);
    if (last !== undefined && isSame(last, row, plan)) return last;
    if (last?.before !== undefined && isSame(last.before, row, plan)) return last.before;
    const made = remember(row, plan, last);
    if (charsOf(made) <= REMEMBERED_CHARS_MAX) {
      if (last !== undefined) last.before = undefined;
      else if (remembered.size >= API_KEYS_MAX) remembered.clear();
      remembered.set(row.generation.apiKeyId, made);
    }
    return made;
  }

  return (sequence, row) => {
    const { id, createdAt, requestId } = row.generation;
    checkCreationTime(id, createdAt);
    const [plan] = row.plans;
    const isOnly = plan !== undefined && row.plans.length === 1;
    const known = isOnly ? recall(row, plan) : remember(row, NO_PLAN, undefined);
    const plans = isOnly
      ? `${known.planText}${jsonNumber(plan.seed)}${END}`
      : `${jsonOf(row.credits)},${jsonInText(row.plans)}]`;
    const operation = [
      START,
      sequence,
      known.workspaceText,
      createdAt,
      jsonOf(id),
      jsonNumber(row.attemptNo),
      jsonOf(requestId),
      known.callerText,
      jsonNumber(row.openedAt),
      known.keyText,
      jsonNumber(row.reservedNano),
      jsonNumber(row.inputTokensEstimate),
      jsonNumber(row.inputCostEstimateNano ?? null),
      plans,
    ];
    return operation.join();
  };
}

const NO_PLAN: StoredPlan = { model: '' as RoutePlan['model'], verdicts: [], seed: 0 };
const START = `[${OPEN}`;
/** What follows the seed of a request's only plan. */
const PLANS_END = '}]"';
const END = `${PLANS_END}]`;

function remember(row: StoredOpened, plan: StoredPlan, before: Remembered | undefined): Remembered {
  const { generation, providerKeyId, provider, source, model, upstreamModel, credits } = row;
  const { workspaceId, apiKeyId, dialect, modelRequested, streamed } = generation;
  const plans = jsonInText([{ model: plan.model, verdicts: plan.verdicts, seed: 0 }]);
  return {
    generation,
    row: { providerKeyId, provider, source, model, upstreamModel, credits },
    plan,
    workspaceText: jsonOf(workspaceId),
    callerText: listed([apiKeyId, dialect, modelRequested, Number(streamed)]),
    keyText: listed([providerKeyId, provider, source, model, upstreamModel]),
    planText: `${jsonOf(credits)},${plans.slice(0, -`0${PLANS_END}`.length)}`,
    before,
  };
}

function listed(values: readonly (string | number)[]): string {
  return JSON.stringify(values).slice(1, -1);
}

function charsOf({ callerText, keyText, planText }: Remembered): number {
  return callerText.length + keyText.length + planText.length;
}

function isSame(known: Remembered, row: StoredOpened, plan: StoredPlan): boolean {
  const { generation, row: before } = known;
  return (
    generation.workspaceId === row.generation.workspaceId &&
    generation.dialect === row.generation.dialect &&
    generation.modelRequested === row.generation.modelRequested &&
    generation.streamed === row.generation.streamed &&
    before.providerKeyId === row.providerKeyId &&
    before.provider === row.provider &&
    before.source === row.source &&
    before.model === row.model &&
    before.upstreamModel === row.upstreamModel &&
    before.credits === row.credits &&
    known.plan.model === plan.model &&
    areSame(known.plan.verdicts, plan.verdicts)
  );
}

function areSame(before: readonly Verdict[], now: readonly Verdict[]): boolean {
  if (before.length !== now.length) return false;
  for (let index = 0; index < now.length; index += 1) {
    const one = before[index];
    const other = now[index];
    if (one === undefined || other === undefined || !isSameVerdict(one, other)) return false;
  }
  return true;
}

function isSameVerdict(one: StoredRanked | StoredExcluded, other: StoredRanked | StoredExcluded): boolean {
  if (one.key !== other.key || one.label !== other.label) return false;
  if (one.source !== other.source || one.provider !== other.provider) return false;
  if (one.kind === 'excluded') return other.kind === 'excluded' && isSameReason(one.reason, other.reason);
  return (
    other.kind === 'ranked' &&
    one.upstreamModel === other.upstreamModel &&
    one.rank === other.rank &&
    one.weight === other.weight &&
    one.share === other.share
  );
}

/** Reasons are flat, and those of one code have the same fields. */
function isSameReason(one: Exclusion, other: Exclusion): boolean {
  for (const [name, value] of Object.entries(one)) {
    if (value !== (other as Readonly<Record<string, unknown>>)[name]) return false;
  }
  return true;
}
