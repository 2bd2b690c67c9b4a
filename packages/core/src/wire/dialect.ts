/**
 * How one wire format is spoken. Pure: bytes in, values out; shared by many providers and by the caller's side.
 * The canonical form between dialects is the OpenAI chat shape with unknown fields kept, extended with
 * `reasoning_details` for what it cannot say (signed thinking). Same dialect on both sides: nothing is translated.
 */
import type { Clock } from '../clock.ts';
import type { FailureSignals } from '../errors/failure-class.ts';
import type { DialectId } from '../values.ts';
import type { TokenUsage, UnitUsage } from './token-usage.ts';
import type { WireHeaders, WireRequest } from './wire.ts';

/**
 * What a request is for. Translation happens only between dialects of one operation; each has its own canonical form:
 * `chat` OpenAI chat, `count_tokens` the same request answered by `{input_tokens}`, `embeddings`, `speech`,
 * `transcription`, `translation` and `images` OpenAI's, `rerank` Cohere's. `raw` is passed on as it is and has none.
 */
export const OPERATIONS = [
  'chat',
  'count_tokens',
  'embeddings',
  'rerank',
  'speech',
  'transcription',
  'translation',
  'images',
  'raw',
] as const;
export type Operation = (typeof OPERATIONS)[number];

/** What stands outside the body and belongs to the request. Absent: the path says nothing of it. */
export type RequestContext = {
  /** The model that the path names (Gemini, Azure, Bedrock). */
  readonly pathModel?: string;
  /** The path says whether the answer is streamed. */
  readonly stream?: boolean;
  /** The content type that the path's switches ask of a streamed answer, where there is a choice (Gemini's `alt=sse`). */
  readonly streamContentType?: string;
  /** The body's content type, with its parameters (a multipart boundary). */
  readonly contentType?: string;
  /** The request's method, path and query, for what is passed on as it is. */
  readonly method?: WireRequest['method'];
  readonly path?: string;
};

/** What the gateway reads from a caller's body without translating it. */
export type RequestFacts = {
  /** The bytes as received. */
  readonly body: Uint8Array;
  /** What the path and the headers said. Absent: nothing that matters. */
  readonly context?: RequestContext;
  /** As the caller wrote it, in the body or in the path; undefined when absent. */
  readonly model: string | undefined;
  /** Further models to try, in order (`models`). */
  readonly models: readonly string[];
  readonly stream: boolean;
  /** The caller's own bound on output tokens, all choices together; null when absent. */
  readonly outputTokensCap: number | null;
  /** How many answers are asked for (`n`), each with an output of its own. Absent: one. */
  readonly choices?: number;
  /** The raw `provider` object, parsed; undefined when absent. */
  readonly provider: unknown;
  /** The caller asked for usage in the stream (`stream_options.include_usage`), where the dialect has such a switch. */
  readonly includeUsage: boolean;
  /** The caller asked for cost in the body (`usage: {include: true}`). */
  readonly includeCost: boolean;
  /** What of the request is billed by something else than tokens: exact, or an upper bound. Absent: nothing is. */
  readonly units?: UnitUsage;
  /** Where `units` is an estimate, what it is at most. */
  readonly unitsMax?: UnitUsage;
  /** Images, audio and files referred to by URL or id, whose tokens the byte count does not bound. */
  readonly externalParts: number;
  /** The request goes on from what an earlier one has left in a provider's account. Absent: it does not. */
  readonly storedState?: boolean;
};

export type EncodedRequest = {
  readonly body: Uint8Array;
  /** Absent: `application/json`. */
  readonly contentType?: string;
  /** Headers that belong to the dialect (version, betas), without credentials. */
  readonly headers: WireHeaders;
};

/** What a translation needs to know of the far side. */
export type EncodeTarget = {
  readonly upstreamModel: string;
  readonly outputTokensMax: number | null;
  readonly quirks: DialectQuirks;
};
/** Small departures of a provider from its dialect: data in its manifest, read by the dialect. */
export type DialectQuirks = {
  /** False: the provider rejects `stream_options` (Mistral). Default true. */
  readonly streamOptions?: boolean;
  /** Which field bounds the output. Default `max_tokens` as the caller wrote it. */
  readonly outputCapField?: 'max_tokens' | 'max_completion_tokens';
  /** Top-level request fields the provider refuses; dropped when translating, never in pass-through. */
  readonly unsupportedFields?: readonly string[];
  /** The member of assistant messages in which the provider wants its own reasoning back. Default: it wants none. */
  readonly reasoningField?: 'reasoning' | 'reasoning_content';
  /** Fields that stand in the body in place of the model, which the path names (Claude at other clouds). */
  readonly modelInPath?: { readonly bodyFields: Readonly<Record<string, string>> };
  /** A request to be counted with more than contents stands in a member of its own (AI Studio). Default: at the top. */
  readonly countsWholeRequest?: boolean;
};

/** A decoded, complete, successful answer. */
export type AnswerFacts = {
  readonly usage: TokenUsage | null;
  readonly upstreamId: string | null;
  readonly finishReason: string | null;
};

/** A canonical (OpenAI chat shaped) request, answer or chunk. Unknown fields are kept. */
export type CanonicalRequest = { readonly [field: string]: unknown };
export type CanonicalAnswer = { readonly [field: string]: unknown };
export type CanonicalChunk = { readonly [field: string]: unknown };

