/**
 * The demonstration: every recorded OpenAI chat and Anthropic exchange asked through the real gateway, in the dialect it
 * was recorded in, over plain HTTP and with the unmodified client libraries. Same dialect: the very bytes come back.
 */
import { createHash } from 'node:crypto';
import { startSandbox } from '@arouter/sandbox';
import type { Sandbox } from '@arouter/sandbox';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { askOverHttp, inParallel } from '../support/ask-over-http.ts';
import { askAnthropic, askOpenAi, createSdkClients } from '../support/ask-with-sdk.ts';
import type { SdkAnswer } from '../support/ask-with-sdk.ts';
import { createEqualityTable } from '../support/equality-table.ts';
import { differenceOf, differenceOfCost, differenceOfUsage, toNano } from '../support/differences.ts';
import type { ShownGeneration } from '../support/management-client.ts';
import {
  explainAbsence,
  isJsonObject,
  loadRecordedChats,
  TRAFFIC_DIR,
  trafficIsPresent,
} from '../support/recorded-chats.ts';
import type { JsonObject, RecordedChat } from '../support/recorded-chats.ts';
import { PLATFORM_PROVIDERS, startRecordedWorld } from '../support/recorded-world.ts';
import type { RecordedWorld } from '../support/recorded-world.ts';
import { listPriceNano, statedUsage } from '../support/stated-usage.ts';
import { EXCEPTIONS, GATEWAY_FIELDS } from './recorded-exceptions.ts';

explainAbsence();
const all = loadRecordedChats();
const hasOwnFields = ({ request }: RecordedChat): boolean => GATEWAY_FIELDS.some((field) => field in request);
const chats = all.filter((chat) => !hasOwnFields(chat));
const withOwnFields = all.filter(hasOwnFields);

/** Records read at once. */
const WIDTH = 6;
const table = createEqualityTable(EXCEPTIONS);
const rowOf = ({ provider, recordedAt, dialect }: RecordedChat): string =>
  `${provider === 'custom' ? `custom (${recordedAt})` : provider} × ${dialect}`;

/** One exchange that has gone through the gateway. */
type Served = { readonly chat: RecordedChat; readonly generationId: string; readonly keyId: string | null };
const served: Served[] = [];
/** Generation id → what an answer without usage was estimated at, in nano-USD by our own arithmetic. */
const estimates = new Map<string, bigint>();

