/**
 * Azure OpenAI: OpenAI's dialects at a resource of one's own. Sources: learn.microsoft.com (Azure OpenAI reference, API
 * version lifecycle, content filtering), recorded traffic.
 */
import type {
  DialectQuirks,
  KeyPlace,
  PathContext,
  ProviderDialect,
  ProviderId,
  ProviderManifest,
} from '@arouter/core';
import { apiKeyHeader } from '../auth/api-key-header.ts';
import { openaiChat } from '../dialects/openai-chat/index.ts';
import { openaiEmbeddings } from '../dialects/openai-embeddings/index.ts';
import { openaiResponses } from '../dialects/openai-responses/index.ts';
import { KEY_TEST_TIMEOUT_MS } from '../manifest/openai-compatible.ts';
import { azureType } from './credential-type.ts';
import { deploymentEndpoint, deploymentsOf } from './deployments.ts';
import { knowsNewerFields } from './endpoint-url.ts';
import file from './models.json' with { type: 'json' };

/** Models that refuse `max_tokens`. */
const REASONING = /^(?:o\d|gpt-5|codex-)/;
/** Models that the chat endpoint refuses. */
const RESPONSES_ONLY = /^(?:gpt-5(?:\.\d+)?-(?:pro|codex)|codex-|computer-use-)/;
const EMBEDDING = /embed/;

const answersChat = (model: string): boolean => !RESPONSES_ONLY.test(model) && !EMBEDDING.test(model);

/** In the dated style the deployment stands in the path; else in the body, as the model. */
function at(operation: string): (context: Pick<PathContext, 'upstreamModel' | 'key'>) => string {
  return ({ upstreamModel, key: { options } }) => {
    const { url_style: style, api_version: version } = options;
    const query = typeof version === 'string' ? `?api-version=${encodeURIComponent(version)}` : '';
    if (style === 'deployments') {
      return `/deployments/${encodeURIComponent(upstreamModel)}/${operation}${query}`;
    }
    return style === 'models' ? `/${operation}${query}` : `/v1/${operation}${query}`;
  };
}

function quirksAt({ options }: KeyPlace): DialectQuirks {
  return knowsNewerFields(options['url_style'], options['api_version'])
    ? {}
    : { streamOptions: false, outputCapField: 'max_tokens' };
}

const chat: Omit<ProviderDialect, 'quirks' | 'serves'> = {
  dialect: openaiChat,
  path: at('chat/completions'),
  quirksAt,
};

export const manifest: ProviderManifest = {
  id: 'azure' as ProviderId,
  name: 'Azure OpenAI',
  aliases: ['azure-openai', 'azure_openai', 'azureopenai', 'microsoft-azure'],
  keysUrl:
    'https://portal.azure.com/#view/HubsExtension/BrowseResource/resourceType/Microsoft.CognitiveServices%2Faccounts',
  credentialTypes: [azureType(file.models)],
  dialects: [
    {
      ...chat,
      quirks: { outputCapField: 'max_completion_tokens' },
      serves: (model) => REASONING.test(model) && answersChat(model),
    },
    { ...chat, quirks: {}, serves: (model) => !REASONING.test(model) && answersChat(model) },
    {
      dialect: openaiResponses,
      // Dated versions have it in few of them; the current API has it at every resource.
      path: () => '/v1/responses',
      quirks: {},
      serves: (model) => !EMBEDDING.test(model),
    },
    { dialect: openaiEmbeddings, path: at('embeddings'), quirks: {} },
  ],
  authorize: apiKeyHeader('api-key'),
  baseUrl: null,
  regions: {},
  keyTest: {
    method: 'POST',
    // A list of models would prove the key, not the deployment.
    path: ({ key }) => at('chat/completions')({ upstreamModel: testedDeployment(key), key }),
    body: { messages: [] },
    bodyOf: ({ key }) => ({ model: testedDeployment(key), messages: [] }),
    alsoOk: [
      {
        status: 400,
        message: 'The key and its deployment were accepted.',
        when: /messages|operation does not work with the specified model|OperationNotSupported/i,
      },
    ],
    refusals: [
      {
        status: 404,
        when: /DeploymentNotFound/i,
        class: 'no_such_model',
        message:
          'the key is good, but its resource has no deployment of this name; check the deployment name (a new deployment takes some minutes).',
      },
      {
        status: 404,
        class: 'misconfigured',
        message: 'there is nothing at this address; check the endpoint URL and the API version.',
      },
      {
        status: 400,
        when: /api[- ]version/i,
        class: 'misconfigured',
        message:
          'this API version is not known there; enter a current one, or the address without a version.',
      },
      {
        status: 401,
        class: 'bad_credential',
        message:
          'the key is not one of this resource; check the key, and whether the address is of the same resource.',
      },
      {
        status: 403,
        when: /virtual network|firewall|private endpoint|public (?:network )?access|network rule/i,
        class: 'misconfigured',
        message:
          'the network rules of the resource do not let this machine in; allow its address in the portal.',
      },
    ],
    timeoutMs: KEY_TEST_TIMEOUT_MS,
  },
  failureRules: [
    // The address of the key, not what the caller asked.
    { status: 404, message: /^resource not found/i, class: 'model_unavailable' },
    { status: 400, message: /api[- ]version/i, class: 'model_unavailable' },
    { status: 400, message: /operation does not work with the specified model/i, class: 'model_unavailable' },
    {
      status: 403,
      message: /virtual network|firewall|private endpoint|public (?:network )?access|network rule/i,
      class: 'key_ambiguous',
    },
  ],
  models: file.models,
  acceptsModel: /\S/,
  canonicalModel,
  endpointAt: deploymentEndpoint(file.models),
};

/** Any will do: a deployment that is not for chat is said to be there all the same. */
function testedDeployment(key: KeyPlace): string {
  return Object.keys(deploymentsOf(key))[0] ?? 'gpt-4o';
}

/** OpenAI's models under their own names; Azure leaves the dot out of one. */
function canonicalModel(model: string): string | undefined {
  if (!/^(?:gpt-|o\d|chatgpt-|codex-|computer-use-|text-embedding-)/.test(model)) return undefined;
  return `openai/${model.replace(/^gpt-35-/, 'gpt-3.5-')}`;
}
