/**
 * Rule INV-6: among the keys that may serve a request, the first is drawn by weight. Which keys those are is planned from the same bytes in the
 * same moment; which was drawn is what the first row names. One life draws too rarely to tell, so the lives are counted together.
 */
import {
  GatewayError,
  gatherOptions,
  healthScopes,
  parseRequest,
  planRoute,
  type ApiKeyRecord,
  type AttemptOpened,
  type Inbound,
  type Ports,
  type ProviderKeyRecord,
} from '@arouter/core';

/** How often each of the eligible keys was drawn, which stand in the order of their weights. */
export type Draws = { readonly weights: readonly number[]; readonly drawn: number[] };

export class FirstChoices {
  readonly #weightOf: (key: string) => number;
  /** By request: the keys that might serve it, lightest first. */
  readonly #eligible = new Map<string, readonly string[]>();
  readonly #draws = new Map<string, Draws>();

  /** `weightOf`: as a person has set it. */
  constructor(weightOf: (key: string) => number) {
    this.#weightOf = weightOf;
  }

  get all(): readonly Draws[] {
    return [...this.#draws.values()];
  }

  /** Called before anything else is done with the request. */
  asked(ports: Ports, apiKey: ApiKeyRecord, inbound: Inbound): void {
    const eligible = eligibleFor(ports, apiKey, inbound).toSorted(
      (a, b) => this.#weightOf(a) - this.#weightOf(b) || (a < b ? -1 : 1),
    );
    if (eligible.length > 1) this.#eligible.set(inbound.requestId, eligible);
  }

  /** Whether the row of a first attempt can be written does not depend on the draw. */
  opened({ attemptNo, providerKeyId, generation }: AttemptOpened): void {
    const eligible = this.#eligible.get(generation.requestId);
    if (eligible === undefined || attemptNo !== 1) return;
    this.#eligible.delete(generation.requestId);
    const weights = eligible.map(this.#weightOf);
    const name = weights.join(':');
    const draws = this.#draws.get(name) ?? { weights, drawn: weights.map(() => 0) };
    this.#draws.set(name, draws);
    const place = eligible.indexOf(providerKeyId);
    // Another key than those that may serve is no draw: a rule of its own (INV-10, INV-14) tells of it.
    if (draws.drawn[place] !== undefined) draws.drawn[place] += 1;
  }
}

/** Own keys, or platform keys where no own key may serve. None where it is not certain that the first in line is the first to be tried. */
function eligibleFor(ports: Ports, apiKey: ApiKeyRecord, inbound: Inbound): readonly string[] {
  const ranked = rankedFor(ports, apiKey, inbound);
  const first = ranked.filter(({ key }) => key.source === ranked[0]?.key.source);
  // Someone else may have the probe of a bench that has passed.
  const isProbed = ({ key, upstreamModel }: Ranked): boolean =>
    healthScopes(key, upstreamModel).some(
      (scope) => (ports.counters.health(scope)?.state ?? 'healthy') !== 'healthy',
    );
  return first.some(isProbed) ? [] : first.map(({ key }) => key.id);
}

type Ranked = { readonly key: ProviderKeyRecord; readonly upstreamModel: string };

/** For the first model that the request names; none where the request is refused before anything is planned. */
function rankedFor(ports: Ports, apiKey: ApiKeyRecord, inbound: Inbound): readonly Ranked[] {
  try {
    return plannedFor(ports, apiKey, inbound);
  } catch (error) {
    if (error instanceof GatewayError) return [];
    throw error;
  }
}

function plannedFor(ports: Ports, apiKey: ApiKeyRecord, inbound: Inbound): readonly Ranked[] {
  const config = ports.config();
  const workspace = config.workspace(apiKey.workspaceId);
  const { facts, candidates, preferences } = parseRequest(config, apiKey, inbound);
  const model = candidates[0];
  if (workspace === undefined || model === undefined) return [];
  const now = ports.clock.now();
  const keys = gatherOptions(ports, {
    now,
    apiKey,
    workspace,
    model,
    facts,
    preferences,
    caller: inbound.dialect,
  });
  // Chance decides the order only: any seed tells which keys are in it.
  const plan = planRoute({ now, model, keys, preferences, apiKey, seed: 0 });
  return plan.verdicts.flatMap((verdict) => {
    const key = keys.find((option) => option.key.id === verdict.key)?.key;
    return verdict.kind === 'ranked' && key !== undefined
      ? [{ key, upstreamModel: verdict.upstreamModel }]
      : [];
  });
}

/** How far the draws of all lives are from what the weights say, and how far chance alone takes them once in a million times. */
export type Departure = { readonly draws: number; readonly chiSquare: number; readonly chiSquareMax: number };

export function departureFromWeights(lives: readonly (readonly Draws[])[]): Departure {
  const sums = new Map<string, Draws>();
  for (const { weights, drawn } of lives.flat()) {
    const sum = sums.get(weights.join(':')) ?? { weights, drawn: weights.map(() => 0) };
    sums.set(weights.join(':'), { weights, drawn: sum.drawn.map((count, at) => count + (drawn[at] ?? 0)) });
  }
  const cells = [...sums.values()].map(cellsOf);
  const degrees = total(cells.map((group) => Math.max(0, group.length - 1)));
  return {
    draws: total([...sums.values()].flatMap(({ drawn }) => drawn)),
    chiSquare: total(
      cells.flatMap((group) =>
        group.length < 2 ? [] : group.map(({ drawn, wanted }) => (drawn - wanted) ** 2 / wanted),
      ),
    ),
    chiSquareMax: chiSquareMax(degrees),
  };
}

type Cell = { readonly drawn: number; readonly wanted: number };

/** Below this many expected draws χ² tells nothing: such keys, the lightest, are counted as one. */
const WANTED_MIN = 5;

function cellsOf({ weights, drawn }: Draws): readonly Cell[] {
  const draws = total(drawn);
  const cells: Cell[] = [];
  let light: Cell = { drawn: 0, wanted: 0 };
  for (const [at, weight] of weights.entries()) {
    light = {
      drawn: light.drawn + (drawn[at] ?? 0),
      wanted: light.wanted + (draws * weight) / total(weights),
    };
    if (light.wanted < WANTED_MIN) continue;
    cells.push(light);
    light = { drawn: 0, wanted: 0 };
  }
  const last = cells.pop() ?? { drawn: 0, wanted: 0 };
  return [...cells, { drawn: last.drawn + light.drawn, wanted: last.wanted + light.wanted }];
}

/** The normal quantile of 1 - 10⁻⁶. */
const QUANTILE = 4.753;

/** Wilson and Hilferty's approximation: a fourteenth too high at three degrees of freedom, and nearer with more. */
function chiSquareMax(degrees: number): number {
  const part = 2 / (9 * Math.max(1, degrees));
  return degrees * (1 - part + QUANTILE * Math.sqrt(part)) ** 3;
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
