/** What a route of the management API is, as data. */
import type { ApiKeyKind, ErrorCode } from '@arouter/core';
import type { z } from 'zod';
import type { Permission } from './roles.ts';

export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

/** Whose data a route touches. */
export type Scope =
  /** One workspace: the key's own; an operator names it with `workspace_id`. */
  | 'workspace'
  /** The instance as a whole, or nothing that belongs to anybody. */
  | 'instance';

export type Route = {
  readonly method: Method;
  /** With `{name}` for parameters. */
  readonly path: string;
  /** Further paths with the same meaning, for other clients. */
  readonly aliases: readonly string[];
  readonly tag: string;
  readonly summary: string;
  /** Which kinds of key may call it. */
  readonly kinds: readonly ApiKeyKind[];
  /**
   * What a signed-in person's role must hold; null: no session may call it. Without kinds and permission the route is
   * public: it needs neither key nor session.
   */
  readonly permission: Permission | null;
  readonly scope: Scope;
  readonly params: z.ZodObject | null;
  readonly query: z.ZodObject | null;
  readonly body: z.ZodType | null;
  /** Null: not JSON; `contentType` says what. */
  readonly answer: z.ZodType | null;
  readonly contentType: string;
  readonly status: 200 | 201 | 302;
  /** Codes of its own, beside those that any route can answer. */
  readonly errors: readonly ErrorCode[];
};

export function isPublic(route: Pick<Route, 'kinds' | 'permission'>): boolean {
  return route.kinds.length === 0 && route.permission === null;
}

/** Codes that every route that is not public can answer. */
export const COMMON_ERRORS: readonly ErrorCode[] = [
  'invalid_request',
  'invalid_api_key',
  'not_signed_in',
  'permission_denied',
  'cross_site_request',
  'api_key_expired',
  'api_key_disabled',
  'wrong_key_kind',
  'internal_error',
  'service_unavailable',
];

type Given<Spec extends Partial<Route>, Field extends keyof Route, Default> = Spec extends {
  readonly [key in Field]: infer Value;
}
  ? Value
  : Default;
type RouteSpec = Partial<Route> &
  Pick<Route, 'method' | 'path' | 'tag' | 'summary' | 'kinds' | 'permission' | 'answer'>;
export type DefinedRoute<Spec extends RouteSpec> = Omit<Route, 'params' | 'query' | 'body' | 'answer'> & {
  readonly params: Given<Spec, 'params', null>;
  readonly query: Given<Spec, 'query', null>;
  readonly body: Given<Spec, 'body', null>;
  readonly answer: Spec['answer'];
};

/** Fills in what most routes have: no parameters, no body, 200, a workspace's data. */
export function defineRoute<const Spec extends RouteSpec>(spec: Spec): DefinedRoute<Spec> {
  const filled: Route = {
    aliases: [],
    scope: 'workspace',
    params: null,
    query: null,
    body: null,
    contentType: 'application/json',
    status: 200,
    errors: [],
    ...spec,
  };
  return filled as DefinedRoute<Spec>;
}
