/** What was said is kept where operator and workspace both want it, and nowhere else: the real gateway, its folder, its API. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { openStage, QUESTION, type Answer, type Stage } from './testing/open-stage.ts';
import { signIn, type Person } from './testing/sign-in.ts';

const ALLOWED = { AROUTER_KEEP_BODIES: 'true' };
const PLACE = '/api/v1/workspace/bodies';
const MARKER = 'the-heron-stands-in-the-reeds';

let stage: Stage;
let owner: Person;
afterEach(() => stage.close());

async function open(settings: Readonly<Record<string, string>>, keep: boolean): Promise<void> {
  stage = await openStage(settings);
  owner = await signIn(stage, 'owner', 'owner');
  if (keep) expect((await owner.call('PATCH', PLACE, { keep: true })).body.data.keep).toBe(true);
  await stage.addKey({ label: 'canary' });
}

const saying = (text: string, more: object = {}) => ({
  ...QUESTION,
  messages: [{ role: 'user', content: text }],
  ...more,
});
const idOf = ({ headers }: Answer): string => headers.get('x-generation-id') ?? 'none';
const contentOf = (answer: Answer, person: Person = owner) =>
  person.call('GET', `/api/v1/generation/content?id=${idOf(answer)}`);
async function whyAbsent(answer: Answer): Promise<string> {
  const { status, body } = await contentOf(answer);
  expect([status, body.code]).toEqual([404, 'not_found']);
  return body.error.metadata.reason;
}

/** The whole data folder as one text. */
async function dataFolder(): Promise<string> {
  const { dataDir } = stage;
  const files = (await readdir(dataDir, { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  );
  const texts = await Promise.all(
    files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'latin1')),
  );
  return texts.join('\n');
}
const keptFiles = async () =>
  (await readdir(join(stage.dataDir, 'bodies'), { recursive: true }).catch(() => [])).filter((name) =>
    name.includes('gen-'),
  );

test('nothing is kept unless the operator allows it and the workspace turns it on', async () => {
  await open({}, false);
  const refused = await owner.call('PATCH', PLACE, { keep: true });
  expect([refused.status, refused.body.code]).toEqual([403, 'permission_denied']);
  expect(refused.body.message).toContain('AROUTER_KEEP_BODIES=true');
  expect((await owner.call('GET', PLACE)).body.data).toMatchObject({ allowed: false, keep: false });
  expect(await whyAbsent(await stage.ask(saying(MARKER)))).toBe('not_allowed');
  await stage.close();

  await open(ALLOWED, false);
  expect((await owner.call('GET', PLACE)).body.data).toMatchObject({ allowed: true, keep: false, days: 7 });
  const early = await stage.ask(saying(MARKER));
  expect(await whyAbsent(early)).toBe('turned_off');
  expect(await keptFiles()).toEqual([]);
  await new Promise((resolve) => setTimeout(resolve, 5));
  await owner.call('PATCH', PLACE, { keep: true });
  expect(await whyAbsent(early)).toBe('not_yet_on');
});

test.each([
  ['whole', '/v1/chat/completions', {}],
  ['a stream', '/v1/chat/completions', { stream: true }],
  ['translated', '/v1/messages', { max_tokens: 10 }],
  ['a translated stream', '/v1/messages', { max_tokens: 10, stream: true }],
])('what was sent and got is kept as it was, and is in no file in clear: %s', async (_what, path, more) => {
  await open(ALLOWED, true);
  const asked = saying(MARKER, more);
  const answer = await stage.ask(asked, { path });
  expect(answer.status).toBe(200);
  const { status, body } = await contentOf(answer);
  expect([status, body.data?.id]).toEqual([200, idOf(answer)]);
  expect(body.data.request).toMatchObject({ text: JSON.stringify(asked), cut: false, encoding: 'utf8' });
  expect(body.data.answer).toMatchObject({
    text: answer.text,
    cut: false,
    bytes: Buffer.byteLength(answer.text),
  });
  expect(Date.parse(body.data.expires_at) - Date.parse(body.data.stored_at)).toBeGreaterThan(
    6.9 * 86_400_000,
  );
  expect(await keptFiles()).toHaveLength(1);
  expect(await dataFolder()).not.toContain(MARKER);
});

