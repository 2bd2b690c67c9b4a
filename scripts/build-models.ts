/**
 * Rebuilds the `models` of every provider's `models.json` from two public catalogues, and prints what it decided.
 *
 *   node scripts/with-node.mjs scripts/build-models.ts [catalogue folder, default ../shared/catalog]
 *
 * The hand-written head of each file (`from`) says where the provider stands in the catalogues and what is special about
 * it; everything else is generated. models.dev is believed first (facts and prices); Portkey-AI/models fills in models
 * and price dimensions that models.dev lacks. A price that cannot be true is left out, never guessed.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ModelFacts, TokenPrice } from '@arouter/core';
import {
  agree,
  completedBy,
  implausible,
  isFree,
  joinSplitRows,
  priceFromModelsDev,
  priceFromPortkey,
  ratio,
  type ModelsDevCost,
  type PortkeyRow,
} from './model-prices.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = process.argv[2] ?? join(root, '..', 'shared', 'catalog');
const providersFolder = join(root, 'packages', 'providers', 'src');
/** Two sources that differ by more than this are not telling the same price. */
const RATIO_MAX = 4;

const DATED = /-(?:\d{4}-\d{2}-\d{2}|\d{8}|latest)$/;

type ModelsDevModel = {
  readonly name: string;
  readonly tool_call: boolean;
  readonly reasoning: boolean;
  readonly release_date: string;
  readonly limit: { readonly context: number; readonly output: number };
  readonly modalities: { readonly input: readonly string[]; readonly output: readonly string[] };
  readonly cost?: ModelsDevCost;
};
type Catalogue<Row> = {
  readonly source: string;
  readonly providers: Readonly<Record<string, Row>>;
};
type ModelsDev = Catalogue<{ readonly models: Readonly<Record<string, ModelsDevModel>> }>;
type Portkey = Catalogue<Readonly<Record<string, PortkeyRow>>>;

/** The head of a provider's models.json. Expressions are matched against the catalogue's own model id. */
type Head = {
  readonly modelsDev: readonly string[];
  readonly portkey: string | null;
  readonly portkeyPrefix?: string;
  readonly skip?: readonly string[];
  /** The price list has two rows per model, `…-lte-128k` and `…-gt-128k`; the dearer begins above so many tokens. */
  readonly splitAt?: number;
  /** Priced by something else than tokens (minutes, characters, pages). */
  readonly unpriced?: readonly string[];
  /** Zero means free only for these; elsewhere a zero is a gap in the catalogue. */
  readonly free?: readonly string[];
  readonly cacheWrite5mFactor?: number;
  readonly cacheWrite1hFactor?: number;
  /** New models that only the price list knows have at least the abilities of their predecessor: [expression, model]. */
  readonly like?: readonly (readonly [string, string])[];
  /** The long-context price begins at the stated number of tokens, not above it. */
  readonly tierStartsAtSize?: boolean;
  /** Prices that changed after the catalogues were read, with where and when they were announced. */
  readonly corrections?: readonly {
    readonly model: string;
    readonly source: string;
    readonly price: TokenPrice;
  }[];
  /** The catalogue's unit that every request is charged. */
  readonly searchPerRequest?: string;
};

const modelsDev = readJson<ModelsDev>(join(folder, 'models-dev.json'));
const portkey = readJson<Portkey>(join(folder, 'portkey-pricing.json'));
const read = { modelsDev: dateOf(modelsDev.source), portkey: dateOf(portkey.source) };
const references = priceReferences();

for (const entry of readdirSync(providersFolder, { withFileTypes: true })) {
  if (!entry.isDirectory()) continue;
  const file = join(providersFolder, entry.name, 'models.json');
  const existing = readIfPresent(file);
  if (existing === undefined) continue;
  const { from } = existing;
  const models = [...modelsOf(entry.name, from)].toSorted((a, b) => (a.id < b.id ? -1 : 1));
  writeFileSync(file, render(from, models));
  const priced = models.filter((model) => model.price !== null).length;
  say(`${entry.name}: ${models.length} models, ${priced} with a price`);
}

