/**
 * The contract of a provider's folder as a test suite: `describeProvider(manifest)` is the whole of its test file.
 * Only tests import this module.
 */
import {
  type Credential,
  type FailureClass,
  type KeyPlace,
  type ProviderManifest,
  classifyFailure,
  keyTestPath,
} from '@arouter/core';
import { describe, expect, test } from 'vitest';
import { findModel } from './find-model.ts';
import { interpretKeyTest } from './interpret-key-test.ts';
import { sampleAuth, samplePath } from './sample-contexts.ts';
import { RECORDED_FAILURES } from './recorded-failures.ts';
import { type Exchange, bodyBytes, headerOf, recordedFailures, trafficFolder } from './recorded-traffic.ts';

const SECRET = /\b(?:sk-[\w-]{16,}|gsk_\w{16,}|xai-\w{16,}|AIza[\w-]{20,}|AKIA[A-Z0-9]{16})\b/;
/** Nano-USD per million tokens; above it somebody mistook the unit. */
const PRICE_MAX = 1000e9;

/** A key as a person would save one; for providers that need more than an API key. */
export type SampleKey = { readonly credential: Credential; readonly key: KeyPlace };
const API_KEY: SampleKey = {
  credential: { api_key: 'the-provider-key' },
  key: { baseUrl: null, region: null, options: {} },
};

export function describeProvider(manifest: ProviderManifest, sample: SampleKey = API_KEY): void {
  describe(`provider ${manifest.id}`, () => {
    describeIdentity(manifest, sample);
    describeCredentials(manifest, sample);
    describeModels(manifest);
    describeKeyTest(manifest, sample);
    describeRecordedFailures(manifest, sample);
  });
}

function describeIdentity(manifest: ProviderManifest, sample: SampleKey): void {
  test('has a name, an id in lower case and aliases that are not its id', () => {
    expect(manifest.id).toMatch(/^[a-z][a-z0-9-]*$/);
    expect(manifest.name).not.toBe('');
    for (const alias of manifest.aliases) expect(alias).toBe(alias.toLowerCase());
    expect(manifest.aliases).not.toContain(manifest.id);
    expect(new Set(manifest.aliases).size).toBe(manifest.aliases.length);
  });
  test('is reached over https only, without a trailing slash, query or user', () => {
    const urls = [manifest.baseUrl, ...Object.values(manifest.regions)].filter((url) => url !== null);
    for (const text of urls) {
      const url = new URL(text);
      expect(url.protocol).toBe('https:');
      expect(`${url.search}${url.hash}${url.username}`).toBe('');
      expect(text).not.toMatch(/\/$/);
    }
    if (manifest.baseUrl === null) expect(manifest.regions).toEqual({});
    const place = { region: null, options: {} };
    expect(manifest.baseUrlOf?.(place) ?? null, 'without a region').toBeNull();
  });
  test('sends every dialect to an absolute path', () => {
    for (const { path } of [...manifest.dialects, ...(manifest.hostDialects ?? [])]) {
      for (const stream of [true, false]) {
        expect(path(samplePath({ ...sample, upstreamModel: 'a/model', stream }))).toMatch(/^\/[^/]/);
      }
    }
  });
}

function describeCredentials(manifest: ProviderManifest, { credential, key }: SampleKey): void {
  test('asks for a secret, and says in one sentence what is wrong with an empty one', () => {
    expect(manifest.credentialTypes.length).toBeGreaterThan(0);
    for (const type of manifest.credentialTypes) {
      const names = type.fields.flatMap((field) => [field.name, ...field.aliases]);
      expect(new Set(names).size).toBe(names.length);
      expect(type.fields.some((field) => field.secret && field.required)).toBe(true);
      for (const field of type.fields.filter((candidate) => candidate.required)) {
        expect(field.check('')).toMatch(/^[A-Z].*\.$/);
      }
    }
  });
  test('puts the credential into a header and nowhere else', async () => {
    const request = {
      method: 'POST' as const,
      origin: 'https://api.example.com',
      path: '/v1/x',
      headers: [['authorization', 'Bearer of-the-caller']] as const,
      body: new TextEncoder().encode('{}'),
    };
    const sent = await manifest.authorize(request, credential, sampleAuth(key));
    const values = sent.headers.map(([, value]) => value).join('\n');
    expect(values).toContain('the-provider-key');
    expect(values).not.toContain('of-the-caller');
    expect({ ...sent, headers: [] }).toEqual({ ...request, headers: [] });
  });
}

