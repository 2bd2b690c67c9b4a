/** The unmodified client libraries pointed at the gateway: one question in, what the library gives its user out. */
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { JsonObject } from './recorded-chats.ts';

export type SdkClients = { readonly openai: OpenAI; readonly anthropic: Anthropic };
export type SdkAnswer = {
  readonly status: number;
  /** The parsed answer, or the parsed events of a stream in order; of a refusal, the parsed error body. */
  readonly result: unknown;
  readonly header: (name: string) => string | null;
};

/** `openai` and `anthropic` are base URLs, as each library counts them. Neither tries again by itself. */
export function createSdkClients({
  openai,
  anthropic,
  apiKey,
}: Record<'openai' | 'anthropic' | 'apiKey', string>): SdkClients {
  return {
    openai: new OpenAI({ apiKey, baseURL: openai, maxRetries: 0 }),
    anthropic: new Anthropic({ apiKey, baseURL: anthropic, maxRetries: 0 }),
  };
}

/** The library's user gives it the request as an object; an error of the API is an answer here. */
export async function askOpenAi({ openai }: SdkClients, request: JsonObject): Promise<SdkAnswer> {
  try {
    const { data, response } = await openai.chat.completions
      .create(request as unknown as OpenAI.ChatCompletionCreateParams)
      .withResponse();
    return await answerOf(data, response);
  } catch (error) {
    if (error instanceof OpenAI.APIError) return refusal(error);
    throw error;
  }
}

export async function askResponses({ openai }: SdkClients, request: JsonObject): Promise<SdkAnswer> {
  try {
    const { data, response } = await openai.responses
      .create(request as unknown as OpenAI.Responses.ResponseCreateParams)
      .withResponse();
    return await answerOf(data, response);
  } catch (error) {
    if (error instanceof OpenAI.APIError) return refusal(error);
    throw error;
  }
}

/** Streams are read event by event (`messages.create` with `stream: true`). */
export async function askAnthropic({ anthropic }: SdkClients, request: JsonObject): Promise<SdkAnswer> {
  try {
    const { data, response } = await anthropic.messages
      // A time limit of the caller's own: without it the library refuses large answers that are not streamed.
      .create(request as unknown as Anthropic.MessageCreateParams, { timeout: 60_000 })
      .withResponse();
    return await answerOf(data, response);
  } catch (error) {
    if (error instanceof Anthropic.APIError) return refusal(error);
    throw error;
  }
}

async function answerOf(data: unknown, { status, headers }: Response): Promise<SdkAnswer> {
  const result = isStream(data) ? await readStream(data) : data;
  return { status, result, header: (name) => headers.get(name) };
}

/** An error event ends a stream by throwing; here it stands as the last event, in the words the library gives it. */
async function readStream(stream: AsyncIterable<unknown>): Promise<readonly unknown[]> {
  const events: unknown[] = [];
  try {
    for await (const event of stream) events.push(event);
  } catch (error) {
    if (!(error instanceof OpenAI.APIError || error instanceof Anthropic.APIError)) throw error;
    events.push({ error: error.error });
  }
  return events;
}

function isStream(data: unknown): data is AsyncIterable<unknown> {
  return typeof data === 'object' && data !== null && Symbol.asyncIterator in data;
}

type ApiError = Error & { readonly status: unknown; readonly error: unknown; readonly headers: unknown };

/** Status 0: there was no answer; the result is what the library says of that. */
function refusal({ status, error, headers, message, cause }: ApiError): SdkAnswer {
  return {
    status: typeof status === 'number' ? status : 0,
    result: error ?? {
      message: `${message} ${String(cause)} ${String((cause as Error | undefined)?.cause)}`,
    },
    header: (name) => (headers instanceof Headers ? headers.get(name) : null),
  };
}
