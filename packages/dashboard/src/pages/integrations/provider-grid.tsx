/** All providers, searchable; each says how many keys of it there are and how they are. */
import { useState } from 'react';
import { Badge } from '../../components/badge.tsx';
import { SearchField } from '../../components/field.tsx';
import { InitialsLogo } from '../../components/initials-logo.tsx';
import { conditionOf } from './key-condition.ts';
import type { Provider } from './key-draft.ts';
import type { ProviderKey } from './key-scope.ts';
import { useKeysSearch } from './use-keys-search.ts';

export function ProviderGrid({
  keys,
  providers,
  mayManage,
}: {
  readonly keys: readonly ProviderKey[];
  readonly providers: readonly Provider[];
  readonly mayManage: boolean;
}) {
  const [, open] = useKeysSearch();
  return (
    <section className="grid gap-3">
      <h2 className="text-sm font-semibold">Providers</h2>
      <ProviderPicker
        keys={keys}
        providers={providers}
        disabled={!mayManage}
        onPick={({ id }) => open({ add: id })}
      />
    </section>
  );
}

/** The grid with its search line. */
export function ProviderPicker({
  keys,
  providers,
  disabled = false,
  onPick,
}: {
  readonly keys: readonly ProviderKey[];
  readonly providers: readonly Provider[];
  readonly disabled?: boolean;
  readonly onPick: (provider: Provider) => void;
}) {
  const [sought, setSought] = useState('');
  const found = findProviders(providers, sought);
  return (
    <div className="grid gap-3">
      <SearchField label="Search providers" value={sought} onValue={setSought} className="max-w-sm" />
      <ul className="grid grid-cols-[repeat(auto-fill,minmax(min(14rem,100%),1fr))] gap-2.5">
        {found.map((provider) => (
          <li key={provider.id}>
            <ProviderTile
              provider={provider}
              keys={keys.filter((key) => key.provider === provider.id)}
              disabled={disabled}
              onPick={() => onPick(provider)}
            />
          </li>
        ))}
      </ul>
      {found.length === 0 ? (
        <p className="py-4 text-[0.8125rem] text-muted">
          No provider is called that. Any endpoint that speaks the OpenAI chat API can be added as a custom
          endpoint.
        </p>
      ) : null}
    </div>
  );
}

function ProviderTile({
  provider,
  keys,
  disabled,
  onPick,
}: {
  readonly provider: Provider;
  readonly keys: readonly ProviderKey[];
  readonly disabled: boolean;
  readonly onPick: () => void;
}) {
  const models = provider.model_count === 0 ? 'any model' : `${provider.model_count} models`;
  return (
    <button
      type="button"
      disabled={disabled}
      onClick={onPick}
      className="flex h-16 w-full items-center gap-3 rounded-xl border border-line bg-card px-3 text-left shadow-card enabled:hover:border-line-strong enabled:hover:bg-hover"
    >
      <InitialsLogo name={provider.name} />
      <span className="min-w-0 flex-1">
        <span className="block truncate text-[0.8125rem] font-medium">{provider.name}</span>
        <span className="block truncate text-xs text-muted">{models}</span>
      </span>
      {keys.length === 0 ? null : <KeysBadge keys={keys} />}
    </button>
  );
}

/** The worst of its keys decides the colour; the words say how many are meant. */
function KeysBadge({ keys }: { readonly keys: readonly ProviderKey[] }) {
  const conditions = keys.filter(({ enabled }) => enabled).map((key) => conditionOf(key).tone);
  const bad = conditions.filter((tone) => tone === 'bad').length;
  const waiting = conditions.filter((tone) => tone === 'warn').length;
  const [tone, words] =
    bad > 0
      ? (['bad', `${bad} unhealthy`] as const)
      : waiting > 0
        ? (['warn', `${waiting} waiting`] as const)
        : ([conditions.length === 0 ? 'neutral' : 'good', keysWords(keys.length)] as const);
  return (
    <Badge tone={tone} dot>
      {words}
    </Badge>
  );
}

function keysWords(count: number): string {
  return count === 1 ? '1 key' : `${count} keys`;
}

function findProviders(providers: readonly Provider[], sought: string): readonly Provider[] {
  const words = sought.trim().toLowerCase();
  const able = providers.filter((provider) => provider.is_byok_supported);
  if (words === '') return able;
  return able.filter(({ id, name, aliases }) =>
    [id, name, ...aliases].some((each) => each.toLowerCase().includes(words)),
  );
}
