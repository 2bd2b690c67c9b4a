/**
 * Crossed dialects: every recorded OpenAI chat exchange asked with the Anthropic library, and every recorded Anthropic
 * exchange with the OpenAI library, through the real gateway. What comes back must mean what the provider said: text,
 * reasoning, tool calls with their arguments, why it ended, usage and cost.
 */
import { GatewayError } from '@arouter/core';
import type { Dialect } from '@arouter/core';
import { anthropicMessages, openaiChat } from '@arouter/providers';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { askAnthropic, askOpenAi, createSdkClients } from '../support/ask-with-sdk.ts';
import type { SdkAnswer, SdkClients } from '../support/ask-with-sdk.ts';
import { differenceOf, differenceOfCost, differenceOfUsage } from '../support/differences.ts';
import { createEqualityTable } from '../support/equality-table.ts';
import { meaningOfAnswer } from '../support/meaning-of-answer.ts';
import { meaningOfQuestion } from '../support/meaning-of-question.ts';
import {
  explainAbsence,
  isJsonObject,
  loadRecordedChats,
  trafficIsPresent,
} from '../support/recorded-chats.ts';
import type { ChatDialect, JsonObject, RecordedChat } from '../support/recorded-chats.ts';
import { startRecordedWorld } from '../support/recorded-world.ts';
import type { RecordedWorld } from '../support/recorded-world.ts';
import { eventsOf, statedUsage } from '../support/stated-usage.ts';
import { CROSSED_EXCEPTIONS, NOT_ASKABLE } from './recorded-exceptions.ts';

explainAbsence();
/** OpenRouter speaks both dialects, so nothing would be translated there; its recordings are asked at a custom endpoint. */
const chats = loadRecordedChats().map((chat) =>
  chat.provider === 'openrouter' ? { ...chat, provider: 'custom' } : chat,
);
const DIALECTS: Readonly<Record<ChatDialect, Dialect>> = {
  'openai-chat': openaiChat,
  'anthropic-messages': anthropicMessages,
};
const table = createEqualityTable(CROSSED_EXCEPTIONS);
/** Reason → recordings whose question has no form in the other dialect. */
const notAskable = new Map<string, RecordedChat<ChatDialect>[]>();

describe.skipIf(!trafficIsPresent)(
  'recorded traffic through the gateway, across dialects',
  { timeout: 120_000 },
  () => {
    let world: RecordedWorld;
    let clients: SdkClients;
    beforeAll(async () => {
      // The Anthropic library warns, once per request, that the recorded models are old.
      vi.spyOn(console, 'warn').mockImplementation(() => undefined);
      world = await startRecordedWorld(chats);
      const { url, keys } = world.gateway;
      clients = createSdkClients({ openai: `${url}/v1`, anthropic: url, apiKey: keys.apiKey });
    });
    afterAll(async () => {
      await world?.close();
    });

    test('every answer means what the provider said, and every error says what the provider said', async () => {
      await Promise.all(
        [...Map.groupBy(chats, ({ basePath }) => basePath).values()].map(async (its) => {
          for (const chat of its) await askAcross(chat);
        }),
      );
      table.print('recorded traffic across dialects');
      for (const [reason, refused] of notAskable)
        console.log(`  cannot be asked, ${refused.length}: ${reason}`);
      table.expectNoneUnexplained();
      const asRefused = [...notAskable.values()].flat();
      expect(
        asRefused.filter((chat) => !NOT_ASKABLE.some(([, applies]) => applies(chat))).map(({ name }) => name),
      ).toEqual([]);
      const asked = table.sum('answer').tried;
      expect(asked + asRefused.length).toBe(chats.length);
      expect(asked).toBeGreaterThan(chats.length * 0.5);
    });

    async function askAcross(chat: RecordedChat<ChatDialect>): Promise<void> {
      const caller: ChatDialect = chat.dialect === 'openai-chat' ? 'anthropic-messages' : 'openai-chat';
      const question = questionIn(caller, chat);
      if (question === null) return;
      const row = `${chat.provider === 'custom' ? `custom (${chat.recordedAt})` : chat.provider} × ${caller}`;
      const answer = await answeredAsRecorded(chat, async () =>
        caller === 'openai-chat' ? askOpenAi(clients, question) : askAnthropic(clients, question),
      );
      table.count(row, chat, 'question', differenceOfQuestion(chat, askedUpstream(chat)));
      if (chat.status >= 400) await world.reenableAll(chat.provider);
      table.count(row, chat, 'answer', differenceOfMeaning(chat, caller, answer));
      if (chat.status !== 200 || answer.status !== 200) return;
      const generation = await world.client.generation(answer.header('x-generation-id') ?? '');
      const stated = statedUsage(chat);
      const shown = statedUsage({
        answer: Buffer.from(textOf(answer.result)),
        contentType: contentTypeOf(answer.result),
        dialect: caller,
      });
      table.count(row, chat, 'usage', differenceOf(shown, stated));
      table.count(row, chat, 'record', differenceOfUsage(generation, stated));
      table.count(row, chat, 'cost', differenceOfCost(chat, generation, stated));
    }

    /** What the provider was asked last. */
    function askedUpstream({ basePath }: RecordedChat<ChatDialect>): JsonObject {
      const entry = world.sandbox.journal.entries().findLast(({ path }) => path.startsWith(`${basePath}/`));
      return JSON.parse(entry?.body ?? '{}') as JsonObject;
    }

    /** The question is not the recorded one to the letter any more, so its answer is set up by hand. */
    async function answeredAsRecorded(
      chat: RecordedChat<ChatDialect>,
      ask: () => Promise<SdkAnswer>,
    ): Promise<SdkAnswer> {
      const { status, answer, contentType, basePath, request } = chat;
      const body = answer.toString('utf8');
      const headers = { 'content-type': contentType };
      const match = { path: `${basePath}/`, model: request.model };
      const id = world.sandbox.behave({ match, fault: { kind: 'answer', status, headers, body } });
      try {
        return await ask();
      } finally {
        world.sandbox.clearBehaviours(id);
      }
    }
  },
);