test('what fails is kept too, and what no generation was made of is not', async () => {
  await open(ALLOWED, true);
  const error = { error: { message: 'no such thing', type: 'invalid_request_error' } };
  stage.sandbox.behave({ times: 1, fault: { kind: 'answer', status: 400, body: error } });
  const failed = await stage.ask(saying(MARKER));
  expect(failed.status).toBe(400);
  expect((await contentOf(failed)).body.data.answer.text).toBe(failed.text);
  await stage.ask({ model: 'nothing' });
  await stage.ask({ ...QUESTION, messages: 'none' });
  expect(await keptFiles()).toHaveLength(1);
});

test('of long bodies the beginning is kept, up to a whole character, and it says so', async () => {
  await open({ ...ALLOWED, AROUTER_KEPT_BODY_BYTES_MAX: '1024' }, true);
  for (const stream of [false, true]) {
    // Three bytes each: one more or less before them, and the cut goes through the middle of one.
    for (const before of ['', '.', '..']) {
      const asked = saying(before + '€'.repeat(1000), { stream });
      const answer = await stage.ask(asked);
      const { request, answer: got } = (await contentOf(answer)).body.data;
      const sent = JSON.stringify(asked);
      expect(sent.startsWith(request.text)).toBe(true);
      expect(request).toMatchObject({ cut: true, bytes: Buffer.byteLength(sent), encoding: 'utf8' });
      expect(request.kept_bytes).toBeGreaterThan(1024 - 3);
      expect(request.kept_bytes).toBeLessThanOrEqual(1024);
      expect(answer.text.startsWith(got.text)).toBe(true);
      expect(got.bytes).toBe(Buffer.byteLength(answer.text));
    }
  }
});

test('a key of a provider that stands in a body is stars, also where the cut goes through it', async () => {
  await open({ ...ALLOWED, AROUTER_KEPT_BODY_BYTES_MAX: '1024' }, true);
  const secret = 'sk-sandbox-canary-0123456789';
  const start = JSON.stringify(saying('')).indexOf('""') + 1;
  for (const before of [10, 1024 - start - 20, 1024 - start - 6]) {
    const answer = await stage.ask(saying(`${'x'.repeat(before)}${secret} and more ${'y'.repeat(2000)}`));
    const { text } = (await contentOf(answer)).body.data.request;
    expect(text).toContain('xxx****');
    expect(text).not.toContain('sk-san');
  }
});

test('files, pictures and sound are not kept, and it says so', async () => {
  await open(ALLOWED, true);
  const form = new FormData();
  form.set('model', 'openai/whisper-1');
  form.set('file', new Blob([MARKER]), 'speech.mp3');
  const response = await fetch(`${stage.server.url}/v1/audio/transcriptions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stage.keys.apiKey}` },
    body: form,
  });
  const text = await response.text();
  expect(response.status, text).toBe(200);
  const { body } = await contentOf({ status: 200, headers: response.headers, text, json: {} });
  expect(body.data.request).toMatchObject({ text: null, kept_bytes: 0, cut: false });
  expect(body.data.request.media_type).toMatch(/^multipart\/form-data/);
  expect(body.data.answer.text).toBe(text);
  const speech = await stage.ask(
    { model: 'openai/gpt-4o-mini-tts', input: MARKER, voice: 'alloy' },
    { path: '/v1/audio/speech' },
  );
  const spoken = (await contentOf(speech)).body.data;
  expect(spoken.request.text).toContain(MARKER);
  expect(spoken.answer).toMatchObject({ text: null, kept_bytes: 0 });
  expect(spoken.answer.media_type).toMatch(/^audio\//);
});

