/** One model: what it can, and for every provider its price line by line and the keys that serve it there. */
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useMay } from '../../api/session.ts';
import { Badge } from '../../components/badge.tsx';
import { buttonClass } from '../../components/button.tsx';
import { CopyButton } from '../../components/copy-button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { InitialsLogo } from '../../components/initials-logo.tsx';
import { Price } from '../../components/money.tsx';
import { countWords } from '../../components/numbers.ts';
import { ABILITIES, abilitiesOf, type CatalogueEndpoint, type CatalogueModel } from './models-search.ts';

type Prices = NonNullable<CatalogueEndpoint['prices']>;

export function ModelDetails({
  model,
  onClose,
}: {
  readonly model: CatalogueModel;
  readonly onClose: () => void;
}) {
  const abilities = abilitiesOf(model);
  const mayAsk = useMay('playground.use');
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      width="large"
      title={model.name}
      description={
        <span className="flex items-center gap-1 font-mono text-xs">
          {model.id}
          <CopyButton text={model.id} label="Copy model name" />
        </span>
      }
      footer={
        <>
          <Link to="/routing" search={{ model: model.id }} className={buttonClass()}>
            Who would serve it now?
          </Link>
          {mayAsk ? (
            <Link to="/playground" search={{ model: model.id }} className={buttonClass('primary')}>
              Try it
            </Link>
          ) : null}
        </>
      }
    >
      <div className="grid gap-5">
        <dl className="grid grid-cols-2 gap-x-6 gap-y-3 text-[0.8125rem] sm:grid-cols-4">
          <Fact name="Context">{tokenWords(model.context_tokens)}</Fact>
          <Fact name="Longest answer">{tokenWords(model.output_tokens_max)}</Fact>
          <Fact name="Released">{model.released ?? 'unknown'}</Fact>
          <Fact name="Can">{abilities.map((each) => ABILITIES[each]).join(', ') || 'text'}</Fact>
        </dl>
        <ul className="grid gap-3">
          {model.endpoints.map((endpoint) => (
            <li key={`${endpoint.provider}/${endpoint.upstream_model}`}>
              <Place endpoint={endpoint} />
            </li>
          ))}
        </ul>
      </div>
    </Dialog>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-xs text-muted">{name}</dt>
      <dd className="mt-0.5 wrap-anywhere">{children}</dd>
    </div>
  );
}

function tokenWords(count: number | null): string {
  return count === null ? 'unknown' : `${countWords(count)} tokens`;
}

function Place({ endpoint }: { readonly endpoint: CatalogueEndpoint }) {
  return (
    <section className="grid gap-3 rounded-xl border border-line p-4">
      <header className="flex flex-wrap items-center gap-3">
        <InitialsLogo name={endpoint.provider_name} size="small" />
        <div className="min-w-0 flex-1">
          <h3 className="text-[0.8125rem] font-semibold">{endpoint.provider_name}</h3>
          <p className="truncate font-mono text-xs text-muted">{endpoint.upstream_model}</p>
        </div>
        <Servers endpoint={endpoint} />
      </header>
      <PriceTable endpoint={endpoint} />
    </section>
  );
}

function Servers({
  endpoint: { my_keys: keys, platform, provider },
}: {
  readonly endpoint: CatalogueEndpoint;
}) {
  const mayManage = useMay('provider_keys.manage');
  return (
    <div className="flex flex-wrap items-center gap-1.5">
      {keys.map(({ id, label, enabled }) => (
        <Link key={id} to="/settings/integrations" search={{ key: id }} className="max-w-48 truncate">
          <Badge tone={enabled ? 'accent' : 'neutral'}>
            <span className="max-w-40 truncate">{label}</span>
            {enabled ? '' : ' (off)'}
          </Badge>
        </Link>
      ))}
      {platform ? <Badge>Platform</Badge> : null}
      {keys.length > 0 ? null : mayManage ? (
        <Link
          to="/settings/integrations"
          search={{ add: provider }}
          className={buttonClass('plain', 'small')}
        >
          Add key
        </Link>
      ) : (
        <span className="text-xs text-faint">no key of yours</span>
      )}
    </div>
  );
}

function PriceTable({
  endpoint: { prices, price_source: source },
}: {
  readonly endpoint: CatalogueEndpoint;
}) {
  if (prices === null)
    return (
      <p className="text-[0.8125rem] text-muted">
        The price is not known. Where a budget, limit or credits apply, requests are refused until the
        operator sets one.
      </p>
    );
  return (
    <div className="grid gap-2">
      <dl className="grid grid-cols-2 gap-x-4 gap-y-2 text-[0.8125rem] sm:grid-cols-5">
        {linesOf(prices).map(([name, usd]) => (
          <Fact key={name} name={name}>
            <Price usd={usd} />
          </Fact>
        ))}
      </dl>
      {prices.tiers.map((tier) => (
        <p key={tier.above_input_tokens} className="text-xs text-muted">
          Above {countWords(tier.above_input_tokens)} input tokens the whole request costs{' '}
          <Price usd={tier.input_usd_per_million} /> in and <Price usd={tier.output_usd_per_million} /> out
          {tier.cached_input_usd_per_million === null ? null : (
            <>
              {' '}
              (<Price usd={tier.cached_input_usd_per_million} /> from cache)
            </>
          )}
          .
        </p>
      ))}
      <p className="text-xs text-faint">
        USD per million
        {source === null ? '' : source === 'operator' ? ', set by the operator' : `; ${source}`}
      </p>
    </div>
  );
}

/** Only what has a price of its own: an absent kind of token is priced like the one it refines. */
function linesOf(prices: Prices): readonly (readonly [string, number])[] {
  const all: readonly (readonly [string, number | null])[] = [
    ['Input', prices.input_usd_per_million],
    ['Output', prices.output_usd_per_million],
    ['Input from cache', prices.cached_input_usd_per_million],
    ['Cache write, 5 min', prices.cache_write_5m_usd_per_million],
    ['Cache write, 1 h', prices.cache_write_1h_usd_per_million],
    ['Audio in', prices.audio_input_usd_per_million],
    ['Audio out', prices.audio_output_usd_per_million],
    ['Images', prices.image_usd_per_million],
    ['Characters', prices.character_usd_per_million],
    ['Seconds of sound', prices.second_usd_per_million],
    ['Searches', prices.search_usd_per_million],
    ['Each request, on top', prices.request_usd],
  ];
  return all.flatMap(([name, usd]) => (usd === null ? [] : [[name, usd] as const]));
}
