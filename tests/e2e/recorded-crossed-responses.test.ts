/**
 * Responses crossed with the two chat dialects through the real gateway, in both directions and with the vendors' own
 * libraries: what a caller gets must mean what the provider said, with the provider's own usage in the answer and in the
 * record, and its price. One table, kept in docs/evidence.
 */
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { askAnthropic, askOpenAi, askResponses, createSdkClients } from '../support/ask-with-sdk.ts';
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
import { evidenceOfCrossing } from '../support/evidence-of-crossing.ts';
import { meaningOfQuestion } from '../support/meaning-of-question.ts';
import {
  explainAbsence,
  loadRecordedChats,
  loadRecordedResponses,
  trafficIsPresent,
} from '../support/recorded-chats.ts';
import type { RecordedChat, RecordedDialect } from '../support/recorded-chats.ts';
import { startRecordedWorld } from '../support/recorded-world.ts';
import type { RecordedWorld } from '../support/recorded-world.ts';
import { statedUsage } from '../support/stated-usage.ts';
import { CROSSED_RESPONSES_EXCEPTIONS, namesStoredFile } from './recorded-exceptions.ts';

explainAbsence();
/** They speak responses too, so nothing would be translated there; their recordings are asked at a custom endpoint. */
const SPEAK_RESPONSES = new Set(['openai', 'openrouter', 'groq', 'deepseek']);
/** The provider speaks only responses for it, so callers of other dialects are translated. */
const RESPONSES_ONLY = 'gpt-5-pro';

const chats: readonly RecordedChat[] = loadRecordedChats().map((chat) =>
  SPEAK_RESPONSES.has(chat.provider) ? { ...chat, provider: 'custom' } : chat,
);
/** Others have recordings of the same models, and a name without a provider in front cannot tell two endpoints apart. */
const ALONE = new Set(['groq', 'deepseek']);
const responses: readonly RecordedChat[] = loadRecordedResponses()
  .filter(({ provider, request }) => provider === 'openai' && request['background'] !== true)
  .map((chat) => ({ ...chat, request: { ...chat.request, model: RESPONSES_ONLY } }));

const ASK = {
  'openai-chat': askOpenAi,
  'anthropic-messages': askAnthropic,
  'openai-responses': askResponses,
} as const;
const SHORT = {
  'openai-chat': 'chat',
  'anthropic-messages': 'messages',
  'openai-responses': 'responses',
} as const;

const table = createEqualityTable(CROSSED_RESPONSES_EXCEPTIONS);
/** Row → questions that have no form in the caller's dialect, and the sentence that says so. */
const refused = new Map<string, string[]>();

describe.skipIf(!trafficIsPresent)(
  'recorded traffic through the gateway, crossed with responses',
  { timeout: 240_000 },
  () => {
    let world: RecordedWorld | undefined;
    beforeAll(() => {
      // The Anthropic library warns, once per request, that the recorded models are old.
      vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    });
    afterEach(async () => await world?.close());

    const isAlone = ({ recordedAt }: RecordedChat): boolean => ALONE.has(recordedAt);
    test.each([
      ['one half', chats.filter((chat) => !isAlone(chat))],
      ['the other', chats.filter(isAlone)],
    ])('a caller of responses gets what providers of chat and messages said: %s', async (_half, its) => {
      const started = (world = await startRecordedWorld(its));
      const clients = clientsOf(started);
      await Promise.all(
        [...Map.groupBy(its, ({ basePath }) => basePath).values()].map(async (place) => {
          for (const chat of place) await askAcross(started, clients, chat, 'openai-responses');
        }),
      );
    });

    test.each(['openai-chat', 'anthropic-messages'] as const)(
      'a caller of %s gets what a provider of responses said',
      async (caller) => {
        const started = (world = await startRecordedWorld(responses));
        const clients = clientsOf(started);
        for (const chat of responses) await askAcross(started, clients, chat, caller);
      },
    );

    test('nothing is left unexplained, and the page of evidence says what came out', () => {
      table.print('recorded traffic, crossed with responses');
      table.expectNoneUnexplained();
      const sentences = [...refused.values()].flat();
      for (const sentence of new Set(sentences)) expect(sentence).toMatch(/\S{3,} .*[.)]$/s);
      const asked = chats.length + 2 * responses.length;
      expect(table.sum('answer').tried + sentences.length).toBe(asked);
      expect(sentences.length).toBeLessThan(asked * 0.25);
      const page = evidenceOfCrossing(table, refused, asked);
      expect(page.kept).toBe(page.now);
    });
  },
);

function clientsOf({ gateway: { url, keys } }: RecordedWorld): SdkClients {
  return createSdkClients({ openai: `${url}/v1`, anthropic: url, apiKey: keys.apiKey });
}

async function askAcross(
  world: RecordedWorld,
  clients: SdkClients,
  chat: RecordedChat,
  caller: RecordedDialect,
): Promise<void> {
  const row = `${SHORT[caller]} → ${SHORT[chat.dialect]}`;
  const refuse = (sentence: string) => void refused.set(row, [...(refused.get(row) ?? []), sentence]);
  const question = questionIn(caller, chat);
  if (typeof question === 'string') return refuse(question);
  const answer = await answeredAsRecorded(world, chat, async () => ASK[caller](clients, question));
  if (answer.status === 400 && chat.status === 200 && namesStoredFile(chat))
    return refuse((answer.result as { readonly message: string }).message);
  const { dialect } = chat;
  if (dialect !== 'openai-responses') {
    const asked = meaningOfQuestion(dialect, askedUpstream(world, chat));
    table.count(row, chat, 'question', differenceOf(asked, meaningOfQuestion(dialect, chat.request)));
  }
  if (chat.status >= 400) await world.reenableAll(chat.provider);
  table.count(row, chat, 'answer', differenceOfMeaning(chat, caller, answer));
  if (chat.status !== 200 || answer.status !== 200) return;
  const generation = await world.client.generation(answer.header('x-generation-id') ?? '');
  const stated = statedUsage(chat);
  table.count(row, chat, 'usage', differenceOf(shownUsage(caller, answer), stated));
  table.count(row, chat, 'record', differenceOfUsage(generation, stated));
  table.count(row, chat, 'cost', differenceOfCost(chat, generation, stated));
}
