/**
 * Every recorded exchange of OpenAI's responses through the real gateway, and those of the provider whose keys serve by
 * deployment: the very bytes come back, the provider gets the body as it was written, and usage is the provider's own.
 */
import { startSandbox } from '@arouter/sandbox';
import type { Sandbox } from '@arouter/sandbox';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askOverHttp } from '../support/ask-over-http.ts';
import { differenceOfUsage } from '../support/differences.ts';
import { createEqualityTable, type Exception } from '../support/equality-table.ts';
import {
  explainAbsence,
  loadRecordedElsewhere,
  loadRecordedResponses,
  TRAFFIC_DIR,
  trafficIsPresent,
} from '../support/recorded-chats.ts';
import type { RecordedChat } from '../support/recorded-chats.ts';
import { FACES, secretOf, startRecordedWorld } from '../support/recorded-world.ts';
import type { RecordedWorld } from '../support/recorded-world.ts';
import { startGateway } from '../support/start-gateway.ts';
import type { Gateway } from '../support/start-gateway.ts';
import { statedUsage } from '../support/stated-usage.ts';
import { createManagementClient } from '../support/management-client.ts';
import type { ManagementClient } from '../support/management-client.ts';
import { EXCEPTIONS, GATEWAY_FIELDS } from './recorded-exceptions.ts';

explainAbsence();
const all = loadRecordedResponses();
const elsewhere = loadRecordedElsewhere();
/** Why an exchange is not asked; each is refused or left out by a written rule. */
const NOT_ASKED: readonly (readonly [reason: string, applies: (chat: RecordedChat) => boolean])[] = [
  [
    'a background response could not be fetched later, and its cost would be unknown: refused',
    ({ request }) => request['background'] === true,
  ],
  ['no key here speaks responses at this host: its models are asked by translation', isCustom],
  [
    'members that speak to the gateway itself are obeyed here and not sent on; the chat recordings try them',
    ({ request }) => GATEWAY_FIELDS.some((field) => field in request),
  ],
];
const NOT_LABELLED: Exception = {
  applies: ({ status, contentType }) => status >= 400 && !contentType.includes('json'),
  aspects: ['answer'],
  reason: 'an error that the provider does not call JSON is worded here, with the provider’s words in it',
};
const reasonOf = (chat: RecordedChat): string | undefined =>
  NOT_ASKED.find(([, applies]) => applies(chat))?.[0];
const asked = all.filter((chat) => reasonOf(chat) === undefined);

function isCustom({ provider }: RecordedChat): boolean {
  return provider === 'custom';
}

const rowOf = ({ recordedAt, dialect }: RecordedChat): string => `${recordedAt} × ${dialect}`;

/** The caller's bytes through the gateway, judged against the recording. */
async function compare(
  { gateway, client }: { readonly gateway: Gateway; readonly client: ManagementClient },
  chat: RecordedChat,
  table: ReturnType<typeof createEqualityTable>,
): Promise<void> {
  const body = JSON.stringify({ ...chat.request, model: chat.modelAsked });
  const {
    status,
    body: answer,
    header,
  } = await askOverHttp(gateway.url + FACES[chat.dialect], gateway.keys.apiKey, body);
  const isEqual = status === chat.status && answer.equals(chat.answer);
  table.count(rowOf(chat), chat, 'answer', isEqual ? null : `${status}: ${answer.toString('utf8', 0, 300)}`);
  if (chat.status !== 200) return;
  const generation = await client.generation(header('x-generation-id') ?? '');
  table.count(rowOf(chat), chat, 'usage', differenceOfUsage(generation, statedUsage(chat)));
}

describe.skipIf(!trafficIsPresent)('recorded responses through the gateway', { timeout: 120_000 }, () => {
  let world: RecordedWorld;
  beforeAll(async () => {
    world = await startRecordedWorld(asked);
  });
  afterAll(async () => await world?.close());

  test('every answer comes back byte for byte, with the provider’s own usage', async () => {
    const table = createEqualityTable([NOT_LABELLED, ...EXCEPTIONS]);
    for (const chat of asked) {
      await compare(world, chat, table);
      const sent = world.sandbox.journal.entries().at(-1)?.body;
      const isAsWritten = sent === JSON.stringify(chat.request);
      table.count(rowOf(chat), chat, 'question', isAsWritten ? null : `${sent?.slice(0, 300)}`);
      if (chat.status >= 400) await world.reenableAll(chat.provider);
    }
    table.print('recorded responses, same dialect');
    const left = Map.groupBy(
      all.filter((chat) => !asked.includes(chat)),
      (chat) => reasonOf(chat) ?? '',
    );
    for (const [reason, its] of left) console.log(`  not asked, ${its.length}: ${reason}`);
    table.expectNoneUnexplained();
    expect(table.sum('answer').tried).toBe(asked.length);
    expect(asked.length).toBeGreaterThan(all.length * 0.9);
  });

  test('a background response is refused in words, and nothing is sent', async () => {
    const background = all.find(({ request }) => request['background'] === true);
    if (background === undefined) throw new Error('no background response was recorded');
    const before = world.sandbox.journal.seen();
    const { status, body } = await askOverHttp(
      world.gateway.url + FACES['openai-responses'],
      world.gateway.keys.apiKey,
      JSON.stringify(background.request),
    );
    expect([status, body.toString('utf8')]).toEqual([400, expect.stringContaining('background')]);
    expect(world.sandbox.journal.seen()).toBe(before);
  });
});

describe.skipIf(!trafficIsPresent)('recorded traffic of deployments through the gateway', () => {
  let sandbox: Sandbox;
  let gateway: Gateway;
  beforeAll(async () => {
    sandbox = await startSandbox({ replay: { dir: TRAFFIC_DIR }, journalBodies: true });
    gateway = await startGateway({ egressAllow: [sandbox.url] });
  });
  afterAll(async () => {
    await gateway?.remove();
    await sandbox?.close();
  });

  test('every answer comes back byte for byte, from the deployment that serves the model', async () => {
    const client = createManagementClient(gateway);
    const table = createEqualityTable([NOT_LABELLED, ...EXCEPTIONS]);
    const addresses = new Set(elsewhere.map(addressOf));
    for (const address of addresses) {
      const its = elsewhere.filter((chat) => addressOf(chat) === address);
      const [first] = its;
      if (first === undefined) continue;
      const models = its.map(({ request }) => request.model);
      await client.addKey({
        provider: first.provider,
        credential: {
          api_key: secretOf(address),
          endpoint_url: sandbox.url + address,
          deployments: Object.fromEntries(models.map((model) => [model, model])),
        },
      });
    }
    for (const chat of elsewhere) {
      await compare({ gateway, client }, chat, table);
      const { path } = sandbox.journal.entries().at(-1) ?? {};
      expect(path?.split('?')[0]).toBe(chat.basePath + OPERATION[chat.dialect]);
    }
    table.print('recorded traffic of deployments');
    table.expectNoneUnexplained();
    expect(table.sum('answer').tried).toBe(elsewhere.length);
    expect(elsewhere.length).toBeGreaterThan(2);
  });
});

const OPERATION = {
  'openai-chat': '/chat/completions',
  'anthropic-messages': '/v1/messages',
  'openai-responses': '/responses',
} as const;

/** As a person copies it from the portal: the dated style names the deployment and a version, the current one neither. */
function addressOf({ basePath }: RecordedChat): string {
  return basePath.includes('/deployments/')
    ? `${basePath}/chat/completions?api-version=2024-12-01-preview`
    : basePath;
}
