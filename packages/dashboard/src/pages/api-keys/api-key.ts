import type { RouteAnswer } from '@arouter/contract';

/** One row of the list. */
export type ApiKey = RouteAnswer<'listApiKeys'>['data'][number];