function modelsOf(provider: string, head: Head): Iterable<ModelFacts> {
  const found = new Map<string, ModelFacts>();
  const portkeyRows = portkeyRowsOf(head);
  for (const source of head.modelsDev) {
    for (const [id, model] of Object.entries(modelsDev.providers[source]?.models ?? {})) {
      if (found.has(id) || matches(head.skip, id)) continue;
      const row = portkeyRows.get(id);
      // Further lists are of other regions: their prices stand behind the ones of the default region.
      const elsewhere = source !== head.modelsDev[0] && row !== undefined;
      const cost = elsewhere ? undefined : model.cost;
      const { price, priceSource } = choosePrice(provider, id, head, { cost, row });
      found.set(id, { ...factsOf(id, model), price, priceSource });
    }
  }
  for (const [id, row] of portkeyRows) {
    if (found.has(id) || matches(head.skip, id)) continue;
    const { price, priceSource } = asTwin(
      choosePrice(provider, id, head, { cost: undefined, row }),
      found.get(id.replace(DATED, '')),
    );
    // A row without a usable price and without facts says nothing.
    if (price === null && !matches(head.unpriced, id)) continue;
    found.set(id, { ...borrowedFacts(id, head, found), price, priceSource });
  }
  return found.values();
}

/** A dated form that costs what its undated twin costs has the twin's price in every dimension. */
function asTwin(own: Priced, twin: Priced | undefined): Priced {
  const same =
    own.price !== null && twin !== undefined && twin.price !== null && agree(own.price, twin.price);
  return same ? { price: twin.price, priceSource: twin.priceSource } : own;
}

type Priced = Pick<ModelFacts, 'price' | 'priceSource'>;

function choosePrice(
  provider: string,
  id: string,
  head: Head,
  sources: { readonly cost: ModelsDevCost | undefined; readonly row: PortkeyRow | undefined },
): Priced {
  const none = { price: null, priceSource: null };
  if (matches(head.unpriced, id)) return none;
  const correction = head.corrections?.find(({ model }) => new RegExp(model).test(id));
  if (correction !== undefined) return { price: correction.price, priceSource: correction.source };
  const first = sources.cost === undefined ? null : priceFromModelsDev(sources.cost);
  const second = sources.row === undefined ? null : priceFromPortkey(sources.row, head.searchPerRequest);
  const fromFirst = `models.dev ${read.modelsDev}`;
  if (first !== null && isFree(first) && matches(head.free, id))
    return { price: first, priceSource: fromFirst };
  if (first !== null && !isFree(first)) {
    if (second !== null && !isFree(second) && ratio(first, second) > RATIO_MAX) {
      say(`${provider}/${id}: models.dev ${shown(first)}, Portkey ${shown(second)}: kept models.dev`);
    }
    const price = second === null ? first : completedBy(first, second);
    return { price: completed(price, head), priceSource: fromFirst };
  }
  if (second === null || isFree(second)) {
    if (first !== null) say(`${provider}/${id}: a zero that nobody calls free: left unpriced`);
    return none;
  }
  const reason = implausible(second, references.get(baseName(id)) ?? [], RATIO_MAX);
  if (reason !== undefined) {
    say(`${provider}/${id}: Portkey ${shown(second)} ${reason}: left unpriced`);
    return none;
  }
  return { price: completed(second, head), priceSource: `portkey-models ${read.portkey}` };
}

/** What the provider's price list states about its prices, where the catalogues leave it out. */
function completed(found: TokenPrice, head: Head): TokenPrice {
  const price = head.tierStartsAtSize === true ? withTiersFromSize(found) : found;
  const { cacheWrite5mFactor: short, cacheWrite1hFactor: long } = head;
  // Prompt caching exists where a cached price does.
  if (price.cachedInput === undefined || short === undefined || long === undefined) return price;
  return {
    ...price,
    cacheWrite5m: price.cacheWrite5m ?? Math.round(price.input * short),
    cacheWrite1h: price.cacheWrite1h ?? Math.round(price.input * long),
  };
}

function withTiersFromSize(price: TokenPrice): TokenPrice {
  if (price.tiers === undefined) return price;
  const tiers = price.tiers.map((tier) => ({ ...tier, aboveInputTokens: tier.aboveInputTokens - 1 }));
  return { ...price, tiers };
}

function factsOf(id: string, model: ModelsDevModel): Omit<ModelFacts, 'price' | 'priceSource'> {
  return {
    id,
    name: model.name,
    contextTokens: model.limit.context > 0 ? model.limit.context : null,
    outputTokensMax: model.limit.output > 0 ? model.limit.output : null,
    inputModalities: model.modalities.input,
    outputModalities: model.modalities.output,
    tools: model.tool_call,
    reasoning: model.reasoning,
    released: model.release_date,
  };
}

