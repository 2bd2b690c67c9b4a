/**
 * A fault as a script: takes what a good provider would have answered and what it was asked, gives the steps to play.
 * Pure. Damage to events, usage and framing lives in files of its own; this one says which fault is which.
 */
import { randomBytes } from 'node:crypto';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { Fault } from './behaviour.ts';
import { framingScript } from './framing-damage.ts';
import { damageEvents } from './sse-damage.ts';
import { damageUsage } from './usage-damage.ts';
import { errorAnswer, requestIdOf, withHeaders } from '../answers/answer-headers.ts';
import { presetError } from './error-presets.ts';
import { PROVIDER_STYLES } from '../provider-styles.ts';
import type { SandboxRequest } from '../sandbox-request.ts';
import { jsonAnswer, plainScript, toBytes } from '../script.ts';
import type { Answer, HeaderList, Script, Step } from '../script.ts';

const HTML =
  '<!DOCTYPE html>\n<html><head><title>Just a moment...</title></head><body><h1>Checking your browser</h1></body></html>\n';
const ENCODERS = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync } as const;
const ENCODING_LAYERS_MAX = 1000;
const HUGE_PIECE_BYTES = 65_536;
const SECOND_RESPONSE =
  'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 17\r\n\r\n{"smuggled":true}';

export function scriptFault(fault: Fault, request: SandboxRequest, answer: Answer): Script {
  const replaced = replaceAnswer(fault, request, answer);
  if (replaced !== null)
    return fault.kind === 'answer' && fault.times !== undefined
      ? repeated(replaced, fault.times)
      : plainScript(replaced);
  const script = plainScript(answer);
  switch (fault.kind) {
    case 'stall_before_headers':
      return [wait(fault.ms), ...script];
    case 'stall_before_body':
      return afterHead(script, [wait(fault.ms)]);
    case 'stall_mid_stream':
      return insertAfterWrites(script, fault.afterFrames ?? 2, [wait(fault.ms)]);
    case 'pace':
      return script.flatMap((step): Step[] =>
        step.kind === 'write' ? [wait(fault.frameDelayMs), step] : [step],
      );
    case 'drip':
      return drip(script, Math.max(1, fault.bytesPerWrite ?? 1), fault.delayMs);
    case 'reset_before_headers':
      return [{ kind: 'reset' }];
    case 'reset_after_headers':
      // Headers that are still in node's buffer would go down with the socket.
      return [...script.slice(0, 1), wait(20), { kind: 'reset' }];
    case 'cut':
      return cut(script, fault);
    case 'framing':
      return framingScript(fault.damage, answer);
    case 'gzip_bomb':
      return bomb(answer, fault.bytes);
    case 'huge_body':
      return hugeBody(fault.status ?? 200, fault.bytes);
    case 'extra_after_end':
      return extraAfterEnd(answer, fault.what);
    case 'information':
      return [
        ...Array.from({ length: Math.min(fault.times, 1000) }, (): Step => ({
          kind: 'information',
          status: fault.status,
        })),
        ...script,
      ];
    default:
      return script;
  }
}

/** Faults that are another answer, sent in good order; null for those that are a way of sending. */
function replaceAnswer(fault: Fault, request: SandboxRequest, answer: Answer): Answer | null {
  switch (fault.kind) {
    case 'error':
      return providerError(fault, request);
    case 'answer':
      return {
        status: fault.status,
        headers: Object.entries({ 'content-type': 'application/json', ...fault.headers }),
        frames: [typeof fault.body === 'string' ? fault.body : JSON.stringify(fault.body ?? {})],
        streamed: false,
      };
    case 'redirect':
      return {
        status: fault.status ?? 302,
        headers: [['location', fault.location]],
        frames: [''],
        streamed: false,
      };
    case 'html':
      return {
        status: fault.status ?? 200,
        headers: [['content-type', 'text/html; charset=utf-8']],
        frames: [HTML],
        streamed: false,
      };
    case 'invalid_json':
      return {
        ...answer,
        ...typed('application/json'),
        status: 200,
        frames: ['{"id":"chatcmpl-broken","choices":[{"ind'],
        streamed: false,
      };
    case 'empty_body':
      return { ...answer, ...typed('application/json'), status: 200, frames: [''], streamed: false };
    case 'error_in_200':
      return errorIn200(fault, request, answer);
    case 'usage':
      return damageUsage(answer, fault);
    case 'sse':
      return answer.streamed ? damageEvents(answer, fault.damage) : answer;
    case 'encoding':
      return encoded(answer, fault);
    case 'echo':
      return echo(request, answer, fault.where);
    default:
      return null;
  }
}