function describeModels(manifest: ProviderManifest): void {
  test('lists sane models, each with the source of its price', () => {
    const ids = manifest.models.map((model) => model.id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { id, price, priceSource, ...model } of manifest.models) {
      expect(id, 'an id').toMatch(/^\S{1,200}$/);
      expect(priceSource === null, id).toBe(price === null);
      if (price !== null) {
        expect(priceSource, id).toMatch(/^[\w.-]+ \d{4}-\d{2}-\d{2}$/);
        const { tiers, image, character, second, search, ...amounts } = price;
        for (const amount of [image, character, second, search])
          expect(amount === undefined || (Number.isSafeInteger(amount) && amount > 0), id).toBe(true);
        for (const amount of [...Object.values(amounts), ...(tiers ?? []).flatMap(Object.values)]) {
          expect(Number.isSafeInteger(amount) && amount >= 0 && amount <= PRICE_MAX, `${id}: ${amount}`).toBe(
            true,
          );
        }
      }
      for (const tokens of [model.contextTokens, model.outputTokensMax]) {
        expect(tokens === null || (Number.isSafeInteger(tokens) && tokens > 0), id).toBe(true);
      }
      expect(model.inputModalities.length, id).toBeGreaterThan(0);
    }
  });
  test('finds every listed model under its own name', () => {
    for (const model of manifest.models) expect(findModel(manifest, model.id)).toBe(model);
  });
  test('holds no secret', () => {
    expect(JSON.stringify(manifest.models)).not.toMatch(SECRET);
  });
}

function describeKeyTest(manifest: ProviderManifest, sample: SampleKey): void {
  test('proves a key with a call that costs nothing', () => {
    for (const step of [manifest.keyTest, manifest.keyTest.fallback]) {
      if (step === undefined) continue;
      expect(keyTestPath(step, sample)).toMatch(/^\/[^/]/);
      expect(step.timeoutMs).toBeGreaterThan(0);
      expect(step.timeoutMs).toBeLessThanOrEqual(15_000);
      // Nothing to answer, or nothing but counting.
      if (step.method === 'POST' && !keyTestPath(step, sample).endsWith(':countTokens'))
        expect(step.body).toMatchObject({ messages: [] });
    }
  });
  test('calls a 401 a bad credential and a failure of the provider none', () => {
    const none = () => undefined;
    const refused = new TextEncoder().encode('{"error":{"message":"Unauthorized"}}');
    expect(interpretKeyTest(manifest, 401, none, refused)).toMatchObject({
      ok: false,
      class: 'bad_credential',
    });
    expect(interpretKeyTest(manifest, 503, none, refused)).toMatchObject({ ok: false, class: 'network' });
  });
}

function describeRecordedFailures(manifest: ProviderManifest, sample: SampleKey): void {
  const recorded = recordedFailures(manifest.id);
  const why = trafficFolder() === null ? 'recorded traffic is absent' : 'none was recorded';
  test.skipIf(recorded.length === 0)(
    recorded.length === 0
      ? `classifies its recorded failures (skipped: ${why})`
      : 'classifies its recorded failures',
    () => {
      const judged = recorded.map(({ name, exchange }) => [name, judge(manifest, sample, exchange)]);
      const expected = recorded.map(({ name }) => [
        name,
        RECORDED_FAILURES[name] ?? 'missing from the table',
      ]);
      expect(judged).toEqual(expected);
    },
  );
}

function judge(manifest: ProviderManifest, sample: SampleKey, exchange: Exchange): FailureClass {
  const path = new URL(exchange.url).pathname;
  const spoken =
    manifest.dialects.find((candidate) =>
      path.endsWith(candidate.path(samplePath({ ...sample, upstreamModel: '' }))),
    ) ?? manifest.dialects[0];
  const signals = spoken.dialect.decodeFailure(exchange.status, headerOf(exchange), bodyBytes(exchange));
  return classifyFailure(signals, manifest.failureRules);
}
