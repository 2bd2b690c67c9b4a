/** What a handler of a route is given, and the one way from time and money to what the API shows. */
import type { RouteAnswer, RouteInput, RouteName, RouteTable } from '@arouter/contract';
import { isoTime, nanoToUsd, type Instant, type NanoUsd, type WorkspaceId } from '@arouter/core';
import type { Readable } from 'node:stream';
import type { Caller, Exchange } from './caller.ts';

export type Call<Name extends RouteName> = RouteInput<Name> & {
  /** An authenticated key of a kind that the route allows, or a person whose role does. */
  readonly caller: Caller;
  /** The workspace the call may touch; for routes of the instance, the owner of platform keys. */
  readonly workspace: WorkspaceId;
  readonly exchange: Exchange;
  /** For answers that go on for long: false once the caller may not ask this any more. Rejects where the store is away. */
  readonly isStillAllowed: () => Promise<boolean>;
};
/** The answer of a route that is not JSON. */
export type RawAnswer = {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Readable;
};
export type Handler<Name extends RouteName> = (
  call: Call<Name>,
) => Promise<RouteTable[Name]['answer'] extends null ? RawAnswer : RouteAnswer<Name>>;
/** Routes that need no key: their answers are made once, at start. */
export type DocumentName = 'getOpenApi' | 'getDocs';
export type Handlers<Names extends RouteName = Exclude<RouteName, DocumentName>> = {
  readonly [Name in Names]: Handler<Name>;
};

export function shownTime(at: Instant): string {
  return isoTime(at);
}

export function shownTimeOrNull(at: Instant | null | undefined): string | null {
  return at === null || at === undefined ? null : isoTime(at);
}

/** Sums may be wider than NanoUsd; what is shown is a number of USD. */
export function shownUsd(nano: number): number {
  return nanoToUsd(nano as NanoUsd);
}

export function shownUsdOrNull(nano: number | null | undefined): number | null {
  return nano === null || nano === undefined ? null : shownUsd(nano);
}
