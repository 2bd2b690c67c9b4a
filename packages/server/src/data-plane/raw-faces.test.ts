import { manifests } from '@arouter/providers';
import { describe, expect, test } from 'vitest';
import { rawFaces } from './raw-faces.ts';

const at = rawFaces(manifests);

describe('what a path below a provider’s name means', () => {
  test.each([
    ['/openai/v1/chat/completions', 'openai-chat'],
    ['/openai/v1/embeddings', 'openai-embeddings'],
    ['/groq/openai/v1/audio/transcriptions', 'openai-transcription'],
    ['/anthropic/v1/messages', 'anthropic-messages'],
    ['/claude/v1/messages/count_tokens', 'anthropic-count-tokens'],
    ['/openai/v1/files', 'raw'],
  ])('%s is of the dialect %s', (path, dialect) => {
    expect(at(path, '', 'POST')?.dialect.id).toBe(dialect);
  });

  test('a path with the model in it tells the model, and whether the answer is streamed', () => {
    const model = 'anthropic.claude-sonnet-4-5-20250929-v1%3A0';
    expect(at(`/bedrock/model/${model}/converse-stream`, '', 'POST')).toMatchObject({
      onlyProvider: 'bedrock',
      context: { pathModel: 'anthropic.claude-sonnet-4-5-20250929-v1:0', stream: true },
    });
    expect(at(`/bedrock/model/${model}/converse`, '', 'POST')?.context).toMatchObject({ stream: false });
  });

  test('only asking with POST is what a dialect knows', () => {
    expect(at('/openai/v1/embeddings', '', 'GET')?.dialect.id).toBe('raw');
  });

  test.each(['/v1/models', '/api/v1/byok', '/nobody/v1/models', '/openai'])('%s is no such path', (path) => {
    expect(at(path, '', 'GET')).toBeUndefined();
  });

  test.each([
    '/openai/v1/../admin',
    '/openai/v1/%2e%2e/admin',
    '/openai/v1/%2E./admin',
    '/openai/%2f%2fevil.example/',
    '/openai/v1/%00',
    '/openai/v1/a%5cb',
    '/openai/v1/%zz',
  ])('%s is refused', (path) => {
    expect(() => at(path, '', 'GET')).toThrow('must be a plain one');
  });

  test('the caller’s own keys are taken out of the query, the rest stays as it is written', () => {
    const query = 'api-version=2024-10-21&key=lr_live_a&x=%2F&token=b&y=lr_live_c';
    expect(at('/openai/v1/files', query, 'GET')?.context?.path).toBe(
      '/v1/files?api-version=2024-10-21&x=%2F',
    );
  });
});
