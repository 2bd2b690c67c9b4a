/** A recorded question asked in another dialect, and what came back judged against what the provider said. */
import { GatewayError } from '@arouter/core';
import type { Dialect } from '@arouter/core';
import { anthropicMessages, openaiChat, openaiResponses } from '@arouter/providers';
import type { SdkAnswer } from './ask-with-sdk.ts';
import { differenceOf } from './differences.ts';
import { meaningOfAnswer } from './meaning-of-answer.ts';
import type { Meaning } from './meaning-of-answer.ts';
import { isJsonObject } from './recorded-chats.ts';
import type { JsonObject, RecordedChat, RecordedDialect } from './recorded-chats.ts';
import type { RecordedWorld } from './recorded-world.ts';
import { eventsOf, statedUsage, type StatedUsage } from './stated-usage.ts';

const DIALECTS: Readonly<Record<RecordedDialect, Dialect>> = {
  'openai-chat': openaiChat,
  'anthropic-messages': anthropicMessages,
  'openai-responses': openaiResponses,
};

/** The recorded question in the caller's dialect; the refusal's sentence when it has no form there. */
export function questionIn(caller: RecordedDialect, chat: RecordedChat): JsonObject | string {
  const own = DIALECTS[chat.dialect];
  try {
    const facts = own.readRequest(Buffer.from(JSON.stringify(chat.request)));
    const target = { upstreamModel: chat.request.model, outputTokensMax: null, quirks: {} };
    const { body } = DIALECTS[caller].fromCanonical(own.toCanonical(facts), target);
    const question = JSON.parse(Buffer.from(body).toString('utf8')) as JsonObject;
    return { ...question, model: `${chat.provider}/${chat.request.model}` };
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return error.message;
  }
}

/** The question is not the recorded one to the letter any more, so its answer is set up by hand. */
export async function answeredAsRecorded(
  { sandbox }: Pick<RecordedWorld, 'sandbox'>,
  chat: RecordedChat,
  ask: () => Promise<SdkAnswer>,
): Promise<SdkAnswer> {
  const { status, answer, contentType, basePath, request } = chat;
  const body = answer.toString('utf8');
  const headers = { 'content-type': contentType };
  const match = { path: `${basePath}/`, model: request.model };
  const id = sandbox.behave({ match, fault: { kind: 'answer', status, headers, body } });
  try {
    return await ask();
  } finally {
    sandbox.clearBehaviours(id);
  }
}

/** What the provider was asked last. */
export function askedUpstream(
  { sandbox }: Pick<RecordedWorld, 'sandbox'>,
  { basePath }: RecordedChat,
): JsonObject {
  const entry = sandbox.journal.entries().findLast(({ path }) => path.startsWith(`${basePath}/`));
  return JSON.parse(entry?.body ?? '{}') as JsonObject;
}

export function differenceOfMeaning(
  chat: RecordedChat,
  caller: RecordedDialect,
  { status, result }: SdkAnswer,
): string | null {
  if (status !== chat.status)
    return `status ${status} instead of ${chat.status}: ${JSON.stringify(result).slice(0, 300)}`;
  const text = chat.answer.toString('utf8');
  const recorded = chat.streamed && status === 200 ? eventsOf(text) : (JSON.parse(text) as unknown);
  const error =
    (Array.isArray(recorded) ? recorded : [recorded]).map(errorIn).find((found) => found !== null) ?? null;
  if (error === null) {
    const [shown, meant] = [meaningOfAnswer(caller, result), meaningOfAnswer(chat.dialect, recorded)];
    const hasParts = caller === 'openai-responses' || chat.dialect === 'openai-responses';
    return hasParts ? differenceOf(gapless(shown), gapless(meant)) : differenceOf(shown, meant);
  }
  const { message } = error;
  return JSON.stringify(result).includes(JSON.stringify(message).slice(1, -1))
    ? null
    : `does not say "${message}": ${JSON.stringify(result)}`;
}

/** Responses has reasoning in several parts, which the others have as one text with gaps between them. */
function gapless(meaning: Meaning): Meaning {
  return { ...meaning, reasoning: meaning.reasoning.replaceAll(/\s+/g, '') };
}

/** What the library gave its user of the tokens. */
export function shownUsage(caller: RecordedDialect, { result }: SdkAnswer): StatedUsage | null {
  return statedUsage({
    answer: Buffer.from(textOf(result)),
    contentType: Array.isArray(result) ? 'text/event-stream' : 'application/json',
    dialect: caller,
  });
}

/** The whole body of a refusal, or an event of a stream. */
function errorIn(part: unknown): { readonly message: string } | null {
  if (!isJsonObject(part)) return null;
  const { response } = part;
  const error = part['error'] ?? (isJsonObject(response) ? response['error'] : null);
  return isJsonObject(error) && typeof error['message'] === 'string' ? { message: error['message'] } : null;
}

/** What the library gave out, as the wire would carry it. */
function textOf(result: unknown): string {
  return Array.isArray(result)
    ? result.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')
    : JSON.stringify(result);
}
