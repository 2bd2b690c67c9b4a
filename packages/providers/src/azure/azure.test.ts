import type { Endpoint, ProviderId, ProviderOptions } from '@arouter/core';
import { describe, expect, test } from 'vitest';
import { findModel } from '../manifest/find-model.ts';
import { interpretKeyTest } from '../manifest/interpret-key-test.ts';
import { readEndpoint } from './endpoint-url.ts';
import { manifest } from './manifest.ts';

const [type] = manifest.credentialTypes;
const HOST = 'https://your-resource.openai.azure.com';
const DATED = `${HOST}/openai/deployments/your-deployment/chat/completions?api-version=2024-08-01-preview`;

function placed(fields: Readonly<Record<string, string>>) {
  const result = type?.place?.({ api_key: 'k'.repeat(32), ...fields });
  if (result?.kind !== 'placed') throw new Error(JSON.stringify(result));
  return result;
}
function keyOf(options: ProviderOptions, supportedModels: readonly string[] | null = null) {
  return { baseUrl: `${HOST}/openai`, region: null, options, supportedModels };
}
function endpoint(upstreamModel: string): Endpoint {
  return {
    provider: 'azure' as ProviderId,
    upstreamModel,
    price: findModel(manifest, upstreamModel)?.price ?? undefined,
    contextTokens: null,
    outputTokensMax: null,
    inputModalities: [],
  };
}
function pathOf(dialectIndex: number, options: ProviderOptions, upstreamModel: string): string | undefined {
  return manifest.dialects[dialectIndex]?.path({
    upstreamModel,
    stream: false,
    credential: {},
    key: keyOf(options),
  });
}

describe('the address in any of its forms', () => {
  test.each([
    [DATED, 'deployments', `${HOST}/openai`, '2024-08-01-preview', 'your-deployment'],
    [`${HOST}/openai/deployments/my%20dep`, 'deployments', `${HOST}/openai`, '2024-10-21', 'my dep'],
    [HOST, 'v1', `${HOST}/openai`, null, null],
    [`${HOST}/`, 'v1', `${HOST}/openai`, null, null],
    [`${HOST}/openai/v1/`, 'v1', `${HOST}/openai`, null, null],
    [`${HOST}/openai/v1/chat/completions?api-version=preview`, 'v1', `${HOST}/openai`, 'preview', null],
    [`${HOST}/openai/v1?api-version=2024-10-21`, 'v1', `${HOST}/openai`, null, null],
    [`${HOST}?api-version=2024-10-21`, 'deployments', `${HOST}/openai`, '2024-10-21', null],
    ['https://gate.example/azure/openai/v1', 'v1', 'https://gate.example/azure/openai', null, null],
    [
      'https://r.services.ai.azure.com/models/chat/completions?api-version=2024-05-01-preview',
      'models',
      'https://r.services.ai.azure.com/models',
      '2024-05-01-preview',
      null,
    ],
  ] as const)('%s', (url, ...parts) => {
    const [style, baseUrl, apiVersion, deployment] = parts;
    expect(readEndpoint(url, null)).toEqual({ kind: 'read', style, baseUrl, apiVersion, deployment });
  });

  test.each(['your-resource', 'ftp://x', `${HOST}/anthropic/v1/messages`, 'https://'])(
    '%s is none',
    (url) => {
      const read = readEndpoint(url, null);
      expect(read.kind).toBe('refused');
      if (read.kind === 'refused') expect(read.problem).toMatch(/^[A-Z].*\.$/);
    },
  );
});

test('a path of thirty thousand slashes costs no time', () => {
  const url = `${HOST}/${'/'.repeat(32_000)}x`;
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now();
    expect(readEndpoint(url, null).kind).toBe('refused');
    return performance.now() - start;
  });
  expect(Math.min(...times)).toBeLessThan(50);
});

describe('the credential', () => {
  test('of the documentation, verbatim', () => {
    const result = placed({ endpoint_url: DATED, deployment_name: 'your-deployment-name' });
    expect(result).toMatchObject({
      secret: { api_key: 'k'.repeat(32) },
      baseUrl: `${HOST}/openai`,
      options: {
        url_style: 'deployments',
        api_version: '2024-08-01-preview',
        deployments: { 'your-deployment-name': '' },
      },
    });
    expect(JSON.stringify(result.options)).not.toContain('kkkk');
  });

  test('a deployment called like a model serves it; a stated model wins; further ones stand beside', () => {
    const { options } = placed({
      endpoint_url: HOST,
      deployment_name: 'gpt-4o',
      deployments: '{"mini":"openai/gpt-4o-mini"}',
    });
    expect(options['deployments']).toEqual({ 'gpt-4o': 'gpt-4o', mini: 'gpt-4o-mini' });
    expect(
      placed({ endpoint_url: HOST, deployment_name: 'd', model: 'openai/gpt-4o' }).options['deployments'],
    ).toEqual({
      d: 'gpt-4o',
    });
  });

  test('a list with one entry per deployment is one credential, if it is one resource', () => {
    const entry = (model: string, deployment: string, key = 'key-12345678') => ({
      model_slug: `openai/${model}`,
      endpoint_url: `${HOST}/openai/deployments/${deployment}/chat/completions?api-version=2024-10-21`,
      api_key: key,
      model_id: deployment,
    });
    expect(type?.unfold?.([entry('gpt-4o', 'a'), entry('gpt-4o-mini', 'b')])).toEqual({
      api_key: 'key-12345678',
      endpoint_url: entry('gpt-4o', 'a').endpoint_url,
      deployments: { a: 'gpt-4o', b: 'gpt-4o-mini' },
    });
    const two = [entry('gpt-4o', 'a'), entry('gpt-4o-mini', 'b', 'another-key')];
    expect(type?.unfold?.(two)).toBe(two);
  });

  test.each([
    ['api_key', 'https://x.openai.azure.com', /is a URL/],
    ['endpoint_url', 'your-resource', /not a URL/],
    ['deployment_name', 'my deployment!', /not a deployment name/],
    ['api_version', 'new', /2024-10-21/],
    ['deployments', '["a"]', /JSON object/],
  ])('field %s says what is wrong, without the value', (name, value, words) => {
    const said = type?.fields.find((field) => field.name === name)?.check(value);
    expect(said).toMatch(words);
    expect(said).not.toContain(value);
  });
});