test('fifty at once: each finds its own, whole and as a stream', async () => {
  await open(ALLOWED, true);
  const answers = await Promise.all(
    Array.from({ length: 50 }, async (_, index) => {
      const asked = saying(`number ${index} of fifty`, { stream: index % 2 === 0 });
      return { asked, answer: await stage.ask(asked) };
    }),
  );
  for (const { asked, answer } of answers) {
    const { request, answer: got } = (await contentOf(answer)).body.data;
    expect(request.text).toBe(JSON.stringify(asked));
    expect(got.text).toBe(answer.text);
  }
});

test('turned off, nothing more is kept, not even of what is under way; what there is stays until it is deleted', async () => {
  await open(ALLOWED, true);
  const before = await stage.ask(saying(MARKER));
  expect((await contentOf(before)).status).toBe(200);
  stage.sandbox.behave({ times: 1, delayMs: 400 });
  const underWay = stage.ask(saying(MARKER));
  await new Promise((resolve) => setTimeout(resolve, 150));
  const off = await owner.call('PATCH', PLACE, { keep: false });
  expect(off.body.data).toMatchObject({ keep: false, since: null });
  expect(off.body.data.kept_bytes).toBeGreaterThan(0);
  expect(await whyAbsent(await underWay)).toBe('turned_off');
  expect(await whyAbsent(await stage.ask(saying(MARKER)))).toBe('turned_off');
  expect((await contentOf(before)).status).toBe(200);
  const deleted = await owner.call('DELETE', PLACE);
  expect(deleted.body.data.kept_bytes).toBe(0);
  expect(await whyAbsent(before)).toBe('turned_off');
  expect(await keptFiles()).toEqual([]);
});

test('who turned it on, read and deleted stands in the audit log, without a word of what was said', async () => {
  await open(ALLOWED, true);
  const answer = await stage.ask(saying(MARKER));
  const reader = await signIn(stage, 'dev', 'developer');
  expect((await contentOf(answer, reader)).status).toBe(200);
  await owner.call('DELETE', PLACE);
  expect((await contentOf(answer, reader)).status).toBe(404);
  const { body } = await owner.call('GET', '/api/v1/audit');
  const entries = body.data
    .filter(({ action }: { action: string }) => action.startsWith('bodies.'))
    .map(({ action, actor, target }: { action: string; actor: { name: string }; target: { id: string } }) => [
      action,
      actor.name,
      target.id,
    ]);
  expect(entries).toEqual([
    ['bodies.delete', 'owner', stage.keys.workspaceId],
    ['bodies.read', 'dev', idOf(answer)],
    ['bodies.change_keeping', 'owner', stage.keys.workspaceId],
  ]);
  expect(JSON.stringify(body)).not.toContain(MARKER);
});

test.each(['billing', 'viewer'] as const)('the role %s reads none and changes nothing', async (role) => {
  await open(ALLOWED, true);
  const answer = await stage.ask(saying(MARKER));
  const person = await signIn(stage, role, role);
  for (const refused of [
    await contentOf(answer, person),
    await person.call('PATCH', PLACE, { keep: false }),
    await person.call('DELETE', PLACE),
  ])
    expect([refused.status, refused.body.code]).toEqual([403, 'permission_denied']);
  for (const token of [stage.keys.managementKey, stage.keys.operatorKey, stage.keys.apiKey]) {
    const response = await fetch(`${stage.server.url}/api/v1/generation/content?id=${idOf(answer)}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(response.status).toBe(403);
  }
});

test('where files cannot be written, requests and ledger go on as ever, and it is counted', async () => {
  await open(ALLOWED, true);
  const folder = join(stage.dataDir, 'bodies');
  await rm(folder, { recursive: true, force: true });
  await writeFile(folder, 'a file where the folder should be');
  const answer = await stage.ask(saying(MARKER));
  expect(answer.status).toBe(200);
  await stage.newest(({ status }) => status === 'succeeded');
  expect(await whyAbsent(answer)).toBe('dropped');
  const metrics = await (await fetch(`${stage.server.url}/metrics`)).text();
  expect(metrics).toContain('arouter_bodies_dropped_total{reason="write_failed"} 1');
  await rm(folder);
  await mkdir(folder);
  expect((await contentOf(await stage.ask(saying(MARKER)))).status).toBe(200);
});