/** Facts of a model that only the price list names: those of its undated twin, else of the same model elsewhere. */
function borrowedFacts(
  id: string,
  head: Head,
  found: ReadonlyMap<string, ModelFacts>,
): Omit<ModelFacts, 'price' | 'priceSource'> {
  const plain = id.replace(/^ft:/, '').replace(DATED, '');
  const twin = found.get(plain) ?? found.get(id.replace(/^ft:/, '')) ?? newestDated(plain, found);
  if (twin !== undefined) {
    const { price: _price, priceSource: _source, ...facts } = twin;
    return { ...facts, id, name: id, released: dateIn(id) ?? facts.released };
  }
  for (const provider of Object.values(modelsDev.providers)) {
    for (const [otherId, model] of Object.entries(provider.models)) {
      if (baseName(otherId) === baseName(id)) return { ...factsOf(id, model), id };
    }
  }
  const before = head.like?.find(([expression]) => new RegExp(expression).test(id));
  const predecessor = before === undefined ? undefined : found.get(before[1]);
  return {
    id,
    name: id,
    contextTokens: null,
    outputTokensMax: null,
    inputModalities: predecessor?.inputModalities ?? ['text'],
    outputModalities: predecessor?.outputModalities ?? ['text'],
    tools: predecessor?.tools ?? false,
    reasoning: predecessor?.reasoning ?? false,
    released: dateIn(id),
  };
}

/** What `-latest` means where only dated forms are known. */
function newestDated(plain: string, found: ReadonlyMap<string, ModelFacts>): ModelFacts | undefined {
  return [...found.values()]
    .filter((model) => model.id !== plain && model.id.replace(DATED, '') === plain)
    .toSorted((a, b) => ((a.released ?? '') < (b.released ?? '') ? 1 : -1))[0];
}

function portkeyRowsOf(head: Head): ReadonlyMap<string, PortkeyRow> {
  const listed = head.portkey === null ? {} : (portkey.providers[head.portkey] ?? {});
  const rows = head.splitAt === undefined ? listed : joinSplitRows(listed, head.splitAt);
  return new Map(
    Object.entries(rows)
      .filter(([id]) => id !== 'default' && !matches(head.skip, id))
      .map(([id, row]) => [id.includes('/') ? id : `${head.portkeyPrefix ?? ''}${id}`, row]),
  );
}

/** What models.dev knows the same model to cost, at every provider that it lists. */
function priceReferences(): ReadonlyMap<string, readonly TokenPrice[]> {
  const byName = new Map<string, TokenPrice[]>();
  for (const provider of Object.values(modelsDev.providers)) {
    for (const [id, model] of Object.entries(provider.models)) {
      const price = model.cost === undefined ? null : priceFromModelsDev(model.cost);
      if (price === null || isFree(price)) continue;
      byName.set(baseName(id), [...(byName.get(baseName(id)) ?? []), price]);
    }
  }
  return byName;
}

/** `us.anthropic.claude-x-v1:0`, `claude-x@20250101` and `anthropic/claude-x` are one model. */
function baseName(id: string): string {
  const last = (id.split('/').at(-1) ?? id).toLowerCase();
  return last
    .replace(/^(?:[a-z]+\.)?anthropic\./, '')
    .replace(/-v\d(?::\d)?$/, '')
    .replace('@', '-');
}

function matches(expressions: readonly string[] | undefined, id: string): boolean {
  return (expressions ?? []).some((expression) => new RegExp(expression).test(id));
}

function dateIn(text: string): string | null {
  const found = /(20\d{2})-?(\d{2})-?(\d{2})/.exec(text);
  return found === null ? null : `${found[1]}-${found[2]}-${found[3]}`;
}

function dateOf(source: string): string {
  const date = dateIn(source);
  if (date === null) throw new Error(`no snapshot date in the catalogue's source: ${source}`);
  return date;
}

/** One model a line: a changed price is a changed line. */
function render(from: Head, models: readonly ModelFacts[]): string {
  const lines = models.map((model) => JSON.stringify(model));
  const list = lines.length === 0 ? '[]' : `[\n${lines.join(',\n')}\n]`;
  return `{\n"from": ${JSON.stringify(from)},\n"models": ${list}\n}\n`;
}

function shown(price: TokenPrice): string {
  return `${price.input / 1e9}/${price.output / 1e9} USD`;
}

function readIfPresent(file: string): { readonly from: Head } | undefined {
  try {
    return readJson<{ readonly from: Head }>(file);
  } catch (error) {
    // A folder that is not a provider's has no such file; anything else is a fault.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(file, 'utf8')) as T;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