describe('a model is called by the name of its deployment', () => {
  const at = (model: string, ...key: Parameters<typeof keyOf>) =>
    manifest.endpointAt?.(endpoint(model), keyOf(...key)) ?? null;
  const deployments = { 'prod-4o': 'gpt-4o', mini: 'gpt-4o-mini' };

  test('by its model or by its own name, with the model’s price', () => {
    const price = findModel(manifest, 'gpt-4o')?.price;
    expect(at('gpt-4o', { deployments })).toMatchObject({ upstreamModel: 'prod-4o', price });
    expect(at('prod-4o', { deployments })).toMatchObject({ upstreamModel: 'prod-4o', price });
    expect(at('gpt-4o-2024-08-06', { deployments })?.upstreamModel).toBe('prod-4o');
    expect(at('gpt-4o-mini', { deployments })?.upstreamModel).toBe('mini');
  });

  test('a model without a deployment is not served, and a version by no deployment of another', () => {
    expect(at('gpt-4.1', { deployments })).toBeNull();
    expect(at('gpt-4o-2024-08-06', { deployments: { old: 'gpt-4o-2024-05-13' } })).toBeNull();
  });

  test('a key without deployments takes every model by its name', () => {
    expect(at('gpt-4.1', { deployments: {} })?.upstreamModel).toBe('gpt-4.1');
  });

  test('the one model that the key’s owner lists is that of its one deployment', () => {
    const unstated = { deployments: { mine: '' } };
    expect(at('gpt-4o', unstated, ['openai/gpt-4o'])?.upstreamModel).toBe('mine');
    expect(at('gpt-4o', unstated)).toBeNull();
    expect(at('mine', unstated)?.upstreamModel).toBe('mine');
  });
});

describe('where it is called', () => {
  test('the deployment stands in the path of the dated style, else in the body', () => {
    const dated = { url_style: 'deployments', api_version: '2024-10-21' };
    expect(pathOf(1, dated, 'my dep')).toBe('/deployments/my%20dep/chat/completions?api-version=2024-10-21');
    expect(pathOf(1, { url_style: 'v1' }, 'd')).toBe('/v1/chat/completions');
    expect(pathOf(1, { url_style: 'v1', api_version: 'preview' }, 'd')).toBe(
      '/v1/chat/completions?api-version=preview',
    );
    expect(pathOf(2, dated, 'd')).toBe('/v1/responses');
    expect(pathOf(3, dated, 'vectors')).toBe('/deployments/vectors/embeddings?api-version=2024-10-21');
    expect(pathOf(3, { url_style: 'v1' }, 'vectors')).toBe('/v1/embeddings');
  });

  test('versions before the newer fields do not get them', () => {
    const quirks = (api_version: string) =>
      manifest.dialects[0].quirksAt?.(keyOf({ url_style: 'deployments', api_version }));
    expect(quirks('2024-08-01-preview')).toEqual({ streamOptions: false, outputCapField: 'max_tokens' });
    expect(quirks('2024-10-21')).toEqual({});
  });

  test.each([
    ['o3', 0],
    ['gpt-5.2', 0],
    ['gpt-4o', 1],
    ['my-deployment', 1],
    ['gpt-5-pro', 2],
    ['text-embedding-3-small', 3],
  ])('%s is asked as it wants to be', (model, index) => {
    expect(manifest.dialects.findIndex(({ serves }) => serves?.(model) !== false)).toBe(index);
  });
});

test.each([
  [
    401,
    '{"error":{"code":"401","message":"Access denied due to invalid subscription key or wrong API endpoint."}}',
    'bad_credential',
    /not one of this resource/,
  ],
  [
    404,
    '{"error":{"code":"DeploymentNotFound","message":"The API deployment for this resource does not exist."}}',
    'no_such_model',
    /no deployment of this name/,
  ],
  [404, '{"error":{"code":"404","message":"Resource not found"}}', 'misconfigured', /API version/],
  [
    403,
    '{"error":{"code":"403","message":"Access denied due to Virtual Network/Firewall rules."}}',
    'misconfigured',
    /network rules/,
  ],
  [
    400,
    '{"error":{"message":"[] is too short - \'messages\'","type":"invalid_request_error"}}',
    'ok',
    /accepted/,
  ],
  [
    400,
    '{"error":{"code":"OperationNotSupported","message":"The chatCompletion operation does not work with the specified model, text-embedding-3-small."}}',
    'ok',
    /accepted/,
  ],
] as const)('the key test tells %i %s as %s', (status, body, expected, words) => {
  const result = interpretKeyTest(manifest, status, () => undefined, Buffer.from(body));
  expect(result.class).toBe(expected);
  expect(result.message).toMatch(words);
});

test.each([
  ['gpt-4o', 'openai/gpt-4o'],
  ['gpt-35-turbo-16k', 'openai/gpt-3.5-turbo-16k'],
  ['deepseek-r1', undefined],
])('%s is %s at its author', (model, author) => {
  expect(manifest.canonicalModel?.(model)).toBe(author);
});