function repeated({ status, headers, frames }: Answer, times: number): Script {
  return [
    { kind: 'head', status, headers },
    ...frames.map((frame): Step => ({ kind: 'repeat', bytes: toBytes(frame), times })),
    { kind: 'end' },
  ];
}

function providerError(fault: Fault & { kind: 'error' }, request: SandboxRequest): Answer {
  const headers: (readonly [string, string])[] = Object.entries(fault.headers ?? {});
  const { retryAfter, retryAfterDateMs } = fault;
  if (typeof retryAfter === 'string') headers.push(['retry-after', retryAfter]);
  else if (Array.isArray(retryAfter))
    headers.push(...retryAfter.map((value: string) => ['retry-after', value] as const));
  if (retryAfterDateMs !== undefined)
    headers.push(['retry-after', new Date(request.now + retryAfterDateMs).toUTCString()]);
  // Whoever sets Retry-After wants that one and no other.
  const stated = retryAfter !== undefined || retryAfterDateMs !== undefined;
  const answer = errorAnswer(request, fault.preset);
  const kept = stated
    ? { ...answer, headers: answer.headers.filter(([name]) => !/^retry-after(-ms)?$/.test(name)) }
    : answer;
  return withHeaders(kept, headers);
}

function errorIn200(
  fault: Fault & { kind: 'error_in_200' },
  request: SandboxRequest,
  answer: Answer,
): Answer {
  const { style, key, model } = request;
  const error = presetError(fault.preset, { style, key, model, requestId: requestIdOf(request) });
  if (!answer.streamed) return { ...answer, frames: [error.body] };
  const anthropic = PROVIDER_STYLES[style].shape === 'anthropic';
  const event = `${anthropic ? 'event: error\n' : ''}data: ${error.body.replaceAll('\n', ' ')}\n\n`;
  return { ...answer, frames: [...answer.frames.slice(0, fault.afterFrames ?? 0), event] };
}

function encoded(answer: Answer, fault: Fault & { kind: 'encoding' }): Answer {
  const layers = Math.min(fault.layers ?? 1, ENCODING_LAYERS_MAX);
  let bytes: Uint8Array = joined(answer);
  for (let layer = 0; layer < layers; layer += 1) bytes = ENCODERS[fault.encoding](bytes);
  const declared = Array.from({ length: layers }, () => fault.encoding as string).join(', ');
  return {
    ...answer,
    headers: fault.undeclared === true ? answer.headers : [...answer.headers, ['content-encoding', declared]],
    frames: [bytes],
  };
}

function echo(request: SandboxRequest, answer: Answer, where: 'headers' | 'body' | 'error'): Answer {
  const pairs: (readonly [string, string])[] = [];
  const { rawHeaders } = request;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2)
    pairs.push([rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '']);
  if (where === 'headers')
    return {
      ...answer,
      headers: [...answer.headers, ...pairs.map(([name, value]) => [`x-echo-${name}`, value] as const)],
    };
  if (where === 'body') return jsonAnswer(200, [], { headers: Object.fromEntries(pairs), key: request.key });
  const message = `Request failed. Headers were: ${pairs.map(([name, value]) => `${name}: ${value}`).join('; ')}`;
  return jsonAnswer(400, [], { error: { message, type: 'invalid_request_error', param: null, code: null } });
}

