/** All that the gateway and the dashboard know of a provider: one file, one value, in the provider's own folder. */
import type { FailureClass, FailureRule } from '../errors/failure-class.ts';
import type {
  Credential,
  CredentialTypeId,
  ProviderKeyRecord,
  ProviderOptions,
} from '../keys/provider-key.ts';
import type { TokenPrice } from '../pricing/price.ts';
import type { Endpoint } from '../routing/route-plan.ts';
import type { DialectId, Instant, ProviderId, ProviderKeyId } from '../values.ts';
import type { Dialect, DialectQuirks } from './dialect.ts';
import type { Transport, WireHeaders, WireRequest } from './wire.ts';

/** One field of a credential form; the dashboard draws it and the API checks it from the same value. */
export type CredentialField = {
  readonly name: string;
  readonly label: string;
  readonly secret: boolean;
  readonly required: boolean;
  readonly input: 'text' | 'textarea' | 'url' | 'select';
  readonly help: string;
  /** Other names accepted for this field (OpenRouter's spelling). */
  readonly aliases: readonly string[];
  /** Undefined when the value is good; else one sentence: what is wrong and what to enter. Never quotes the value. */
  readonly check: (value: string) => string | undefined;
};
export type CredentialType = {
  readonly id: CredentialTypeId;
  readonly label: string;
  readonly fields: readonly CredentialField[];
  /**
   * What was pasted, parsed (an object, a list, or text that is not JSON) → an object of fields or their aliases, for
   * forms that are not already one (a list of deployments, a file inside a field). Pure; returns what it does not know.
   */
  readonly unfold?: (given: unknown) => unknown;
  /**
   * The checked fields, by name → what is sealed and where it may be sent. Without it, secret fields are sealed, `region`
   * is the region, and the rest are options.
   */
  readonly place?: (fields: Readonly<Record<string, string>>) => PlacedCredential;
};

/** A credential taken apart: its destination goes into the key's own columns, to which the seal is bound. */
export type PlacedCredential =
  | {
      readonly kind: 'placed';
      readonly secret: Credential;
      /** As a person would enter it: judged and normalised like one. Null: the credential names none. */
      readonly baseUrl: string | null;
      readonly region: string | null;
      readonly options: ProviderOptions;
    }
  /** `problem`: one sentence, what is wrong with the field and what to enter; never quotes the value. */
  | { readonly kind: 'refused'; readonly field: string; readonly problem: string };

/** A wire format the provider speaks, and where. Listed by preference for callers of another dialect. */
export type ProviderDialect = {
  readonly dialect: Dialect;
  /** Appended to the base URL's path; with its query. */
  readonly path: (context: PathContext) => string;
  readonly quirks: DialectQuirks;
  /** Which models speak it; absent: all of the provider's. */
  readonly serves?: (upstreamModel: string) => boolean;
  /** Sent with every request of this dialect to this provider (a version). Never a credential. */
  readonly headers?: WireHeaders;
  /** Quirks that depend on where the key sends (an API version); they win over `quirks`. */
  readonly quirksAt?: (key: KeyPlace) => DialectQuirks;
  /** What the provider wants otherwise than the dialect, done to the whole request before it is authorized. Pure. */
  readonly adapt?: (request: WireRequest) => WireRequest;
  /** The provider sends the dialect's stream in a framing of its own. */
  readonly framing?: StreamFraming;
  /** Its error answers are in a shape of its own, so a caller of the dialect gets the gateway's. */
  readonly foreignErrors?: boolean;
};

export type StreamFraming = {
  /** Without parameters. */
  readonly contentType: string;
  readonly createReader: () => FrameReader;
};
/** Framed bytes, cut anywhere → the dialect's own stream; a failure in the framing becomes the dialect's error event. */
export interface FrameReader {
  /** Throws DialectError for what is damaged. */
  push(bytes: Uint8Array): Uint8Array;
}

/** All that a path may be made of: nothing of it comes from the caller but the model and the stream switch. */
export type PathContext = {
  readonly upstreamModel: string;
  readonly stream: boolean;
  readonly credential: Credential;
  readonly key: KeyPlace;
  /** The caller's own path below the provider's, normalised; only for what is passed on as it is. */
  readonly rawPath?: string;
};

/** Where a key sends and how: its columns that are not secret. */
export type KeyPlace = Pick<ProviderKeyRecord, 'baseUrl' | 'region' | 'options'>;

/** What a way to authorize may use besides the credential. */
export type AuthContext = {
  readonly now: Instant;
  /** For token calls; guarded like every other. */
  readonly send: Transport['send'];
  readonly region: string | null;
  readonly options: ProviderOptions;
  /** Together they name one credential: what is remembered of it is remembered under both. */
  readonly keyId: ProviderKeyId;
  readonly secretVersion: number;
};

/**
 * How a request is made to carry a credential. Pure for headers; a promise where a token must be fetched. Throws or
 * rejects with AuthorizationFault or TransportFault only.
 */
export type AuthScheme = (
  request: WireRequest,
  credential: Credential,
  context: AuthContext,
) => WireRequest | Promise<WireRequest>;

/** The request could not be given its credential; nothing of it has been sent. */
export class AuthorizationFault extends Error {
  override readonly name = 'AuthorizationFault';
  readonly class: FailureClass;
  /** The token endpoint's status; null when it was not asked. */
  readonly status: number | null;
  /** `message`: one sentence for a person, without any secret. */
  constructor(failure: { class: FailureClass; status: number | null; message: string }) {
    super(failure.message);
    this.class = failure.class;
    this.status = failure.status;
  }
}

