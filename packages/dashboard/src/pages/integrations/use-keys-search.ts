/** What is open on the page, kept in the address so that it can be sent to a colleague and survives a reload. */
import { useNavigate, useSearch } from '@tanstack/react-router';

export type KeysSearch = {
  /** The key whose details are open. */
  readonly key?: string;
  /** The key that is edited. */
  readonly edit?: string;
  /** A key is being added: for this provider, or `''` while none is chosen. */
  readonly add?: string;
  /** Where to go once it is saved. */
  readonly back?: 'welcome';
};

export function readKeysSearch(search: Readonly<Record<string, unknown>>): KeysSearch {
  const { key, edit, add, back } = search;
  return {
    ...(typeof key === 'string' ? { key } : {}),
    ...(typeof edit === 'string' ? { edit } : {}),
    ...(typeof add === 'string' ? { add } : {}),
    ...(back === 'welcome' ? { back } : {}),
  };
}

/** The second part replaces what is open. */
export function useKeysSearch(): readonly [KeysSearch, (search: KeysSearch) => void] {
  const search = readKeysSearch(useSearch({ strict: false }));
  const navigate = useNavigate();
  return [search, (next) => void navigate({ to: '.', search: next })];
}
