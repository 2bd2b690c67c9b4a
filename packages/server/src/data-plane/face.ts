/** What an inference path is: the format spoken there, and what the path itself says of a request. */
import type { Dialect, ProviderId, RequestContext } from '@arouter/core';

/** One inference path. */
export type Face = {
  readonly dialect: Dialect;
  readonly defaultProvider: ProviderId;
  /** The path names its provider: nobody else may serve it. Absent: it names none. */
  readonly onlyProvider?: ProviderId;
  /** Clients of this path expect cost in every answer's usage. */
  readonly costInBody: boolean;
  /** Absent: POST. */
  readonly methods?: readonly string[];
  /** Absent: `json`. */
  readonly bodyType?: BodyType;
  /** What the path itself says of the request. Absent: nothing. */
  readonly context?: RequestContext;
};
export type BodyType = 'json' | 'multipart' | 'any';

/** `path` begins with `/` and has no query; `query` is without its `?`. Undefined: not a path of this pattern. */
export type FacePattern = (path: string, query: string, method: string) => Face | undefined;

export type Faces = {
  /** Undefined: not an inference path. Throws GatewayError for a path that may not be passed on. */
  at(path: string, query: string, method: string): Face | undefined;
  /** Path → face, for what is said of paths beside these. */
  readonly fixed: ReadonlyMap<string, Face>;
  /** What paths of one family begin with → the face whose shape a refusal of any other such path has. */
  readonly families: ReadonlyMap<string, Face>;
};
