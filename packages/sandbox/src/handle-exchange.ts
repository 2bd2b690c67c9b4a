/** One request, as a straight line: read → journal → credential → behaviour → answer → play. */
import { hash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerRequest, isPublic } from './answers/answer-request.ts';
import { refuseAzureKey } from './answers/azure.ts';
import { BEDROCK_PATH, refuseBedrockCredential } from './answers/bedrock.ts';
import type { ErrorPresetName } from './faults/error-rows.ts';
import { errorAnswer } from './answers/answer-headers.ts';
import { geminiPathOf } from './answers/gemini-generate.ts';
import { isTokenCall } from './answers/google-tokens.ts';
import type { TokenDesk } from './answers/google-tokens.ts';
import type { ActiveBehaviour, BehaviourBook } from './faults/behaviour.ts';
import { scriptFault } from './faults/script-fault.ts';
import { BODY_CHARACTERS_MAX } from './journal.ts';
import type { JournalWriter } from './journal.ts';
import { credentialOf } from './keyring.ts';
import type { Keyring } from './keyring.ts';
import { styleOf } from './provider-styles.ts';
import { missingAnswer, replayAnswer } from './replay/replay-book.ts';
import type { ReplayBook } from './replay/replay-book.ts';
import { runScript, sendPlain } from './run-script.ts';
import { isObject } from './sandbox-request.ts';
import type { SandboxRequest } from './sandbox-request.ts';
import { plainScript } from './script.ts';
import type { Answer, Script, Step } from './script.ts';

/** As large as the largest body that a provider takes, and more. */
export const REQUEST_BYTES_MAX = 64 * 1024 * 1024;
const RATE_WINDOW_MS = 60_000;
const RATE_KEYS_MAX = 10_000;

export type ExchangeParts = {
  readonly journal: JournalWriter;
  readonly keyring: Keyring;
  readonly tokens: TokenDesk;
  readonly behaviours: BehaviourBook;
  /** Null: answers are composed. */
  readonly replay: ReplayBook | null;
  readonly replayChunkBytes: number | null;
  /** Null: any model. */
  readonly models: readonly string[] | null;
  readonly keepBodies: boolean;
  /** Before every frame of a stream; 0 sends all at once. */
  readonly frameDelayMs: number;
  readonly now: () => number;
};

export type ExchangeHandler = (incoming: IncomingMessage, response: ServerResponse, body: Buffer) => void;

export function createExchangeHandler(parts: ExchangeParts): ExchangeHandler {
  const countRequest = createRateCounter();
  let sequence = 0;
  return (incoming, response, body) => {
    sequence += 1;
    const request = readRequest(incoming, body, { sequence, now: parts.now(), countRequest });
    const behaviour = parts.behaviours.take(request);
    const answer = answerOf(parts, request);
    const script = scriptOf(parts, request, answer, behaviour);
    const finish = parts.journal.record({
      at: request.now,
      method: request.method,
      path: incoming.url ?? '/',
      headers: pairs(incoming.rawHeaders),
      key: request.key,
      bodySha256: hash('sha256', body, 'hex'),
      bodyBytes: body.length,
      body: parts.keepBodies ? body.toString('utf8', 0, BODY_CHARACTERS_MAX) : null,
      model: request.model,
      streamed: request.streamed,
      behaviour: behaviour?.id ?? null,
      status: script === null ? answer.status : statusOf(script),
    });
    if (script === null) {
      sendPlain(response, answer);
      finish('finished');
    } else {
      void runScript(response, script).then(finish);
    }
  };
}

/** The whole body, or undefined when it is longer than may be. */
export async function readBody(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > REQUEST_BYTES_MAX) return undefined;
    chunks.push(chunk);
  }
  return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
}

type Counting = { readonly sequence: number; readonly now: number; readonly countRequest: RateCounter };

