/**
 * How much a model shall think: the canonical `reasoning_effort` / `reasoning` → `thinking` and `output_config.effort`,
 * and back. Sources: docs.claude.com "Extended thinking" (budget at least 1024 and below max_tokens; no forced tool),
 * "Adaptive thinking", "Effort".
 */
import type { ClaudeFeatures } from './claude-models.ts';
import { isObject, type JsonObject, numberOf, objectOf, present, stringOf } from '../shared/json-values.ts';

const BUDGET_TOKENS_MIN = 1024;
/** Room for the answer itself when the caller set no bound. */
const ANSWER_TOKENS_DEFAULT = 8192;
/** Share of the output bound that each effort may spend on thinking. */
const BUDGET_SHARES: ReadonlyMap<string, number> = new Map([
  ['minimal', 0.05],
  ['low', 0.1],
  ['medium', 0.3],
  ['high', 0.6],
  ['xhigh', 0.9],
  ['max', 0.9],
]);
const EFFORT_DEFAULT = 'medium';

export type ThinkingWish =
  | { readonly kind: 'unsaid' }
  | { readonly kind: 'off' }
  | { readonly kind: 'effort'; readonly effort: string; readonly hidden: boolean }
  | { readonly kind: 'budget'; readonly tokens: number; readonly hidden: boolean };

export type ThinkingPlan = {
  readonly thinking: JsonObject | undefined;
  readonly effort: string | undefined;
  readonly maxTokens: number;
};

/** What the caller asked for, in whichever of the usual ways. */
export function readThinkingWish(request: JsonObject): ThinkingWish {
  const reasoning = objectOf(request['reasoning']);
  const native = objectOf(request['thinking']);
  const hidden = reasoning['exclude'] === true;
  const tokens = numberOf(reasoning['max_tokens']) ?? numberOf(native['budget_tokens']);
  if (reasoning['enabled'] === false || native['type'] === 'disabled' || tokens === 0) return { kind: 'off' };
  if (tokens !== undefined && tokens > 0) return { kind: 'budget', tokens: Math.floor(tokens), hidden };
  const effort = stringOf(reasoning['effort']) ?? stringOf(request['reasoning_effort']);
  if (effort === 'none') return { kind: 'off' };
  if (effort !== undefined) {
    return { kind: 'effort', effort: BUDGET_SHARES.has(effort) ? effort : EFFORT_DEFAULT, hidden };
  }
  const wanted =
    reasoning['enabled'] === true || native['type'] === 'enabled' || native['type'] === 'adaptive';
  return wanted ? { kind: 'effort', effort: EFFORT_DEFAULT, hidden } : { kind: 'unsaid' };
}

/**
 * `outputCap` is the caller's own bound on all output, thinking included: it is never exceeded, since money is set
 * aside for it. Without one, `max_tokens` is raised above the budget as far as the model allows.
 */
export function planThinking(
  wish: ThinkingWish,
  features: ClaudeFeatures,
  bounds: { readonly outputCap: number | null; readonly outputTokensMax: number | null },
): ThinkingPlan {
  const maxTokens = bounds.outputCap ?? bounds.outputTokensMax ?? ANSWER_TOKENS_DEFAULT;
  const without: ThinkingPlan = { thinking: undefined, effort: undefined, maxTokens };
  if (wish.kind === 'unsaid' || features.thinking === 'none') return without;
  const budgetKept = wish.kind === 'budget' && !features.budgetRefused;
  if (features.thinking === 'adaptive' && !budgetKept)
    return { ...without, ...adaptive(wish, features, maxTokens) };
  if (wish.kind === 'off') return without;
  const share = wish.kind === 'effort' ? (BUDGET_SHARES.get(wish.effort) ?? 0) : 0;
  const base = bounds.outputCap ?? bounds.outputTokensMax ?? ANSWER_TOKENS_DEFAULT;
  const wanted = Math.max(BUDGET_TOKENS_MIN, wish.kind === 'budget' ? wish.tokens : Math.round(base * share));
  const raised =
    bounds.outputCap ??
    Math.min(Math.max(maxTokens, wanted + ANSWER_TOKENS_DEFAULT), bounds.outputTokensMax ?? Infinity);
  const budget = Math.min(wanted, raised - 1);
  // Too small a bound to think at all: the bound was stated, the thinking is a wish.
  if (budget < BUDGET_TOKENS_MIN) return without;
  return { thinking: { type: 'enabled', budget_tokens: budget }, effort: undefined, maxTokens: raised };
}

/** Messages API `thinking` and `output_config.effort` → canonical members. */
export function thinkingToCanonical(request: JsonObject): JsonObject {
  const thinking = request['thinking'];
  const stated = stringOf(objectOf(request['output_config'])['effort']);
  const effort = stated === 'max' ? 'xhigh' : stated;
  if (!isObject(thinking) || thinking['type'] === 'disabled') return present({ reasoning_effort: effort });
  const budget = numberOf(thinking['budget_tokens']);
  if (thinking['type'] !== 'enabled' || budget === undefined) {
    // Adaptive thinking without a stated effort is documented to be `high`.
    return { reasoning_effort: effort ?? 'high', reasoning: { enabled: true, effort: effort ?? 'high' } };
  }
  const cap = numberOf(request['max_tokens']) ?? budget;
  return { reasoning_effort: effort ?? effortOf(budget, cap), reasoning: { max_tokens: budget } };
}

function adaptive(
  wish: Exclude<ThinkingWish, { kind: 'unsaid' }>,
  features: ClaudeFeatures,
  maxTokens: number,
): Pick<ThinkingPlan, 'thinking' | 'effort'> {
  if (wish.kind === 'off') return { thinking: { type: 'disabled' }, effort: undefined };
  const named = wish.kind === 'effort' ? wish.effort : effortOf(wish.tokens, maxTokens);
  return {
    thinking: { type: 'adaptive', display: wish.hidden ? 'omitted' : 'summarized' },
    effort: effortWord(named, features),
  };
}

function effortWord(effort: string, features: ClaudeFeatures): string {
  if (effort === 'minimal') return 'low';
  if (effort === 'xhigh') return features.effortXhigh ? 'xhigh' : 'max';
  return effort;
}

/** The effort whose share of the output bound is nearest below what the budget takes. */
function effortOf(budget: number, cap: number): string {
  const share = budget / Math.max(cap, 1);
  if (share >= 0.8) return 'xhigh';
  if (share >= 0.5) return 'high';
  return share >= 0.2 ? 'medium' : 'low';
}
