/** A change of one's own account; the session is fetched again, since it says who one is. */
import type { RouteName } from '@arouter/contract';
import { useApiMutation } from '../../api/queries.ts';

export function useAccountChange<Name extends RouteName>(name: Name, stale: readonly RouteName[] = []) {
  return useApiMutation(name, { stale: ['getSession', ...stale] });
}
