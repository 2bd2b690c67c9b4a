import type { Endpoint, ProviderId, ProviderOptions } from '@arouter/core';
import { describe, expect, test } from 'vitest';
import { findModel } from '../manifest/find-model.ts';
import { manifest } from './manifest.ts';

const SONNET = 'anthropic.claude-sonnet-4-5-20250929-v1:0';

function endpoint(upstreamModel: string): Endpoint {
  return {
    provider: 'bedrock' as ProviderId,
    upstreamModel,
    price: findModel(manifest, upstreamModel)?.price ?? undefined,
    contextTokens: null,
    outputTokensMax: null,
    inputModalities: [],
  };
}
function servedAt(model: string, region: string | null, inference_profile?: string): Endpoint | null {
  const options: ProviderOptions = inference_profile === undefined ? {} : { inference_profile };
  const key = { baseUrl: null, region, options, supportedModels: null };
  return manifest.endpointAt?.(endpoint(model), key) ?? null;
}
const calledAt = (...asked: Parameters<typeof servedAt>): string | null =>
  servedAt(...asked)?.upstreamModel ?? null;

describe('a model is called by the profile of the key’s region', () => {
  test.each([
    ['us-east-1', `us.${SONNET}`],
    ['ca-central-1', `us.${SONNET}`],
    ['eu-central-1', `eu.${SONNET}`],
    ['ap-northeast-1', `jp.${SONNET}`],
    ['ap-southeast-2', `au.${SONNET}`],
    ['us-gov-west-1', `us-gov.${SONNET}`],
    ['sa-east-1', `global.${SONNET}`],
    // No regional profile is listed, and the model has no throughput of its own.
    ['ap-south-1', `global.${SONNET}`],
  ])('%s: %s', (region, profile) => {
    expect(calledAt(SONNET, region)).toBe(profile);
  });

  test('the key may say global or none', () => {
    expect(calledAt(SONNET, 'eu-central-1', 'global')).toBe(`global.${SONNET}`);
    expect(calledAt(SONNET, 'eu-central-1', 'none')).toBe(SONNET);
  });

  test('models with throughput of their own are called by their id', () => {
    expect(calledAt('amazon.nova-lite-v1:0', 'us-east-1')).toBe('amazon.nova-lite-v1:0');
    expect(calledAt('anthropic.claude-3-haiku-20240307-v1:0', 'eu-west-1')).toBe(
      'anthropic.claude-3-haiku-20240307-v1:0',
    );
  });

  test('a profile is called as it is, from its own regions only', () => {
    expect(calledAt(`eu.${SONNET}`, 'eu-west-1')).toBe(`eu.${SONNET}`);
    expect(servedAt(`eu.${SONNET}`, 'us-east-1')).toBeNull();
    expect(calledAt(`global.${SONNET}`, 'us-east-1')).toBe(`global.${SONNET}`);
    expect(calledAt(`apac.${SONNET}`, 'ap-south-1')).toBe(`apac.${SONNET}`);
  });

  test('an ARN is called from the region that stands in it', () => {
    const arn = 'arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc';
    expect(calledAt(arn, 'eu-west-1')).toBe(arn);
    expect(servedAt(arn, 'us-east-1')).toBeNull();
  });
});

describe('a profile has its own price', () => {
  test('regional profiles of Claude cost a tenth more than the global one where the list says so', () => {
    const base = servedAt(SONNET, 'us-east-1', 'global')?.price;
    const regional = servedAt(SONNET, 'eu-central-1')?.price;
    expect(regional?.input).toBe(Math.round((base?.input ?? 0) * 1.1));
    expect(regional?.output).toBe(Math.round((base?.output ?? 0) * 1.1));
  });

  test('a price that the operator has set stays', () => {
    const price = { input: 1, output: 2 };
    const key = { baseUrl: null, region: 'eu-central-1', options: {}, supportedModels: null };
    expect(manifest.endpointAt?.({ ...endpoint(SONNET), price }, key)?.price).toBe(price);
  });

  test.each([
    `apac.${SONNET}`,
    `arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.${SONNET}`,
    `arn:aws:bedrock:us-east-1::foundation-model/${SONNET}`,
  ])('%s is billed as the listed model that it names', (name) => {
    expect(findModel(manifest, name)?.id).toMatch(/^(?:eu\.)?anthropic\.claude-sonnet-4-5/);
  });

  test('an opaque ARN has none', () => {
    const arn = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/otnfa2ysixqd';
    expect(findModel(manifest, arn)).toBeUndefined();
    expect(manifest.acceptsModel.test(arn)).toBe(true);
  });
});

test.each([
  [SONNET, 'anthropic/claude-sonnet-4-5-20250929'],
  ['anthropic.claude-opus-4-6-v1', 'anthropic/claude-opus-4-6'],
  ['anthropic.claude-opus-4-8', 'anthropic/claude-opus-4-8'],
  ['anthropic.claude-3-5-sonnet-20241022-v2:0', 'anthropic/claude-3-5-sonnet-20241022'],
  [`eu.${SONNET}`, undefined],
  ['amazon.nova-lite-v1:0', undefined],
])('%s is %s at its author', (model, author) => {
  expect(manifest.canonicalModel?.(model)).toBe(author);
});