function cut(script: Script, { afterFrames, afterBytes, how = 'reset' }: Fault & { kind: 'cut' }): Script {
  let frames = afterFrames ?? Infinity;
  let bytes = afterBytes ?? (afterFrames === undefined ? 1 : Infinity);
  const kept: Step[] = [];
  for (const step of script) {
    if (step.kind === 'end') continue;
    if (step.kind !== 'write') {
      kept.push(step);
      continue;
    }
    if (frames <= 0 || bytes <= 0) continue;
    const part = step.bytes.subarray(0, Math.min(step.bytes.length, bytes));
    kept.push({ kind: 'write', bytes: part });
    frames -= 1;
    bytes -= part.length;
  }
  // What was written must have left before the socket is torn down.
  return how === 'end' ? [...dropLength(kept), { kind: 'end' }] : [...kept, wait(20), { kind: how }];
}

function drip(script: Script, bytesPerWrite: number, delayMs: number): Script {
  return script.flatMap((step): Step[] => {
    if (step.kind !== 'write') return [step];
    const steps: Step[] = [];
    for (let at = 0; at < step.bytes.length; at += bytesPerWrite)
      steps.push({ kind: 'write', bytes: step.bytes.subarray(at, at + bytesPerWrite) }, wait(delayMs));
    return steps;
  });
}

function bomb(answer: Answer, bytes: number): Script {
  const headers: HeaderList = [...answer.headers, ['content-encoding', 'gzip']];
  return plainScript({ ...answer, headers, frames: [gzipSync(Buffer.alloc(Math.min(bytes, 2 ** 30)))] });
}

/** `{"padding":"aaaa…"}` of at least `bytes`, never held in memory. */
function hugeBody(status: number, bytes: number): Script {
  return [
    { kind: 'head', status, headers: [['content-type', 'application/json']] },
    { kind: 'write', bytes: Buffer.from('{"error":{"message":"') },
    {
      kind: 'repeat',
      bytes: Buffer.alloc(HUGE_PIECE_BYTES, 'a'),
      times: Math.ceil(bytes / HUGE_PIECE_BYTES),
    },
    { kind: 'write', bytes: Buffer.from('"}}') },
    { kind: 'end' },
  ];
}

function extraAfterEnd(answer: Answer, what: 'events' | 'bytes' | 'response'): Script {
  if (what === 'events') {
    const extra = [
      'data: {"id":"late","object":"chat.completion.chunk","choices":[]}\n\n',
      'data: [DONE]\n\n',
    ];
    return plainScript({
      ...answer,
      frames: [...answer.frames, ...(answer.streamed ? extra : [' {"late":true}'])],
    });
  }
  const bytes = what === 'bytes' ? randomBytes(64) : Buffer.from(SECOND_RESPONSE);
  return [...plainScript(answer), { kind: 'raw', bytes }];
}

function afterHead(script: Script, steps: Script): Script {
  return script.flatMap((step) => (step.kind === 'head' ? [step, ...steps] : [step]));
}

function insertAfterWrites(script: Script, writes: number, steps: Script): Script {
  if (writes <= 0) return afterHead(script, steps);
  let seen = 0;
  return script.flatMap((step) => {
    if (step.kind !== 'write') return [step];
    seen += 1;
    return seen === writes ? [step, ...steps] : [step];
  });
}

function dropLength(script: Script): Script {
  return script.map((step) =>
    step.kind === 'head'
      ? { ...step, headers: step.headers.filter(([name]) => name !== 'content-length') }
      : step,
  );
}

function joined(answer: Answer): Uint8Array {
  return Buffer.concat(answer.frames.map(toBytes));
}

function typed(type: string): { headers: HeaderList } {
  return { headers: [['content-type', type]] };
}

function wait(ms: number | undefined): Step {
  return { kind: 'wait', ms: ms ?? Infinity };
}