function readRequest(
  incoming: IncomingMessage,
  body: Buffer,
  { sequence, now, countRequest }: Counting,
): SandboxRequest {
  const url = incoming.url ?? '/';
  const mark = url.indexOf('?');
  const path = mark === -1 ? url : url.slice(0, mark);
  const json = parseJson(body);
  const gemini = geminiPathOf(path);
  const bedrock = BEDROCK_PATH.exec(path);
  const inPath =
    bedrock === null
      ? gemini
      : { model: decodeURIComponent(bedrock[1] ?? ''), streamed: bedrock[3] !== undefined };
  const inBody = isObject(json) && typeof json['model'] === 'string' ? json['model'] : null;
  const key = credentialOf(incoming.headers);
  return {
    method: incoming.method ?? 'GET',
    path,
    query: mark === -1 ? '' : url.slice(mark + 1),
    headers: incoming.headers,
    rawHeaders: incoming.rawHeaders,
    body,
    json,
    model: inPath?.model ?? inBody,
    streamed: inPath?.streamed ?? (isObject(json) && json['stream'] === true),
    key,
    style: styleOf(path, incoming.headers),
    sequence,
    requestsThisMinute: countRequest(key ?? '', now),
    now,
  };
}

function answerOf(
  { keyring, tokens, replay, replayChunkBytes, models }: ExchangeParts,
  request: SandboxRequest,
): Answer {
  if (isTokenCall(request)) return tokens.answer(request);
  if (request.style === 'bedrock') {
    const refusal = refuseBedrockCredential(request, (key) => keyring.state(key) === 'accepted');
    if (refusal !== null) return refusal;
  } else if (request.style === 'azure') {
    const { 'api-key': key } = request.headers;
    if (typeof key !== 'string' || keyring.state(key) !== 'accepted') return refuseAzureKey();
  } else if (!isPublic(request)) {
    if (request.key === null) return errorAnswer(request, 'missing_key');
    const state = keyring.state(request.key);
    if (state !== 'accepted') return errorAnswer(request, refusalOf(request, state));
  }
  if (replay === null) return answerRequest(request, models);
  const { method, path, json, body } = request;
  const found = replay.find({ method, path, body: json ?? Buffer.from(body).toString('utf8') });
  return found.kind === 'found'
    ? replayAnswer(found.recording, replayChunkBytes)
    : missingAnswer(found.nearest);
}

/** Google answers otherwise to an access token than to a key. */
function refusalOf({ style, headers }: SandboxRequest, state: 'revoked' | 'unknown'): ErrorPresetName {
  if (style === 'google' && headers.authorization !== undefined) return 'oauth_token_refused';
  return state === 'revoked' ? 'revoked' : 'invalid_key';
}

/** Null: nothing special, send it in one go. */
function scriptOf(
  { frameDelayMs }: ExchangeParts,
  request: SandboxRequest,
  answer: Answer,
  behaviour: ActiveBehaviour | undefined,
): Script | null {
  if (behaviour !== undefined) {
    const script =
      behaviour.fault === undefined ? plainScript(answer) : scriptFault(behaviour.fault, request, answer);
    return behaviour.delayMs === undefined ? script : [{ kind: 'wait', ms: behaviour.delayMs }, ...script];
  }
  if (frameDelayMs > 0 && answer.streamed)
    return plainScript(answer).flatMap((step): Step[] =>
      step.kind === 'write' ? [{ kind: 'wait', ms: frameDelayMs }, step] : [step],
    );
  return null;
}

function statusOf(script: Script): number | null {
  for (const step of script) if (step.kind === 'head') return step.status;
  return null;
}

function parseJson(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    // Not JSON is an answerable mistake of the caller's; the endpoint words it.
    return undefined;
  }
}

function pairs(rawHeaders: readonly string[]): readonly (readonly [string, string])[] {
  const list: (readonly [string, string])[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2)
    list.push([rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '']);
  return list;
}

type RateCounter = (key: string, now: number) => number;

/** Requests by a key in the running minute, for the rate-limit headers. A fixed window: it limits nothing. */
function createRateCounter(): RateCounter {
  let windowStart = 0;
  const counts = new Map<string, number>();
  return (key, now) => {
    if (now - windowStart >= RATE_WINDOW_MS || counts.size >= RATE_KEYS_MAX) {
      windowStart = now;
      counts.clear();
    }
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return count;
  };
}
