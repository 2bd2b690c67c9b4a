/** The one way to the server: the contract's typed client on the session of this browser. */
import {
  createManagementClient,
  type RouteAnswer,
  type RouteName,
  type RouteRequest,
} from '@arouter/contract';
import { ROUTE_PLACES } from 'virtual:route-places';

/** Calls a route of the contract. Throws `ManagementError` for an answer other than 2xx, `TypeError` without a server. */
export function callApi<Name extends RouteName>(
  name: Name,
  request: RouteRequest<Name>,
  signal?: AbortSignal,
): Promise<RouteAnswer<Name>> {
  const client = createManagementClient({
    baseUrl: '',
    // The session is a cookie that no script can read; the browser sends it to its own origin by itself.
    apiKey: null,
    routes: ROUTE_PLACES,
    fetch: (url, init) => fetch(url, { ...init, ...(signal === undefined ? {} : { signal }) }),
  });
  return client.call(name, request);
}
