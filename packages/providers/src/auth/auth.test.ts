import type { WireRequest } from '@arouter/core';
import { expect, test } from 'vitest';
import { sampleAuth } from '../manifest/sample-contexts.ts';
import { apiKeyHeader } from './api-key-header.ts';
import { bearer } from './bearer.ts';

const request: WireRequest = {
  method: 'POST',
  origin: 'https://api.example.com',
  path: '/v1/chat/completions',
  headers: [
    ['content-type', 'application/json'],
    ['Authorization', 'Bearer lr_live_caller'],
    ['x-api-key', 'lr_live_caller'],
    ['cookie', 'session=caller'],
  ],
  body: new Uint8Array(),
};

test('a bearer key replaces whatever credential the caller sent', async () => {
  const sent = await bearer()(request, { api_key: 'provider-key' }, sampleAuth());
  expect(sent.headers).toEqual([
    ['content-type', 'application/json'],
    ['authorization', 'Bearer provider-key'],
  ]);
});

test('a header key replaces whatever credential the caller sent', async () => {
  const sent = await apiKeyHeader('x-api-key')(request, { api_key: 'provider-key' }, sampleAuth());
  expect(sent.headers).toEqual([
    ['content-type', 'application/json'],
    ['x-api-key', 'provider-key'],
  ]);
});

test('authorizing leaves the given request as it was', async () => {
  const before = structuredClone(request.headers);
  await bearer()(request, { api_key: 'provider-key' }, sampleAuth());
  expect(request.headers).toEqual(before);
});

test('the credential is nowhere but in its header', async () => {
  const sent = await bearer()(request, { api_key: 'provider-key' }, sampleAuth());
  expect(`${sent.origin}${sent.path}`).not.toContain('provider-key');
});

test('a list made for a credential is given again for that very list and credential, and for no other', () => {
  const authorize = bearer();
  const old = { api_key: 'old-key' };
  const edited = { api_key: 'new-key' };
  const send = (headers: WireRequest['headers'], credential: { readonly api_key: string }) =>
    (authorize({ ...request, headers }, credential, sampleAuth()) as WireRequest).headers;
  const lists = ['a', 'b', 'c', 'd', 'e', 'f'].map((value): WireRequest['headers'] => [['x-list', value]]);
  for (const round of [1, 2, 3]) {
    for (const list of lists) {
      const expected = (secret: string) => [...list, ['authorization', `Bearer ${secret}`]];
      expect(send(list, old), `round ${round}`).toEqual(expected('old-key'));
      expect(send(list, edited)).toEqual(expected('new-key'));
      expect(send(list, old)).toBe(send(list, old));
    }
  }
});