describe.skipIf(!trafficIsPresent)(
  'recorded traffic through the gateway, in its own dialect',
  { timeout: 120_000 },
  () => {
    let world: RecordedWorld;
    /** Replays the same to the libraries without a gateway in between. */
    let provider: Sandbox;
    beforeAll(async () => {
      // The Anthropic library warns, once per request, that the recorded models are old.
      vi.spyOn(console, 'warn').mockImplementation(() => undefined);
      world = await startRecordedWorld(all);
      provider = await startSandbox({ replay: { dir: TRAFFIC_DIR } });
    });
    afterAll(async () => {
      await provider?.close();
      await world?.close();
    });

    /** Those of one provider wait for each other: an error of one must not bench the key for the next. */
    async function eachInTurn(ask: (chat: RecordedChat, index: number) => Promise<void>): Promise<void> {
      await Promise.all(
        [...Map.groupBy(chats, ({ provider }) => provider)].map(async ([provider, its]) => {
          for (const [index, chat] of its.entries()) {
            await ask(chat, index);
            if (chat.status >= 400 || chat.answer.includes('"error":{')) await world.reenableAll(provider);
          }
        }),
      );
    }

    test('over plain HTTP every answer comes back byte for byte, and the provider gets the body as it was written', async () => {
      const expectedBodies = new Map<string, { readonly name: string; readonly count: number }>();
      await eachInTurn(async (chat, index) => {
        const body = writeBody({ ...chat.request, model: chat.modelAsked }, index);
        const upstream = upstreamBody(chat, body);
        const sha = sha256(upstream);
        const expected = expectedBodies.get(sha) ?? {
          count: 0,
          name: `${chat.name}: ${upstream.slice(0, 300)}`,
        };
        expectedBodies.set(sha, { ...expected, count: expected.count + 1 });
        const {
          status,
          body: answer,
          header,
        } = await askOverHttp(world.faceOf(chat), world.gateway.keys.apiKey, body);
        remember(chat, header);
        table.count(rowOf(chat), chat, 'answer', differenceOfBytes(chat, status, answer));
      });
      const received = Map.groupBy(world.sandbox.journal.entries(), ({ bodySha256 }) => bodySha256);
      const missing = [...expectedBodies].filter(
        ([sha, { count }]) => (received.get(sha)?.length ?? 0) < count,
      );
      expect(
        missing.map(([, { name }]) => name),
        'bodies that did not reach the provider as they were written',
      ).toEqual([]);
    });

    test('through the client libraries every result is the recording', async () => {
      const { url, keys } = world.gateway;
      const clients = createSdkClients({ openai: `${url}/v1`, anthropic: url, apiKey: keys.apiKey });
      await eachInTurn(async (chat) => {
        const base = provider.url + chat.basePath;
        const withoutGateway = createSdkClients({
          openai: base,
          anthropic: base,
          apiKey: 'sk-sandbox-direct',
        });
        const ask = chat.dialect === 'openai-chat' ? askOpenAi : askAnthropic;
        const answer = await ask(clients, { ...chat.request, model: chat.modelAsked });
        remember(chat, answer.header);
        table.count(
          rowOf(chat),
          chat,
          'answer',
          differenceOfResult(answer, await ask(withoutGateway, chat.request)),
        );
      });
    });

    test('members of a request that are the gateway’s own are obeyed here and not sent on', async () => {
      for (const chat of withOwnFields) {
        const { apiKey } = world.gateway.keys;
        const asked = { ...chat.request, model: chat.modelAsked };
        const refused = await askOverHttp(world.faceOf(chat), apiKey, JSON.stringify(asked));
        const { error } = JSON.parse(refused.body.toString('utf8')) as {
          readonly error: { readonly code: string };
        };
        expect([refused.status, error.code], chat.name).toEqual(OWN_FIELD_REFUSAL);
        const rest = Object.fromEntries(
          Object.entries(asked).filter(([name]) => !GATEWAY_FIELDS.some((field) => field === name)),
        );
        // The recorded question had these members; without them it is another one, so its answer is set up.
        world.sandbox.behave({
          times: 1,
          fault: {
            kind: 'answer',
            status: chat.status,
            body: chat.answer.toString('utf8'),
            headers: { 'content-type': chat.contentType },
          },
        });
        const { status, body, header } = await askOverHttp(
          world.faceOf(chat),
          apiKey,
          JSON.stringify({ ...rest, usage: { include: false } }),
        );
        remember(chat, header);
        table.count(rowOf(chat), chat, 'answer', differenceOfBytes(chat, status, body));
        const sent = JSON.parse(world.sandbox.journal.entries().at(-1)?.body ?? '') as JsonObject;
        expect(sent).toEqual({ ...rest, model: chat.request.model });
      }
    });

    test('every generation says which key served it and why, and its usage and cost are the provider’s at list price', async () => {
      await inParallel(served, WIDTH, async ({ chat, generationId, keyId }) => {
        const generation = await world.client.generation(generationId);
        expect(explanationGap(generation, keyId, world.keys.length), chat.name).toBeNull();
        if (chat.status !== 200) return;
        const usage = statedUsage(chat);
        if (usage === null) estimates.set(generationId, estimatedCost(chat, generation));
        table.count(rowOf(chat), chat, 'usage', differenceOfUsage(generation, usage));
        table.count(rowOf(chat), chat, 'cost', differenceOfCost(chat, generation, usage));
      });
    });

    test('the usage summary adds up to the nano-dollar, own keys and platform apart', async () => {
      const spend = expectedSpend();
      const sum = (isPlatform: boolean): bigint =>
        [...spend].reduce(
          (total, [id, nano]) => (PLATFORM_PROVIDERS.has(id) === isPlatform ? total + nano : total),
          0n,
        );
      const [byok, platform] = [sum(false), sum(true)];
      const summary = await world.client.usage();
      expect(byok > 0n && platform > 0n).toBe(true);
      expect({
        byok: toNano(summary.estimated_byok_spend_usd),
        platform: toNano(summary.platform_spend_usd),
        total: toNano(summary.estimated_cost_usd),
        requests: summary.total_requests,
      }).toEqual({ byok, platform, total: byok + platform, requests: served.length });
      for (const row of summary.by_provider) {
        expect(row.source, row.provider_id).toBe(
          PLATFORM_PROVIDERS.has(row.provider_id) ? 'platform' : 'byok',
        );
        expect(toNano(row.estimated_cost_usd), row.provider_id).toBe(spend.get(row.provider_id));
        const [own, others] = PLATFORM_PROVIDERS.has(row.provider_id)
          ? [row.platform_requests, row.byok_requests]
          : [row.byok_requests, row.platform_requests];
        expect([own, others], row.provider_id).toEqual([row.requests, 0]);
      }
    });

    test('what was tried, and how much of it was equal', () => {
      table.print('recorded traffic in its own dialect, over HTTP and with the client libraries');
      table.expectNoneUnexplained();
      expect(table.sum('answer').tried).toBe(2 * chats.length + withOwnFields.length);
      expect(chats.length + withOwnFields.length).toBe(all.length);
    });

    function remember(chat: RecordedChat, header: (name: string) => string | null): void {
      served.push({
        chat,
        generationId: header('x-generation-id') ?? `none for ${chat.name}`,
        keyId: header('x-arouter-provider-key'),
      });
    }
  },
);