/** The cheapest call that proves a credential. */
export type KeyTest = {
  readonly method: 'GET' | 'POST';
  /** Relative to the base URL's path. */
  readonly path: string | ((context: Omit<PathContext, 'upstreamModel' | 'stream'>) => string);
  readonly body?: unknown;
  /** The body where it depends on the key (a deployment's name). */
  readonly bodyOf?: (context: Omit<PathContext, 'upstreamModel' | 'stream'>) => unknown;
  /** Headers of the dialect that the call needs besides its credential (a version). */
  readonly headers?: WireHeaders;
  /** Statuses that prove the credential besides 2xx, with what they mean (e.g. 403 on a list endpoint of a restricted key). */
  readonly alsoOk?: readonly { readonly status: number; readonly message: string; readonly when?: RegExp }[];
  /** 2xx bodies which say that the credential is known and yet of no use (blocked, no balance); the first match counts. */
  readonly notOk?: readonly {
    readonly when: RegExp;
    readonly class: 'bad_credential' | 'no_quota' | 'limited';
    readonly message: string;
  }[];
  /** What else the provider's own refusals say, each told in one half-sentence; the first match counts. */
  readonly refusals?: readonly {
    readonly status: number;
    readonly when?: RegExp;
    readonly class: 'bad_credential' | 'no_such_model' | 'misconfigured';
    readonly message: string;
  }[];
  /** What to send where the host has no such endpoint (404, 405). */
  readonly fallback?: KeyTest;
  readonly timeoutMs: number;
};

export function keyTestPath(
  { path }: KeyTest,
  context: Omit<PathContext, 'upstreamModel' | 'stream'>,
): string {
  return typeof path === 'string' ? path : path(context);
}

export type ModelFacts = {
  /** The name the provider knows. */
  readonly id: string;
  readonly name: string;
  readonly price: TokenPrice | null;
  /** Where the price comes from and when it was read, e.g. `models.dev 2026-07-02`. */
  readonly priceSource: string | null;
  readonly contextTokens: number | null;
  readonly outputTokensMax: number | null;
  readonly inputModalities: readonly string[];
  readonly outputModalities: readonly string[];
  readonly tools: boolean;
  readonly reasoning: boolean;
  /** ISO date. */
  readonly released: string | null;
};

export type ProviderManifest = {
  readonly id: ProviderId;
  readonly name: string;
  /** The dialect whose callers mean this provider by a bare model name; at most one provider per dialect. */
  readonly bareNamesOf?: DialectId;
  /** Other spellings accepted in model prefixes and `provider.order`, lower case. */
  readonly aliases: readonly string[];
  /** Where a person makes a key. */
  readonly keysUrl: string;
  readonly credentialTypes: readonly CredentialType[];
  readonly dialects: readonly [ProviderDialect, ...ProviderDialect[]];
  /**
   * Dialects whose paths stand on the host itself, beside the base URL's path (`/anthropic/v1/messages` where the base
   * URL ends in `/v1`). Known of the provider's own hosts only; see `spokenDialect`.
   */
  readonly hostDialects?: readonly ProviderDialect[];
  readonly authorize: AuthScheme;
  /**
   * The provider answered `sent` with 401: forgets what was made from the credential and kept (an access token). True:
   * another try carries another token; false: what was sent was fresh, so the credential itself is refused. Absent:
   * nothing is kept.
   */
  readonly renewAuthorization?: (sent: WireRequest, context: AuthContext) => boolean;
  /** Null: the key must bring its own base URL. */
  readonly baseUrl: string | null;
  /** Region → base URL, where the provider has regional endpoints. */
  readonly regions: Readonly<Record<string, string>>;
  /** Where the key's region or options name the host. Null: they do not; then `regions` and `baseUrl` count. */
  readonly baseUrlOf?: (key: Pick<KeyPlace, 'region' | 'options'>) => string | null;
  readonly keyTest: KeyTest;
  /** Tried before the general table. */
  readonly failureRules: readonly FailureRule[];
  readonly models: readonly ModelFacts[];
  /**
   * Names outside `models` that are plausibly this provider's: passed on, unpriced. Aggregators and custom endpoints
   * accept any name.
   */
  readonly acceptsModel: RegExp;
  /**
   * A model's name at its author, `author/name`, for a provider that serves other people's models: the same model at
   * several providers is one plan over all their keys. Undefined: the name stands for nothing elsewhere.
   */
  readonly canonicalModel?: (upstreamModel: string) => string | undefined;
  /**
   * The model as this key's place serves it (a profile of the key's region, a deployment of the key's resource), with
   * its price there; null: not at all. Absent: every key serves a model as the provider does.
   */
  readonly endpointAt?: (
    endpoint: Endpoint,
    key: KeyPlace & Pick<ProviderKeyRecord, 'supportedModels'>,
  ) => Endpoint | null;
  /** The provider's names may end in variants of its own (`:free`): they are passed on as written, and are not ours. */
  readonly ownVariants?: boolean;
  /** Spellings of its names that people know and it does not, both ways. */
  readonly otherSpelling?: {
    /** `name-4.6` → `name-4-6`; undefined: it is the model's own name, or nobody's. */
    readonly toOwn: (name: string) => string | undefined;
    readonly fromOwn: (own: string) => readonly string[];
  };
  /** The listed name that a name with free parts is billed as (`ft:base:org::id` → `ft:base`). */
  readonly foldModelName?: (name: string) => string;
};
