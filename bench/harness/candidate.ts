/** What the harness knows of a thing it measures. A candidate that cannot run says why; the others go on. */

export type Candidate = {
  readonly id: string;
  readonly start: (bench: Workbench) => Promise<StartResult>;
};
export type StartResult =
  | { readonly kind: 'running'; readonly gateway: Gateway }
  | { readonly kind: 'skipped'; readonly reason: string };

/** A started gateway, ready to be loaded. */
export type Gateway = {
  readonly id: string;
  readonly port: number;
  readonly path: string;
  /** What callers send as `Authorization: Bearer`; null = the generator's own made-up token. */
  readonly token: string | null;
  /** Further request headers, `Name: value`. */
  readonly headers: readonly string[];
  /** The process whose CPU counts, with all its threads; null when there is none. */
  readonly pid: number | null;
  /** Name and version, for the report. */
  readonly version: string;
  /** What a reader of the figures must know, e.g. which limits were on. */
  readonly notes: readonly string[];
  /** After the last window: proves that the work was done, given the requests answered. Rejects when it was not. */
  readonly verify?: (requests: number) => Promise<string>;
  readonly stop: () => Promise<void>;
};

/** Everything a candidate may use to start. */
export type Workbench = {
  readonly root: string;
  /** Git-ignored: binaries, request bodies, installed gateways, logs, data. */
  readonly cacheFolder: string;
  readonly loadGenerator: string;
  /** Keeps one core from halting. */
  readonly keepAwakeProgram: string;
  readonly mockPort: number;
  readonly mockPid: number;
  /** False on a machine with one core. */
  readonly pin: boolean;
  /** Flags for candidates that run on Node, e.g. `--cpu-prof`. */
  readonly nodeFlags: readonly string[];
};

export const START_MS_MAX = 20_000;