/** They name providers that serve no such model here. */
const OWN_FIELD_REFUSAL = [503, 'no_provider_available'] as const;

/** As different libraries write it; most compactly, as it was recorded. */
function writeBody(request: JsonObject, index: number): string {
  if (index % 10 === 3) return JSON.stringify(request, null, 2);
  if (index % 10 === 6) return JSON.stringify(request, null, '\t').replaceAll('\n', '\r\n');
  if (index % 10 === 9) return ` ${JSON.stringify(request).replaceAll('/', '\\/')} \n`;
  return JSON.stringify(request);
}

/** The caller's text but for the prefix of the model, and the switch for usage where the caller left it out. */
function upstreamBody(
  { request, modelAsked, dialect, streamed, provider }: RecordedChat,
  body: string,
): string {
  const prefixed = /("model":\s*)"(?:[^"\\]|\\.)*"/;
  const unprefixed =
    modelAsked === request.model ? body : body.replace(prefixed, `$1${JSON.stringify(request.model)}`);
  const options = request['stream_options'];
  const asked = isJsonObject(options) && options['include_usage'] === true;
  const needsSwitch = dialect === 'openai-chat' && streamed && !asked && provider !== 'mistral';
  return needsSwitch
    ? unprefixed.replace(/(\s*\}\s*)$/, ',"stream_options":{"include_usage":true}$1')
    : unprefixed;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function differenceOfBytes(chat: RecordedChat, status: number, answer: Buffer): string | null {
  if (status !== chat.status)
    return `status ${status} instead of ${chat.status}: ${answer.toString('utf8', 0, 200)}`;
  if (answer.equals(chat.answer)) return null;
  const at = answer.findIndex((byte, index) => byte !== chat.answer[index]);
  const around = (bytes: Buffer): string =>
    JSON.stringify(bytes.toString('utf8', Math.max(0, at - 40), at + 80));
  return `other bytes at ${at} of ${chat.answer.length}: ${around(answer)} instead of ${around(chat.answer)}`;
}

/** The same library asked the provider's stand-in directly is the measure: it adds and hides things of its own. */
function differenceOfResult(viaGateway: SdkAnswer, direct: SdkAnswer): string | null {
  if (viaGateway.status === direct.status) return differenceOf(viaGateway.result, direct.result);
  return `status ${viaGateway.status} instead of ${direct.status}: ${JSON.stringify(viaGateway.result).slice(0, 200)}`;
}

/** Null when the record says, for every key there is, why it was or was not taken, and names the one that served. */
function explanationGap(
  { route, provider_key_id }: ShownGeneration,
  keyId: string | null,
  keyCount: number,
): string | null {
  const [plan] = route.plans;
  if (plan === undefined) return 'no plan';
  if (plan.verdicts.length !== keyCount) return `${plan.verdicts.length} verdicts for ${keyCount} keys`;
  const unexplained = plan.verdicts.find(({ kind, rank, reason }) =>
    kind === 'ranked' ? rank === null : !reason?.message,
  );
  if (unexplained !== undefined) return `no reason for ${unexplained.provider_key_id}`;
  const last = route.attempts.at(-1);
  if (last?.provider_key_id !== keyId || provider_key_id !== keyId)
    return `served by ${last?.provider_key_id}, said ${keyId}`;
  const verdict = plan.verdicts.find((each) => each.provider_key_id === keyId);
  return verdict?.kind === 'ranked' ? null : 'the key that served was not ranked';
}

/** Where the provider states no usage, the tokens are the gateway's estimate; their price is not. */
function estimatedCost(chat: RecordedChat, { usage }: ShownGeneration): bigint {
  const tokens = {
    input: usage?.prompt_tokens ?? 0,
    cached: 0,
    written5m: 0,
    written1h: 0,
    output: usage?.completion_tokens ?? 0,
  };
  return listPriceNano(chat.provider, chat.request.model, tokens) ?? 0n;
}

/** Provider → nano-USD at list price, of everything that was asked. */
function expectedSpend(): ReadonlyMap<string, bigint> {
  const spend = new Map<string, bigint>();
  for (const { chat, generationId } of served) {
    const usage = chat.status === 200 ? statedUsage(chat) : null;
    const nano =
      usage === null ? estimates.get(generationId) : listPriceNano(chat.provider, chat.request.model, usage);
    spend.set(chat.provider, (spend.get(chat.provider) ?? 0n) + (nano ?? 0n));
  }
  return spend;
}
