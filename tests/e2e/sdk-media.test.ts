/** The unmodified `openai` and `@anthropic-ai/sdk` packages for what is not chat: vectors, pictures, sound, counting, the raw proxy. */
import Anthropic from '@anthropic-ai/sdk';
import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSandboxWorld } from '../support/sandbox-world.ts';
import type { SandboxWorld } from '../support/sandbox-world.ts';

let world: SandboxWorld;
beforeAll(async () => {
  world = await startSandboxWorld();
});
afterAll(async () => {
  await world?.close();
});

test('vectors come as numbers, though the package asks for base64', async () => {
  const { client } = world.openai();
  const { data, usage } = await client.embeddings.create({
    model: 'text-embedding-3-small',
    input: ['one', 'two'],
    dimensions: 4,
  });
  expect(data.map(({ embedding }) => embedding.length)).toEqual([4, 4]);
  expect(usage.prompt_tokens).toBeGreaterThan(0);
});

test('pictures', async () => {
  const { client } = world.openai();
  const { data } = await client.images.generate({ model: 'gpt-image-2', prompt: 'a grey pixel', n: 2 });
  expect(data?.map(({ b64_json: image }) => (image ?? '').length > 0)).toEqual([true, true]);
});

test('pictures and words come as a stream of events', async () => {
  const { client } = world.openai();
  const drawn = await client.images.generate({
    model: 'gpt-image-2',
    prompt: 'a grey pixel',
    stream: true,
    partial_images: 1,
  });
  const types: string[] = [];
  let tokens = 0;
  for await (const event of drawn) {
    types.push(event.type);
    if (event.type === 'image_generation.completed') tokens = event.usage.output_tokens;
  }
  expect(types).toEqual(['image_generation.partial_image', 'image_generation.completed']);
  expect(tokens).toBeGreaterThan(0);

  const file = await toFile(Buffer.alloc(1024, 7), 'hello.mp3');
  const heard = await client.audio.transcriptions.create({
    model: 'openai/gpt-4o-mini-transcribe',
    file,
    stream: true,
  });
  let text = '';
  let whole = '';
  for await (const event of heard) {
    if (event.type === 'transcript.text.delta') text += event.delta;
    if (event.type === 'transcript.text.done') whole = event.text;
  }
  expect(text).toBe('1024 bytes heard by gpt-4o-mini-transcribe.');
  expect(whole).toBe(text);
});

test('sound in and out', async () => {
  const { client } = world.openai();
  const speech = await client.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'Hello there' });
  const sound = Buffer.from(await speech.arrayBuffer());
  expect(sound.length).toBe(2048);
  const file = await toFile(sound, 'hello.mp3');
  const heard = await client.audio.transcriptions.create({ model: 'openai/whisper-1', file });
  expect(heard.text).toBe('2048 bytes heard by whisper-1.');
  const translated = await client.audio.translations.create({ model: 'whisper-1', file });
  expect(translated.text).toContain('2048 bytes');
});

test('a mistake is an error of the package’s own kind', async () => {
  const { client } = world.openai();
  const asked = client.embeddings.create({ model: 'text-embedding-3-small', input: [] });
  await expect(asked).rejects.toBeInstanceOf(OpenAI.BadRequestError);
});

test('tokens are counted, and the raw proxy takes the vendors’ packages as they are', async () => {
  const { client } = world.openai();
  const { apiKey } = client;
  const base = new URL(client.baseURL).origin;
  const claude = new Anthropic({ apiKey, baseURL: `${base}/anthropic` });
  const counted = await claude.messages.countTokens({
    model: 'claude-haiku-4-5',
    messages: [{ role: 'user', content: 'Hello' }],
  });
  expect(counted.input_tokens).toBeGreaterThan(0);
  const raw = new OpenAI({ apiKey, baseURL: `${base}/openai/v1` });
  const answer = await raw.chat.completions.create({
    model: 'gpt-4o-mini',
    messages: [{ role: 'user', content: 'Hello' }],
  });
  expect(answer.choices[0]?.finish_reason).toBe('stop');
  expect((await raw.models.list()).data.length).toBeGreaterThan(0);
});
