/**
 * A gateway whose providers are played by aimock, a stand-in that nobody here wrote: one key of OpenAI, one of Anthropic
 * and one of Google, all pointing at it. It answers by what the last user said; see `FIXTURES`.
 */
import { LLMock } from '@copilotkit/aimock';
import { createManagementClient } from './management-client.ts';
import type { ManagementClient } from './management-client.ts';
import { startGateway } from './start-gateway.ts';
import type { Gateway } from './start-gateway.ts';

export type AimockWorld = {
  readonly mock: LLMock;
  readonly gateway: Gateway;
  readonly client: ManagementClient;
  /** The body and the path of what the provider was asked last. */
  lastAsked(): { readonly path: string; readonly text: string };
  close(): Promise<void>;
};

/** One model of each provider: whatever a client speaks, one of them needs no translation and the others do. */
export const AIMOCK_MODELS = [
  'openai/gpt-4o-mini',
  'anthropic/claude-haiku-4-5',
  'google/gemini-2.5-flash',
] as const;
export const GREETING = 'Hello from a provider that nobody here wrote.';
export const FORECAST = 'Sunny, as the tool says.';
export const CITY = { city: 'Paris', days: 2 } as const;
export const EMBEDDING = [0.25, -0.5, 1];
/** Enough words for a stream that its caller can leave in the middle. */
export const LONG_TEXT = 'One more word of a long answer. '.repeat(100);
const CHUNK_MS = 20;

export async function startAimockWorld(): Promise<AimockWorld> {
  const mock = new LLMock({ port: 0, host: '127.0.0.1', logLevel: 'silent' });
  addFixtures(mock);
  await mock.start();
  const gateway = await startGateway({ egressAllow: [mock.url] });
  const client = createManagementClient(gateway);
  for (const [provider, path, stem] of [
    ['openai', '/v1', 'sk-sandbox'],
    ['anthropic', '', 'sk-ant-sandbox'],
    ['google', '', 'AIzaSySandbox'],
  ] as const) {
    await client.addKey({
      provider,
      label: `My ${provider}`,
      credential: { api_key: `${stem}0123456789abcdefghijklmnop` },
      base_url: mock.url + path,
    });
  }
  return {
    mock,
    gateway,
    client,
    lastAsked() {
      const entry = mock.getLastRequest();
      if (entry === null) throw new Error('the provider was not asked anything');
      return { path: entry.path, text: JSON.stringify(entry.body) };
    },
    async close() {
      await gateway.remove();
      await mock.stop();
    },
  };
}

/** What the last user said → what comes back. */
function addFixtures(mock: LLMock): void {
  mock.onMessage(/greet/i, { content: GREETING });
  mock.onMessage(/structured/i, { content: JSON.stringify(CITY) });
  mock.onMessage(/picture/i, { content: 'A single pixel.' });
  mock.onMessage(/at length/i, { content: LONG_TEXT }, { latency: CHUNK_MS, chunkSize: 8 });
  mock.on(
    { userMessage: /weather/i, hasToolResult: false },
    { toolCalls: [{ name: 'get_weather', arguments: JSON.stringify(CITY) }] },
  );
  mock.on({ userMessage: /weather/i, hasToolResult: true }, { content: FORECAST });
  mock.on(
    { userMessage: /nonsense/i },
    { error: { message: 'The request makes no sense.', type: 'invalid_request_error' }, status: 400 },
  );
  mock.onEmbedding(/embed/i, { embedding: [...EMBEDDING] });
}
