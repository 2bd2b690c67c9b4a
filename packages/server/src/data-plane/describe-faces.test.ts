import { openApiDocument } from '@arouter/contract';
import { manifests } from '@arouter/providers';
import { describe, expect, test } from 'vitest';
import { describeFaces } from './describe-faces.ts';
import { createFaces } from './faces.ts';
import { GEMINI_METHODS } from './gemini-faces.ts';

type Operation = {
  readonly operationId: string;
  readonly requestBody?: { readonly content: object };
  readonly responses: Readonly<Record<string, { readonly content: object }>>;
  readonly security: readonly object[];
};
const document = openApiDocument({ version: '1.2.3', inference: describeFaces(manifests) });
const at = (path: string, method = 'post'): Operation => {
  const operation = document.paths[path]?.[method];
  if (operation === undefined) throw new Error(`the document has no ${method} ${path}`);
  return operation as Operation;
};

describe('the OpenAPI document', () => {
  test('has every inference path that is served, the patterns and the lists of models', () => {
    for (const path of createFaces(manifests).fixed.keys()) expect(at(path).operationId).not.toBe('');
    for (const method of GEMINI_METHODS)
      expect(at(`/v1beta/models/{model}:${method}`).operationId).not.toBe('');
    for (const path of ['/v1/models', '/v1/models/{model}', '/v1beta/models', '/v1beta/models/{model}'])
      expect(at(path, 'get').operationId).not.toBe('');
    expect(Object.keys(document.paths['/{provider}/{path}'] ?? {})).toContain('post');
  });

  test('says what a path reads, what it streams, where its key may stand and how it refuses', () => {
    const chat = at('/v1/chat/completions');
    expect(Object.keys(chat.requestBody?.content ?? {})).toEqual(['application/json']);
    expect(Object.keys(chat.responses['200']?.content ?? {})).toEqual([
      'application/json',
      'text/event-stream',
    ]);
    expect(chat.security.flatMap((each) => Object.keys(each))).toEqual(
      expect.arrayContaining(['apiKey', 'xApiKey', 'xGoogApiKey', 'azureApiKey', 'keyInQuery']),
    );
    expect(Object.keys(chat.responses)).toEqual(
      expect.arrayContaining(['400', '401', '402', '403', '404', '424', '429', '503']),
    );
    const heard = at('/v1/audio/transcriptions');
    expect(Object.keys(heard.requestBody?.content ?? {})).toEqual(['multipart/form-data']);
    const counted = at('/v1beta/models/{model}:countTokens');
    expect(Object.keys(counted.responses['200']?.content ?? {})).toEqual(['application/json']);
  });

  test('names every operation once, and every scheme of a key that it mentions', () => {
    const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
    const ids = operations.map(({ operationId }) => operationId);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
    const schemes = new Set(Object.keys(document.components.securitySchemes));
    for (const { security } of operations as unknown as Operation[])
      for (const name of security.flatMap((each) => Object.keys(each))) expect(schemes).toContain(name);
  });
});
