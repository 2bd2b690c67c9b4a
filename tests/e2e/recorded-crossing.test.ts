/**
 * Crossed dialects: every recorded OpenAI chat exchange asked with the Anthropic library, and every recorded Anthropic
 * exchange with the OpenAI library, through the real gateway. What comes back must mean what the provider said: text,
 * reasoning, tool calls with their arguments, why it ended, usage and cost.
 */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { askAnthropic, askOpenAi, createSdkClients } from '../support/ask-with-sdk.ts';
import type { SdkClients } from '../support/ask-with-sdk.ts';
import {
  answeredAsRecorded,
  askedUpstream,
  differenceOfMeaning,
  questionIn,
  shownUsage,
} from '../support/crossed-answers.ts';
import { differenceOf, differenceOfCost, differenceOfUsage } from '../support/differences.ts';
import { createEqualityTable } from '../support/equality-table.ts';
import { meaningOfQuestion } from '../support/meaning-of-question.ts';
import { explainAbsence, loadRecordedChats, trafficIsPresent } from '../support/recorded-chats.ts';
import type { ChatDialect, JsonObject, RecordedChat } from '../support/recorded-chats.ts';
import { startRecordedWorld } from '../support/recorded-world.ts';
import type { RecordedWorld } from '../support/recorded-world.ts';
import { statedUsage } from '../support/stated-usage.ts';
import { CROSSED_EXCEPTIONS, NOT_ASKABLE } from './recorded-exceptions.ts';

explainAbsence();
/** OpenRouter speaks both dialects, so nothing would be translated there; its recordings are asked at a custom endpoint. */
const chats = loadRecordedChats().map((chat) =>
  chat.provider === 'openrouter' ? { ...chat, provider: 'custom' } : chat,
);
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
      if (typeof question === 'string') {
        notAskable.set(question, [...(notAskable.get(question) ?? []), chat]);
        return;
      }
      const row = `${chat.provider === 'custom' ? `custom (${chat.recordedAt})` : chat.provider} × ${caller}`;
      const answer = await answeredAsRecorded(world, chat, async () =>
        caller === 'openai-chat' ? askOpenAi(clients, question) : askAnthropic(clients, question),
      );
      table.count(row, chat, 'question', differenceOfQuestion(chat, askedUpstream(world, chat)));
      if (chat.status >= 400) await world.reenableAll(chat.provider);
      table.count(row, chat, 'answer', differenceOfMeaning(chat, caller, answer));
      if (chat.status !== 200 || answer.status !== 200) return;
      const generation = await world.client.generation(answer.header('x-generation-id') ?? '');
      const stated = statedUsage(chat);
      const shown = shownUsage(caller, answer);
      table.count(row, chat, 'usage', differenceOf(shown, stated));
      table.count(row, chat, 'record', differenceOfUsage(generation, stated));
      table.count(row, chat, 'cost', differenceOfCost(chat, generation, stated));
    }
  },
);

/** There and back again: through both translations the provider is asked what was recorded. */
function differenceOfQuestion(
  { dialect, request }: RecordedChat<ChatDialect>,
  asked: JsonObject,
): string | null {
  return differenceOf(meaningOfQuestion(dialect, asked), meaningOfQuestion(dialect, request));
}
