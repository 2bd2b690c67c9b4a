/** Made by `vite.config.ts` from the contract's route table. */
declare module 'virtual:route-places' {
  import type { RouteName, RoutePlaces } from '@arouter/contract';

  export const ROUTE_PLACES: RoutePlaces & {
    readonly [Name in RouteName]: { readonly takesWorkspace: boolean };
  };
}

declare module '*.css';
