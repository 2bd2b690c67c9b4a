/** What a route of the management API is, as data. */
import type { ApiKeyKind, ErrorCode } from '@arouter/core';
import type { z } from 'zod';

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
  /** Which kinds of key may call it; empty: nobody needs a key. */
  readonly kinds: readonly ApiKeyKind[];
  readonly scope: Scope;
  readonly params: z.ZodObject | null;
  readonly query: z.ZodObject | null;
  readonly body: z.ZodType | null;
  /** Null: not JSON (a page). */
  readonly answer: z.ZodType | null;
  readonly status: 200 | 201;
  /** Codes of its own, beside those that any route can answer. */
  readonly errors: readonly ErrorCode[];
};

/** Codes that every route with a key can answer. */
export const COMMON_ERRORS: readonly ErrorCode[] = [
  'invalid_request',
  'invalid_api_key',
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
type RouteSpec = Partial<Route> & Pick<Route, 'method' | 'path' | 'tag' | 'summary' | 'kinds' | 'answer'>;
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
    status: 200,
    errors: [],
    ...spec,
  };
  return filled as DefinedRoute<Spec>;
}
