/** AWS Bedrock. Sources: AWS API reference and Bedrock user guide, the service's own model, recorded traffic. */
import type { AuthScheme, PathContext, ProviderId, ProviderManifest } from '@arouter/core';
import { bearer } from '../auth/bearer.ts';
import { encodeUri } from '../auth/aws-sigv4/canonical-request.ts';
import { signRequest } from '../auth/aws-sigv4/sign-request.ts';
import { anthropicMessages } from '../dialects/anthropic-messages/index.ts';
import { bedrockConverse } from '../dialects/bedrock-converse/index.ts';
import { bedrockCountTokens } from '../dialects/bedrock-count-tokens/index.ts';
import { bedrockEmbed, embedsAtBedrock } from '../dialects/bedrock-embed/index.ts';
import { KEY_TEST_TIMEOUT_MS } from '../manifest/openai-compatible.ts';
import { bedrockModels, canonicalModel, countedModel, countsTokens, isClaude } from './bedrock-models.ts';
import { accessKeyType, bedrockApiKeyType } from './credential-types.ts';
import { invokeFraming, toInvokeRequest } from './invoke-claude.ts';
import file from './models.json' with { type: 'json' };
import { runtimeHost } from './regions.ts';

const SERVICE = 'bedrock';
/** In most regions, and named in no one's policy alone: what counts is how the call is refused. */
const TESTED_MODEL = 'amazon.nova-micro-v1:0';

const at = (plain: string, streamed: string) => (context: PathContext) =>
  `/model/${encodeUri(context.upstreamModel)}/${context.stream ? streamed : plain}`;

const byKey = bearer();
const authorize: AuthScheme = (request, credential, context) => {
  if (credential['api_key'] !== undefined) return byKey(request, credential, context);
  const { access_key = '', secret_key = '', session_token = '' } = credential;
  return signRequest(
    request,
    { accessKey: access_key, secretKey: secret_key, sessionToken: session_token },
    { region: context.region ?? '', service: SERVICE, at: context.now, owner: credential },
  );
};

export const manifest: ProviderManifest = {
  id: 'bedrock' as ProviderId,
  name: 'AWS Bedrock',
  aliases: ['aws', 'aws-bedrock', 'amazon-bedrock', 'amazon bedrock', 'aws_bedrock'],
  keysUrl: 'https://console.aws.amazon.com/iam/home#/security_credentials',
  credentialTypes: [accessKeyType, bedrockApiKeyType],
  dialects: [
    { dialect: bedrockConverse, path: at('converse', 'converse-stream'), quirks: {}, foreignErrors: true },
    {
      dialect: anthropicMessages,
      path: at('invoke', 'invoke-with-response-stream'),
      quirks: {},
      serves: isClaude,
      adapt: toInvokeRequest,
      framing: invokeFraming,
      foreignErrors: true,
    },
    {
      dialect: bedrockCountTokens,
      path: ({ upstreamModel }) => `/model/${encodeUri(countedModel(upstreamModel))}/count-tokens`,
      quirks: {},
      serves: countsTokens,
      foreignErrors: true,
    },
    {
      dialect: bedrockEmbed,
      path: at('invoke', 'invoke'),
      quirks: {},
      serves: embedsAtBedrock,
      foreignErrors: true,
    },
  ],
  authorize,
  baseUrl: null,
  regions: {},
  baseUrlOf: ({ region }) => runtimeHost(region),
  keyTest: {
    method: 'POST',
    // The credential and its policy are judged before the body, so a request without messages costs nothing.
    path: `/model/${encodeUri(TESTED_MODEL)}/converse`,
    body: { messages: [] },
    alsoOk: [
      {
        status: 400,
        message: 'The key was accepted.',
        when: /^(?!.{0,2000}(?:signature|expired|security token))/is,
      },
      { status: 404, message: 'The key was accepted.', when: /model/i },
      {
        status: 403,
        message: 'The key was accepted, but its policy does not allow the model that it was tested with.',
        when: /is not authorized to perform|access to the model/i,
      },
    ],
    timeoutMs: KEY_TEST_TIMEOUT_MS,
  },
  failureRules: [
    // Of our clock, not of the key.
    {
      type: /^invalidsignatureexception$/i,
      message: /signature expired|not yet current/i,
      class: 'key_ambiguous',
    },
    // A policy allows models one by one; the sentence about API keys is of the key itself.
    {
      status: 403,
      type: /^accessdeniedexception$/i,
      message: /^(?!.{0,200}api key)/i,
      class: 'model_unavailable',
    },
  ],
  models: file.models,
  acceptsModel:
    /^(?:arn:aws[\w-]*:bedrock:|(?:(?:us-gov|us|eu|apac|jp|au|ca|in|global)\.)?(?:ai21|amazon|anthropic|cohere|deepseek|google|meta|minimax|mistral|moonshot(?:ai)?|nvidia|openai|qwen|stability|writer|xai|zai)\.)/,
  canonicalModel,
  ...bedrockModels(file.models),
};
