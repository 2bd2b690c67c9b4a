/** Lists of keys that come by pages, whole: what is not listed can be neither found, limited nor deleted. */
import { queryOptions } from '@tanstack/react-query';
import { callApi } from './client.ts';

export type KeyScope = 'byok' | 'platform';

const PAGE_ROWS = 100;
const LIST_OF_SCOPE = { byok: 'listByok', platform: 'listPlatformKeys' } as const;

/** API keys of the workspace that the reader may see, disabled ones included. */
export const allApiKeysQuery = queryOptions({
  queryKey: ['listApiKeys', 'all'] as const,
  queryFn: ({ signal }) =>
    readAll(
      (offset) =>
        callApi('listApiKeys', { query: { include_disabled: 'true', page_size: PAGE_ROWS, offset } }, signal),
      ({ hash }) => hash,
    ),
});

/** Provider keys: the workspace's own, or the operator's. */
export function allProviderKeysQuery(scope: KeyScope) {
  return queryOptions({
    queryKey: ['provider-keys', scope] as const,
    queryFn: ({ signal }) =>
      readAll(
        (offset) => callApi(LIST_OF_SCOPE[scope], { query: { offset, limit: PAGE_ROWS } }, signal),
        ({ id }) => id,
      ),
  });
}

/** By its identity each row is there once, also where the list grew between two pages. */
async function readAll<Row>(
  readPage: (offset: number) => Promise<{ readonly data: readonly Row[]; readonly total_count: number }>,
  identityOf: (row: Row) => string,
): Promise<readonly Row[]> {
  const rows = new Map<string, Row>();
  for (let offset = 0; ; offset += PAGE_ROWS) {
    const page = await readPage(offset);
    for (const row of page.data) rows.set(identityOf(row), row);
    if (offset + PAGE_ROWS >= page.total_count) return [...rows.values()];
  }
}