/** The recorded question in the caller's dialect; null, and noted, when it has no form there. */
function questionIn(caller: ChatDialect, chat: RecordedChat<ChatDialect>): JsonObject | null {
  const own = DIALECTS[chat.dialect];
  try {
    const facts = own.readRequest(Buffer.from(JSON.stringify(chat.request)));
    const target = { upstreamModel: chat.request.model, outputTokensMax: null, quirks: {} };
    const { body } = DIALECTS[caller].fromCanonical(own.toCanonical(facts), target);
    const question = JSON.parse(Buffer.from(body).toString('utf8')) as JsonObject;
    return { ...question, model: `${chat.provider}/${chat.request.model}` };
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    notAskable.set(error.message, [...(notAskable.get(error.message) ?? []), chat]);
    return null;
  }
}

/** There and back again: through both translations the provider is asked what was recorded. */
function differenceOfQuestion(
  { dialect, request }: RecordedChat<ChatDialect>,
  asked: JsonObject,
): string | null {
  return differenceOf(meaningOfQuestion(dialect, asked), meaningOfQuestion(dialect, request));
}

function differenceOfMeaning(
  chat: RecordedChat<ChatDialect>,
  caller: ChatDialect,
  { status, result }: SdkAnswer,
): string | null {
  if (status !== chat.status)
    return `status ${status} instead of ${chat.status}: ${JSON.stringify(result).slice(0, 300)}`;
  const text = chat.answer.toString('utf8');
  const recorded = chat.streamed && status === 200 ? eventsOf(text) : (JSON.parse(text) as unknown);
  const error =
    (Array.isArray(recorded) ? recorded : [recorded]).map(errorIn).find((found) => found !== null) ?? null;
  if (error === null)
    return differenceOf(meaningOfAnswer(caller, result), meaningOfAnswer(chat.dialect, recorded));
  const { message } = error;
  return JSON.stringify(result).includes(JSON.stringify(message).slice(1, -1))
    ? null
    : `does not say "${message}": ${JSON.stringify(result)}`;
}

/** The whole body of a refusal, or an event of a stream. */
function errorIn(part: unknown): { readonly message: string } | null {
  const error = isJsonObject(part) ? part['error'] : null;
  return isJsonObject(error) && typeof error['message'] === 'string' ? { message: error['message'] } : null;
}

/** What the library gave out, as the wire would carry it. */
function textOf(result: unknown): string {
  return Array.isArray(result)
    ? result.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')
    : JSON.stringify(result);
}

function contentTypeOf(result: unknown): string {
  return Array.isArray(result) ? 'text/event-stream' : 'application/json';
}
