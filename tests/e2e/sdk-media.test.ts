/**
 * Unmodified client packages for what is not chat: vectors, pictures, sound, counting, lists of models, the raw proxy.
 * `docs/clients.md` lists what is tried here.
 */
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BEYOND_CHAT } from '../support/clients/client-table.ts';
import type { BeyondName } from '../support/clients/client-table.ts';
import { startSandboxWorld } from '../support/sandbox-world.ts';
import type { SandboxWorld } from '../support/sandbox-world.ts';

const CLAUDE = 'claude-haiku-4-5';
const hello = [{ role: 'user' as const, content: 'Hello' }];

let world: SandboxWorld;
beforeAll(async () => {
  world = await startSandboxWorld();
});
afterAll(async () => {
  await world?.close();
});

const openai = (path = '/v1'): OpenAI =>
  new OpenAI({ apiKey: world.gateway.keys.apiKey, baseURL: world.gateway.url + path });
const anthropic = (path = ''): Anthropic =>
  new Anthropic({ apiKey: world.gateway.keys.apiKey, baseURL: world.gateway.url + path });
const google = (): GoogleGenAI =>
  new GoogleGenAI({ apiKey: world.gateway.keys.apiKey, httpOptions: { baseUrl: world.gateway.url } });
const sound = async () => await toFile(Buffer.alloc(2048, 1), 'hello.mp3');

const TRIED: Readonly<Record<BeyondName, () => Promise<void>>> = {
  async embeddings() {
    // The package asks for base64 and gives out numbers.
    const { data, usage } = await openai().embeddings.create({
      model: 'text-embedding-3-small',
      input: ['one', 'two'],
      dimensions: 4,
    });
    expect(data.map(({ embedding }) => embedding.length)).toEqual([4, 4]);
    expect(usage.prompt_tokens).toBeGreaterThan(0);
  },
  async images() {
    const prompt = 'a grey pixel';
    const { data } = await openai().images.generate({ model: 'gpt-image-2', prompt, n: 2 });
    expect(data?.map(({ b64_json: image }) => (image ?? '').length > 0)).toEqual([true, true]);
  },
  async 'streamed images'() {
    const drawn = await openai().images.generate({
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
  },
  async speech() {
    const input = 'Hello there';
    const speech = await openai().audio.speech.create({ model: 'tts-1', voice: 'alloy', input });
    expect((await speech.arrayBuffer()).byteLength).toBe(2048);
  },
  async transcription() {
    const model = 'openai/whisper-1';
    const heard = await openai().audio.transcriptions.create({ model, file: await sound() });
    expect(heard.text).toBe('2048 bytes heard by whisper-1.');
  },
  async 'streamed transcription'() {
    const model = 'openai/gpt-4o-mini-transcribe';
    const heard = await openai().audio.transcriptions.create({ model, file: await sound(), stream: true });
    let text = '';
    let whole = '';
    for await (const event of heard) {
      if (event.type === 'transcript.text.delta') text += event.delta;
      if (event.type === 'transcript.text.done') whole = event.text;
    }
    expect(text).toBe('2048 bytes heard by gpt-4o-mini-transcribe.');
    expect(whole).toBe(text);
  },
  async translation() {
    const heard = await openai().audio.translations.create({ model: 'whisper-1', file: await sound() });
    expect(heard.text).toContain('2048 bytes');
  },
  async models() {
    const listed = (await openai().models.list()).data.map(({ id }) => id);
    expect(listed).toEqual(expect.arrayContaining(['openai/gpt-4o-mini', `anthropic/${CLAUDE}`]));
  },
  async 'one model'() {
    for (const name of ['gpt-4o-mini', 'openai/gpt-4o-mini'])
      expect((await openai().models.retrieve(name)).id).toBe('openai/gpt-4o-mini');
    await expect(openai().models.retrieve('nobody/nothing')).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  },
  async 'count tokens for OpenAI’s'() {
    const { inputTokens } = openai().responses;
    const asked = { model: 'gpt-4o-mini', input: 'Say exactly: one', instructions: 'Be brief.' };
    const counted = await inputTokens.count(asked);
    const answered = await openai().responses.create(asked);
    expect(counted).toEqual({ object: 'response.input_tokens', input_tokens: answered.usage?.input_tokens });
    const claude = await inputTokens.count({ ...asked, model: CLAUDE });
    expect(claude.input_tokens).toBeGreaterThan(0);
  },
  async 'models for Anthropic’s'() {
    const listed: Anthropic.ModelInfo[] = [];
    for await (const model of anthropic().models.list()) listed.push(model);
    const claude = listed.find(({ id }) => id === `anthropic/${CLAUDE}`);
    expect(claude).toMatchObject({ type: 'model', display_name: expect.any(String) as string });
    expect(new Set(listed.map(({ id }) => id)).size).toBe(listed.length);
  },
  async 'count tokens'() {
    const counted = await anthropic().messages.countTokens({ model: CLAUDE, messages: hello });
    expect(counted.input_tokens).toBeGreaterThan(0);
  },
  async 'count tokens for Google’s'() {
    const { totalTokens } = await google().models.countTokens({ model: CLAUDE, contents: 'Hello' });
    expect(totalTokens).toBeGreaterThan(0);
  },
  async 'models for Google’s'() {
    const names: (string | undefined)[] = [];
    for await (const { name } of await google().models.list()) names.push(name);
    expect(names).toEqual(
      expect.arrayContaining([`models/openai/gpt-4o-mini`, `models/anthropic/${CLAUDE}`]),
    );
  },
  async 'one model for Google’s'() {
    const { name } = await google().models.get({ model: 'openai/gpt-4o-mini' });
    expect(name).toBe('models/openai/gpt-4o-mini');
    await expect(google().models.get({ model: 'nobody/nothing' })).rejects.toMatchObject({ status: 404 });
  },
  async 'raw proxy'() {
    const raw = openai('/openai/v1');
    const answer = await raw.chat.completions.create({ model: 'gpt-4o-mini', messages: hello });
    expect(answer.choices[0]?.finish_reason).toBe('stop');
    expect((await raw.models.list()).data.length).toBeGreaterThan(0);
  },
  async 'raw proxy, counting'() {
    const counted = await anthropic('/anthropic').messages.countTokens({ model: CLAUDE, messages: hello });
    expect(counted.input_tokens).toBeGreaterThan(0);
  },
};

test.each(Object.keys(BEYOND_CHAT) as BeyondName[])('%s', async (name) => {
  await TRIED[name]();
});

test('a mistake is an error of the package’s own kind', async () => {
  const asked = openai().embeddings.create({ model: 'text-embedding-3-small', input: [] });
  await expect(asked).rejects.toBeInstanceOf(OpenAI.BadRequestError);
});