/**
 * One answer stream on its way to the caller, with or without translation. A push parser: however the bytes are cut,
 * what comes out is the same. `push` returns what may go to the caller now; the dialect's terminal event is held back
 * until `finish`, so that the ledger is settled before the caller sees a complete answer.
 */
export interface StreamRelay {
  push(bytes: Uint8Array): Uint8Array | null;
  /** The upstream ended without fault. Returns what remains before the terminal event. */
  end(): Uint8Array | null;
  /** The held-back terminal event; call after the settlement is durable. */
  finish(): Uint8Array;
  /** In dialects that number the events of a stream: the error event that continues this one. Else see the dialect. */
  encodeError?(error: CallerError): Uint8Array;
  readonly state: StreamState;
}
export type StreamState = {
  /** An event with content (text, reasoning, tool call) or a regular end has been seen: the answer may be committed. */
  readonly contentSeen: boolean;
  /** The dialect's terminal event has been seen. */
  readonly terminalSeen: boolean;
  /** An error event was seen; after commit the relay has already put it into the caller's dialect. */
  readonly failure: FailureSignals | null;
  readonly answer: AnswerFacts;
  /** Bytes of content seen, an upper bound for output tokens when no usage arrives. */
  readonly contentBytes: number;
};

/** Upstream bytes → canonical chunks. */
export interface StreamDecoder {
  push(bytes: Uint8Array): readonly CanonicalChunk[];
  end(): readonly CanonicalChunk[];
  readonly state: StreamState;
}
/** Canonical chunks → caller bytes. `finish` gives the terminal event with the final usage. */
export interface StreamEncoder {
  push(chunk: CanonicalChunk): Uint8Array | null;
  finish(): Uint8Array;
  /** As in StreamRelay. */
  encodeError?(error: CallerError): Uint8Array;
}
/** What a complete answer to the caller is made of besides what the provider said. */
export type AnswerContext = {
  /** The generation's id. */
  readonly id: string;
  /** The caller's request, for dialects whose answers repeat it. */
  readonly request?: RequestFacts;
  /** For dialects whose answers say when they were complete. */
  readonly clock?: Pick<Clock, 'now'>;
};
export type StreamEncodeOptions = AnswerContext & { readonly includeUsage: boolean };

/** An error as it is shown to a caller; the dialect gives it its shape. */
export type CallerError = {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly requestId: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
};

export interface Dialect {
  readonly id: DialectId;
  readonly operation: Operation;
  /** Top-level canonical fields that a request of this dialect cannot carry: dropped or refused when translated. */
  readonly lostFields?: ReadonlySet<string>;
  /** Of its streamed answers, without parameters: what is asked for, what is recognised, what the caller gets. */
  readonly streamContentType: string;
  /**
   * Its answers are bytes of the provider's own content type, passed on as they come; no events. `media`: but for JSON,
   * which is read whole. `any`: whatever they are.
   */
  readonly binaryStream?: 'media' | 'any';
  /** Throws GatewayError `invalid_request` (what, which, what now; never quoting the body). */
  readRequest(body: Uint8Array, context?: RequestContext): RequestFacts;
  /**
   * Same dialect on both sides: the caller's bytes with only the model, the usage switch and the gateway's own fields
   * (`models`, `route`, `provider`, `usage`, `plugins`, `transforms`) changed; key order and white space survive.
   */
  passThrough(facts: RequestFacts, target: EncodeTarget): EncodedRequest;
  toCanonical(facts: RequestFacts): CanonicalRequest;
  /** `facts` are the caller's; throws GatewayError `invalid_request` for what this side cannot express. */
  fromCanonical(request: CanonicalRequest, target: EncodeTarget): EncodedRequest;
  /** Which headers of the caller may travel with a same-dialect request (e.g. `anthropic-beta`), lower case. */
  readonly callerHeaders: readonly string[];

  /**
   * A complete 2xx body → facts; throws DialectError when it is not an answer (then the attempt fails as invalid).
   * `header`: by lower-case name, for formats that state their usage there.
   */
  readAnswer(body: Uint8Array, header?: (name: string) => string | undefined): AnswerFacts;
  /** An error object inside a 2xx body, if that is what it is. */
  findFailure(body: Uint8Array): FailureSignals | null;
  answerToCanonical(body: Uint8Array): CanonicalAnswer;
  answerFromCanonical(answer: CanonicalAnswer, context: AnswerContext): Uint8Array;
  /** What to answer where no provider of the model can; marked as an estimate. Absent: nothing. */
  readonly estimateAnswer?: (facts: RequestFacts) => Uint8Array;
  /** Adds `cost`, `is_byok` and `cost_details` to the answer's usage, for callers who asked. */
  addCost(body: Uint8Array, cost: CostInBody): Uint8Array;

  createPassThroughRelay(options: { readonly stripUsage: boolean }): StreamRelay;
  createStreamDecoder(): StreamDecoder;
  createStreamEncoder(options: StreamEncodeOptions): StreamEncoder;

  decodeFailure(
    status: number,
    header: (name: string) => string | undefined,
    body: Uint8Array,
  ): FailureSignals;
  encodeError(error: CallerError): Uint8Array;
  /** The dialect's own error event, for a stream that is already committed. No terminal event follows it. */
  encodeStreamError(error: CallerError): Uint8Array;
}
export type CostInBody = {
  readonly costUsd: number | null;
  readonly isByok: boolean;
  readonly promptCostUsd: number | null;
  readonly completionCostUsd: number | null;
};

/** A body that is not what its dialect says it must be. */
export class DialectError extends Error {
  override readonly name = 'DialectError';
}
