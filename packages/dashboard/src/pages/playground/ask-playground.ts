/** One question to the gateway as the signed-in person, and its answer as it comes. */
import { readEventStream } from '../../api/read-event-stream.ts';
import { readChunk, type Delta } from './read-chunk.ts';

export type Message = { readonly role: 'system' | 'user' | 'assistant'; readonly content: string };
export type Question = {
  readonly model: string;
  readonly messages: readonly Message[];
  readonly temperature: number | null;
  readonly topP: number | null;
  readonly maxTokens: number | null;
};
export type Listener = {
  /** Called once, as soon as the gateway has a name for the request. */
  readonly onGeneration: (id: string) => void;
  readonly onDelta: (delta: Delta) => void;
};
export type Outcome =
  | { readonly kind: 'finished'; readonly reason: string | null }
  | { readonly kind: 'stopped' }
  /** The gateway's own sentence, or what is wrong between here and there. */
  | { readonly kind: 'failed'; readonly title: string; readonly detail: string };

const PATH = '/api/v1/playground/chat/completions';
/** An answer that is longer is cut here: a page cannot show it. */
const ANSWER_CHARACTERS_MAX = 2_000_000;

/** Never throws: whatever goes wrong is an outcome. */
export async function askPlayground(
  question: Question,
  signal: AbortSignal,
  listener: Listener,
): Promise<Outcome> {
  try {
    const response = await fetch(PATH, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(toBody(question)),
      signal,
    });
    const id = response.headers.get('x-generation-id');
    if (id !== null) listener.onGeneration(id);
    if (!response.ok || response.body === null) return refusal(response.status, await response.text());
    return await relay(response.body, listener);
  } catch (error) {
    if (signal.aborted) return { kind: 'stopped' };
    return {
      kind: 'failed',
      title: 'The connection broke',
      detail: error instanceof Error ? error.message : 'The server cannot be reached.',
    };
  }
}

function toBody({ model, messages, temperature, topP, maxTokens }: Question): object {
  return {
    model,
    messages,
    stream: true,
    stream_options: { include_usage: true },
    ...(temperature === null ? {} : { temperature }),
    ...(topP === null ? {} : { top_p: topP }),
    ...(maxTokens === null ? {} : { max_tokens: maxTokens }),
  };
}

async function relay(body: ReadableStream<Uint8Array>, { onDelta }: Listener): Promise<Outcome> {
  let reason: string | null = null;
  let characters = 0;
  for await (const { data } of readEventStream(body)) {
    if (data === '[DONE]') return { kind: 'finished', reason };
    const chunk = readChunk(data);
    if (chunk.kind === 'error')
      return { kind: 'failed', title: 'The answer broke off', detail: chunk.message };
    reason = chunk.finishReason ?? reason;
    characters += chunk.delta.text.length + chunk.delta.thinking.length;
    if (characters > ANSWER_CHARACTERS_MAX) return { kind: 'finished', reason: 'too long to show' };
    if (chunk.delta.text !== '' || chunk.delta.thinking !== '') onDelta(chunk.delta);
  }
  if (reason !== null) return { kind: 'finished', reason };
  return { kind: 'failed', title: 'The answer broke off', detail: 'The stream ended before the answer did.' };
}

function refusal(status: number, text: string): Outcome {
  const chunk = readChunk(text);
  const detail = chunk.kind === 'error' ? chunk.message : `The server answered with status ${status}.`;
  return { kind: 'failed', title: refusalTitle(status), detail };
}

function refusalTitle(status: number): string {
  if (status === 401) return 'You are signed out';
  if (status === 402) return 'A limit of spending is reached';
  if (status === 403) return 'You may not do this';
  if (status === 429) return 'Too many requests';
  return status >= 500 ? 'No key could answer' : 'The request was refused';
}
