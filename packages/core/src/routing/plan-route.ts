/**
 * Decides which keys may serve a request and in which order, and says why for every key. Pure: all that was read is in
 * the input, chance comes from its seed. One function serves requests, previews and replays.
 */
import type { ProviderKeyRecord } from '../keys/provider-key.ts';
import type { ProviderKeyId } from '../values.ts';
import { judgeKey, votesForDeny, type Judgement } from './judge-key.ts';
import type { KeyFacts, PlanInput } from './plan-input.ts';
import type { EndpointSpeed } from './endpoint-speed.ts';
import type {
  Endpoint,
  ExcludedVerdict,
  ModelCandidate,
  ProviderPreferences,
  RankedVerdict,
  RoutePlan,
  SortBy,
} from './route-plan.ts';
import { seededUniform } from './seeded-random.ts';

type Contender = {
  readonly facts: KeyFacts;
  readonly endpoint: Endpoint;
  readonly order: readonly number[];
  /** 0 to 1. */
  readonly draw: number;
};

export function planRoute(input: PlanInput): RoutePlan {
  const denier = findDenier(input);
  const uniform = seededUniform(input.seed);
  const contenders: Contender[] = [];
  const excluded: ExcludedVerdict[] = [];
  for (const facts of input.keys) {
    const judgement = judgeKey(facts, input, denier);
    // One draw per key whatever its verdict, so that a replay with another verdict keeps the other keys' draws.
    const draw = uniform();
    if (judgement.kind === 'excluded') excluded.push(toExcluded(facts.key, judgement));
    else contenders.push(toContender(facts, judgement.endpoint, input, draw));
  }
  if (contenders.length > 1) contenders.sort(byOrderThenDraw);
  const ranked = rank(contenders);
  const verdicts = excluded.length === 0 ? ranked : [...ranked, ...excluded];
  return { model: input.model.id, verdicts, seed: input.seed };
}

/** The first eligible own key that says "always use this key": then no platform key serves this model. */
function findDenier(input: PlanInput): ProviderKeyId | null {
  const denier = input.keys.find((facts) => votesForDeny(facts, input));
  return denier?.key.id ?? null;
}

function toExcluded(
  key: ProviderKeyRecord,
  judgement: Extract<Judgement, { kind: 'excluded' }>,
): ExcludedVerdict {
  return {
    kind: 'excluded',
    key: key.id,
    label: key.label,
    source: key.source,
    provider: key.provider,
    reason: judgement.reason,
  };
}

/**
 * Sort keys, most significant first: own before platform, fitting region before others, the request's provider order,
 * price or speed where asked for. Equal keys are ordered by the weighted draw: -ln(u)/weight sorts like sampling without
 * replacement, so the second choice is weighted too.
 */
function toContender(
  facts: KeyFacts,
  endpoint: Endpoint,
  { preferences, model }: PlanInput,
  draw: number,
): Contender {
  const { key } = facts;
  const listed = preferences.order.indexOf(key.provider);
  const order = [
    key.source === 'byok' ? 0 : 1,
    preferences.region === null || key.region === null || key.region === preferences.region ? 0 : 1,
    listed === -1 ? preferences.order.length : listed,
    sortRank(sortOf(preferences, model), endpoint, facts.readings.speed),
  ];
  return { facts, endpoint, order, draw };
}

/** A variant of the model's name says it as strongly as the field does. */
function sortOf(preferences: ProviderPreferences, { variant }: ModelCandidate): SortBy | null {
  if (variant === 'nitro') return 'throughput';
  return variant === 'floor' ? 'price' : preferences.sort;
}

/** Smaller is better. What was never measured comes first: that is how it gets measured. */
function sortRank(sort: SortBy | null, endpoint: Endpoint, speed: EndpointSpeed | null): number {
  switch (sort) {
    case null:
      return 0;
    case 'price':
      return priceRank(endpoint);
    case 'throughput':
      return speed === null ? -Number.MAX_VALUE : -speed.outputTokensPerSecond;
    case 'latency':
      return speed === null ? 0 : speed.firstByteMs;
  }
}

/** Input and output at a usual 3:1 mix; an unpriced endpoint comes last. */
function priceRank(endpoint: Endpoint): number {
  return endpoint.price === undefined ? Number.MAX_VALUE : 3 * endpoint.price.input + endpoint.price.output;
}

function byOrderThenDraw(a: Contender, b: Contender): number {
  return compareOrder(a.order, b.order) || weightedDraw(a) - weightedDraw(b);
}

function weightedDraw({ facts: { key }, draw }: Contender): number {
  return -Math.log(draw === 0 ? Number.MIN_VALUE : draw) / key.weight;
}

function compareOrder(a: readonly number[], b: readonly number[]): number {
  for (let index = 0; index < a.length; index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** A key's share is its chance of being the first of its tier: weight over the weights of the tier's best group. */
function rank(contenders: readonly Contender[]): readonly RankedVerdict[] {
  const ranked: RankedVerdict[] = [];
  let best: Contender | null = null;
  let groupWeight = 0;
  for (const [index, contender] of contenders.entries()) {
    const { facts, endpoint, order } = contender;
    const { key } = facts;
    // They are in order, so a tier begins with its best group.
    if (best === null || best.facts.key.source !== key.source) {
      best = contender;
      groupWeight = weightOfGroup(index === 0 ? contenders : contenders.slice(index));
    }
    ranked.push({
      kind: 'ranked',
      key: key.id,
      label: key.label,
      source: key.source,
      provider: key.provider,
      upstreamModel: endpoint.upstreamModel,
      rank: index + 1,
      weight: key.weight,
      share: compareOrder(order, best.order) === 0 ? key.weight / groupWeight : 0,
    });
  }
  return ranked;
}

/** Of the contenders at the beginning that differ from the first in their draw only. */
function weightOfGroup(contenders: readonly Contender[]): number {
  const order = contenders[0]?.order ?? [];
  let weight = 0;
  for (const contender of contenders) {
    if (compareOrder(contender.order, order) !== 0) break;
    weight += contender.facts.key.weight;
  }
  return weight;
}
