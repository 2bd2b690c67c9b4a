/** What the catalogue is narrowed to, and which models remain. It stands in the address. */
import type { RouteAnswer } from '@arouter/contract';

export type CatalogueModel = RouteAnswer<'getCatalogue'>['data'][number];
export type CatalogueEndpoint = CatalogueModel['endpoints'][number];

export const SERVERS = {
  any: 'Somebody can serve it',
  own: 'One of my keys',
  platform: 'A platform key',
  nobody: 'Nobody yet',
} as const;
export const ABILITIES = {
  tools: 'Tools',
  reasoning: 'Reasoning',
  image: 'Reads images',
  pdf: 'Reads PDFs',
  audio: 'Hears audio',
  video: 'Watches video',
  image_out: 'Makes images',
  audio_out: 'Makes audio',
} as const;
export type Ability = keyof typeof ABILITIES;

export type ModelsSearch = {
  readonly q?: string;
  readonly provider?: string;
  readonly served?: keyof typeof SERVERS;
  readonly can?: Ability;
  /** The model whose details are open. */
  readonly model?: string;
};

const TEXT_CHARACTERS_MAX = 256;

/** Whatever stands in the address: what cannot be read is left out. */
export function readModelsSearch(search: Readonly<Record<string, unknown>>): ModelsSearch {
  const text = (name: string) => {
    // A search for a number comes back from the address as one.
    const value = search[name];
    const words = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
    return words === '' ? undefined : words.slice(0, TEXT_CHARACTERS_MAX);
  };
  const keyOf = <Key extends string>(name: string, keys: Readonly<Record<Key, string>>) =>
    (Object.keys(keys) as Key[]).find((key) => key === search[name]);
  const entries = {
    q: text('q'),
    provider: text('provider'),
    served: keyOf('served', SERVERS),
    can: keyOf('can', ABILITIES),
    model: text('model'),
  };
  return Object.fromEntries(
    Object.entries(entries).filter(([, value]) => value !== undefined),
  ) as ModelsSearch;
}

/** Every word of the search stands somewhere in the model's names or among who serves it. */
export function findModels(
  models: readonly CatalogueModel[],
  { q = '', provider, served, can }: ModelsSearch,
): readonly CatalogueModel[] {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  return models.filter((model) => {
    const endpoints = endpointsAt(model, provider);
    if (endpoints.length === 0) return false;
    if (served !== undefined && !isServed(endpoints, served)) return false;
    if (can !== undefined && !abilitiesOf(model).includes(can)) return false;
    const names = namesOf(model);
    return words.every((word) => names.includes(word));
  });
}

function endpointsAt({ endpoints }: CatalogueModel, provider: string | undefined) {
  return provider === undefined ? endpoints : endpoints.filter((each) => each.provider === provider);
}

function namesOf({ id, name, endpoints }: CatalogueModel): string {
  const places = endpoints.map((each) => `${each.provider} ${each.provider_name} ${each.upstream_model}`);
  return [id, name, ...places].join(' ').toLowerCase();
}

function isServed(endpoints: readonly CatalogueEndpoint[], served: keyof typeof SERVERS): boolean {
  const own = endpoints.some(({ my_keys: keys }) => keys.some(({ enabled }) => enabled));
  const platform = endpoints.some((each) => each.platform);
  switch (served) {
    case 'own':
      return own;
    case 'platform':
      return platform;
    case 'any':
      return own || platform;
    case 'nobody':
      return !own && !platform;
  }
}

export function abilitiesOf(model: CatalogueModel): readonly Ability[] {
  const { tools, reasoning, input_modalities: takes, output_modalities: gives } = model;
  return (Object.keys(ABILITIES) as Ability[]).filter((ability) => {
    switch (ability) {
      case 'tools':
        return tools;
      case 'reasoning':
        return reasoning;
      case 'image_out':
        return gives.includes('image');
      case 'audio_out':
        return gives.includes('audio');
      case 'image':
      case 'pdf':
      case 'audio':
      case 'video':
        return takes.includes(ability);
    }
  });
}

/** Each provider of the catalogue once, by name. */
export function providersOf(
  models: readonly CatalogueModel[],
): readonly { readonly value: string; readonly label: string }[] {
  const names = new Map(
    models.flatMap(({ endpoints }) => endpoints.map((each) => [each.provider, each.provider_name])),
  );
  return [...names]
    .map(([value, label]) => ({ value, label }))
    .toSorted((a, b) => a.label.localeCompare(b.label));
}

export type PriceRange = { readonly least: number; readonly most: number } | null;

/** Over the places whose price is known; null: over none. */
export function priceRange(
  { endpoints }: CatalogueModel,
  field: 'input_usd_per_million' | 'output_usd_per_million',
): PriceRange {
  const known = endpoints.flatMap(({ prices }) => (prices === null ? [] : [prices[field]]));
  return known.length === 0 ? null : { least: Math.min(...known), most: Math.max(...known) };
}
