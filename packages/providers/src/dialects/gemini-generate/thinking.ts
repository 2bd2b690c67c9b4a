/**
 * How much a model shall think: canonical `reasoning_effort` / `reasoning` → `thinkingConfig`, and back. Budgets of an
 * effort are those of Google's own OpenAI-compatible endpoint (ai.google.dev "OpenAI compatibility: thinking").
 */
import type { GeminiFeatures } from './gemini-models.ts';
import { fieldOf } from './field-of.ts';
import { isObject, type JsonObject, numberOf, objectOf, present, stringOf } from '../shared/json-values.ts';

const BUDGET_TOKENS: ReadonlyMap<string, number> = new Map([
  ['minimal', 1024],
  ['low', 1024],
  ['medium', 8192],
  ['high', 24_576],
  ['xhigh', 24_576],
  ['max', 24_576],
]);
const EFFORT_DEFAULT = 'medium';

type Wish =
  | { readonly kind: 'unsaid' }
  | { readonly kind: 'off' }
  | { readonly kind: 'on' }
  | { readonly kind: 'effort'; readonly effort: string }
  | { readonly kind: 'budget'; readonly tokens: number };

/** `thinkingConfig`, or undefined where nothing is asked or the model does not think. */
export function thinkingConfig(request: JsonObject, features: GeminiFeatures): JsonObject | undefined {
  const stated = fieldOf(googleFields(request), 'thinkingConfig');
  if (isObject(stated)) return stated;
  const wish = readWish(request);
  if (wish.kind === 'unsaid' || features.thinking === 'none') return undefined;
  const hidden = objectOf(request['reasoning'])['exclude'] === true;
  const amount = features.thinking === 'budget' ? budgetFor(wish, features) : levelFor(wish, features);
  return present({ ...amount, includeThoughts: hidden || wish.kind === 'off' ? undefined : true });
}

/** What an OpenAI caller says to Google alone: `extra_body: {google: {…}}`, in the body as Google documents it. */
export function googleFields(request: JsonObject): JsonObject {
  const { google } = objectOf(request['extra_body']);
  return objectOf(google);
}

/** `thinkingConfig` → canonical members. */
export function thinkingToCanonical(config: unknown): JsonObject {
  if (!isObject(config)) return {};
  const level = stringOf(fieldOf(config, 'thinkingLevel'))?.toLowerCase();
  if (level !== undefined && BUDGET_TOKENS.has(level)) return { reasoning_effort: level };
  const budget = numberOf(fieldOf(config, 'thinkingBudget'));
  if (budget === 0) return { reasoning: { enabled: false } };
  if (budget === undefined || budget < 0) return fieldOf(config, 'includeThoughts') === true ? ON : {};
  return { reasoning_effort: effortOf(budget), reasoning: { max_tokens: budget } };
}
const ON = { reasoning: { enabled: true } };

function readWish(request: JsonObject): Wish {
  const reasoning = objectOf(request['reasoning']);
  const native = objectOf(request['thinking']);
  const tokens = numberOf(reasoning['max_tokens']) ?? numberOf(native['budget_tokens']);
  if (reasoning['enabled'] === false || native['type'] === 'disabled' || tokens === 0) return { kind: 'off' };
  if (tokens !== undefined && tokens > 0) return { kind: 'budget', tokens: Math.floor(tokens) };
  const effort = stringOf(reasoning['effort']) ?? stringOf(request['reasoning_effort']);
  if (effort === 'none') return { kind: 'off' };
  if (effort !== undefined)
    return { kind: 'effort', effort: BUDGET_TOKENS.has(effort) ? effort : EFFORT_DEFAULT };
  return reasoning['enabled'] === true ? { kind: 'on' } : { kind: 'unsaid' };
}

function budgetFor(wish: Wish, { budget }: GeminiFeatures): JsonObject {
  // -1 lets the model decide: its default.
  if (wish.kind === 'on' || wish.kind === 'unsaid') return { thinkingBudget: -1 };
  if (wish.kind === 'off') return { thinkingBudget: budget.canBeOff ? 0 : budget.min };
  const wanted = wish.kind === 'budget' ? wish.tokens : (BUDGET_TOKENS.get(wish.effort) ?? budget.max);
  return { thinkingBudget: Math.min(budget.max, Math.max(budget.min, wanted)) };
}

function levelFor(wish: Wish, { levels }: GeminiFeatures): JsonObject {
  const [least = 'low'] = levels;
  if (wish.kind === 'on' || wish.kind === 'unsaid') return {};
  if (wish.kind === 'off') return { thinkingLevel: least };
  const effort = wish.kind === 'budget' ? effortOf(wish.tokens) : wish.effort;
  return { thinkingLevel: nearestLevel(effort, levels) };
}

/** The level of that name, else the next above it, else the highest. */
function nearestLevel(effort: string, levels: readonly string[]): string {
  const order = ['minimal', 'low', 'medium', 'high', 'xhigh', 'max'];
  return levels.find((level) => order.indexOf(level) >= order.indexOf(effort)) ?? levels.at(-1) ?? 'high';
}

function effortOf(budget: number): string {
  if (budget <= 1024) return 'low';
  return budget <= 8192 ? 'medium' : 'high';
}
