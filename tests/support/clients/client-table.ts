/**
 * Which client can do what, as data: the suite tries what stands here and `npm run generate` writes it to
 * `docs/clients.md`, so the page says what is tested and nothing else. Loads no client.
 */

export const CAPABILITIES = {
  plain: 'an answer with its usage',
  streaming: 'the same text in pieces',
  'usage of streams': 'the tokens of a stream',
  tools: 'a call, its result, the answer',
  'parallel tools': 'two calls at once and both results',
  'streamed tools': 'the same, one call and two, where the calls come in pieces',
  'structured output': 'JSON of a schema',
  picture: 'a PNG as data',
  'provider error': 'status and words in the error class of the client',
  'wrong key': '401 in the error class of the client',
  leaving: 'a stream is left: the provider’s is cut, one attempt is booked as cancelled',
} as const;
export type Capability = keyof typeof CAPABILITIES;

export type ClientRow = {
  /** Of npm; the version stands in `package.json`. */
  readonly package: string;
  /** Which of its interfaces; empty where it has one. */
  readonly interface: string;
  /** What it is given as its base URL. */
  readonly baseUrl: string;
  readonly path: string;
  /** Asked one after the other; more than one provider means: passed through once, translated otherwise. */
  readonly models: readonly string[];
  /** Capability → why the client cannot do it. */
  readonly lacks: Partial<Record<Capability, string>>;
};

/** One model of each vendor: one needs no translation, the others do. */
const EVERY_VENDOR = ['openai/gpt-4o-mini', 'anthropic/claude-haiku-4-5', 'google/gemini-2.5-flash'];

const root = 'http://127.0.0.1:8080';

export const CLIENTS = {
  openaiChat: {
    package: 'openai',
    interface: 'chat completions',
    baseUrl: `${root}/v1`,
    path: '/v1/chat/completions',
    models: EVERY_VENDOR,
    lacks: {},
  },
  openaiResponses: {
    package: 'openai',
    interface: 'responses',
    baseUrl: `${root}/v1`,
    path: '/v1/responses',
    models: EVERY_VENDOR,
    lacks: {},
  },
  anthropicMessages: {
    package: '@anthropic-ai/sdk',
    interface: 'messages',
    baseUrl: root,
    path: '/v1/messages',
    models: EVERY_VENDOR,
    lacks: {},
  },
  googleGenai: {
    package: '@google/genai',
    interface: '',
    baseUrl: root,
    path: '/v1/models/{model}:generateContent',
    models: EVERY_VENDOR,
    lacks: {},
  },
  mistralChat: {
    package: '@mistralai/mistralai',
    interface: 'chat',
    baseUrl: root,
    path: '/v1/chat/completions',
    models: EVERY_VENDOR,
    lacks: {
      'usage of streams': 'it has no way to ask for it, and OpenAI’s format states it to those who ask',
      'streamed tools':
        'its parser wants the name in every piece of a call; OpenAI’s format says it once, in the first',
    },
  },
  bedrockConverse: {
    package: '@aws-sdk/client-bedrock-runtime',
    interface: 'Converse',
    baseUrl: `${root}/bedrock`,
    path: '/bedrock/model/{model}/converse',
    models: ['eu.anthropic.claude-sonnet-4-5-20250929-v1:0', 'amazon.nova-lite-v1:0'],
    lacks: {},
  },
  aiOpenaiChat: {
    package: 'ai',
    interface: '`@ai-sdk/openai`, chat',
    baseUrl: `${root}/v1`,
    path: '/v1/chat/completions',
    models: EVERY_VENDOR,
    lacks: {},
  },
  aiOpenaiResponses: {
    package: 'ai',
    interface: '`@ai-sdk/openai`, responses',
    baseUrl: `${root}/v1`,
    path: '/v1/responses',
    models: EVERY_VENDOR,
    lacks: {},
  },
  aiAnthropic: {
    package: 'ai',
    interface: '`@ai-sdk/anthropic`',
    baseUrl: `${root}/v1`,
    path: '/v1/messages',
    models: EVERY_VENDOR,
    lacks: {},
  },
  aiGoogle: {
    package: 'ai',
    interface: '`@ai-sdk/google`',
    baseUrl: `${root}/v1beta`,
    path: '/v1beta/models/{model}:generateContent',
    models: EVERY_VENDOR,
    lacks: {},
  },
  langchainChat: {
    package: '@langchain/openai',
    interface: 'chat completions',
    baseUrl: `${root}/v1`,
    path: '/v1/chat/completions',
    models: EVERY_VENDOR,
    lacks: {},
  },
  langchainResponses: {
    package: '@langchain/openai',
    interface: 'responses',
    baseUrl: `${root}/v1`,
    path: '/v1/responses',
    models: EVERY_VENDOR,
    lacks: {},
  },
} as const satisfies Readonly<Record<string, ClientRow>>;
export type ClientName = keyof typeof CLIENTS;

export type Beyond = { readonly package: string; readonly call: string; readonly path: string };

/** What clients do beside conversations; each is a test in `tests/e2e/sdk-media.test.ts`. */
export const BEYOND_CHAT = {
  embeddings: { package: 'openai', call: 'embeddings.create', path: '/v1/embeddings' },
  images: { package: 'openai', call: 'images.generate', path: '/v1/images/generations' },
  'streamed images': {
    package: 'openai',
    call: 'images.generate, streamed',
    path: '/v1/images/generations',
  },
  speech: { package: 'openai', call: 'audio.speech.create', path: '/v1/audio/speech' },
  transcription: {
    package: 'openai',
    call: 'audio.transcriptions.create',
    path: '/v1/audio/transcriptions',
  },
  'streamed transcription': {
    package: 'openai',
    call: 'audio.transcriptions.create, streamed',
    path: '/v1/audio/transcriptions',
  },
  translation: { package: 'openai', call: 'audio.translations.create', path: '/v1/audio/translations' },
  models: { package: 'openai', call: 'models.list', path: '/v1/models' },
  'one model': { package: 'openai', call: 'models.retrieve', path: '/v1/models/{model}' },
  'count tokens for OpenAI’s': {
    package: 'openai',
    call: 'responses.inputTokens.count',
    path: '/v1/responses/input_tokens',
  },
  'models for Anthropic’s': { package: '@anthropic-ai/sdk', call: 'models.list', path: '/v1/models' },
  'count tokens': {
    package: '@anthropic-ai/sdk',
    call: 'messages.countTokens',
    path: '/v1/messages/count_tokens',
  },
  'count tokens for Google’s': {
    package: '@google/genai',
    call: 'models.countTokens',
    path: '/v1/models/{model}:countTokens',
  },
  'models for Google’s': { package: '@google/genai', call: 'models.list', path: '/v1/models' },
  'one model for Google’s': { package: '@google/genai', call: 'models.get', path: '/v1/models/{model}' },
  'raw proxy': { package: 'openai', call: 'chat.completions.create', path: '/openai/v1/chat/completions' },
  'raw proxy, counting': {
    package: '@anthropic-ai/sdk',
    call: 'messages.countTokens',
    path: '/anthropic/v1/messages/count_tokens',
  },
} as const satisfies Readonly<Record<string, Beyond>>;
export type BeyondName = keyof typeof BEYOND_CHAT;
