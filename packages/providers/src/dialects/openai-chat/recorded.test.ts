/** Every recorded exchange of this dialect, whoever the provider: pass-through, usage, streams cut anywhere, errors. */
import { Buffer } from 'node:buffer';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { isRecord } from '../shared/token-usage.ts';
import { openaiChat } from './index.ts';
import { GATEWAY_FIELDS } from '../shared/gateway-fields.ts';

type Exchange = {
  readonly name: string;
  readonly provider: string;
  readonly request: Readonly<Record<string, unknown>>;
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  readonly body: unknown;
  readonly text: string | undefined;
};

const root = join(import.meta.dirname, '../../../../..');
const recorded = join(process.env['AROUTER_TRAFFIC_DIR'] ?? join(root, '../shared/traffic'), 'recorded');
const exchanges = existsSync(recorded) ? readExchanges() : [];
if (exchanges.length === 0) print(`recorded chat completions skipped: there are none in ${recorded}`);

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function readExchanges(): readonly Exchange[] {
  return readdirSync(recorded, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name: folder }) =>
      readdirSync(join(recorded, folder)).flatMap((file) => readFile(join(recorded, folder, file), folder)),
    );
}

function readFile(path: string, folder: string): readonly Exchange[] {
  const content: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (!isRecord(content) || !Array.isArray(content['exchanges'])) return [];
  return content['exchanges'].filter(isRecord).flatMap((exchange, index) => {
    const { url, request_body: request } = exchange;
    if (typeof url !== 'string' || !/\/chat\/completions(?:\?|$)/.test(url) || !isRecord(request)) return [];
    const headers = isRecord(exchange['response_headers']) ? exchange['response_headers'] : {};
    const text = exchange['response_text'];
    return [
      {
        name: `${path.split('/').at(-1)} #${index}`,
        provider: folder,
        request,
        status: Number(exchange['status']),
        header: (name: string) => (headers[name] === undefined ? undefined : String(headers[name])),
        body: exchange['response_body'],
        text: typeof text === 'string' ? text : undefined,
      },
    ];
  });
}

const succeeded = exchanges.filter(({ status }) => status < 400);
const answers = succeeded.filter(({ text, body }) => text === undefined && isRecord(body));
const streams = succeeded.filter(({ text }) => text?.includes('data:'));

/** The same stream was recorded in several runs. */
const distinct = [...new Map(streams.map((exchange) => [exchange.text, exchange])).values()];

type Row = { requests: number; identical: number; rewritten: number; usage: number; usageEqual: number };
const table = new Map<string, Row>();
function count(provider: string, field: keyof Row): void {
  const row = table.get(provider) ?? { requests: 0, identical: 0, rewritten: 0, usage: 0, usageEqual: 0 };
  row[field]++;
  table.set(provider, row);
}
afterAll(() => {
  for (const [provider, row] of table) {
    print(
      `${provider}: ${row.requests} requests, ${row.identical} byte-equal, ${row.rewritten} with gateway fields taken out; ` +
        `${row.usage} with usage, ${row.usageEqual} equal`,
    );
  }
});

/** White space as people and libraries write it. */
const STYLES: readonly ((value: unknown) => string)[] = [
  (value) => JSON.stringify(value),
  (value) => JSON.stringify(value, null, 2),
  (value) => JSON.stringify(value, null, '\t').replaceAll('\n', '\r\n'),
  (value) => ` ${JSON.stringify(value).replaceAll('/', '\\/')} \n`,
];

/** The numbers as the provider wrote them, found without our code. */
function statedUsage(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (!isRecord(value)) return undefined;
  if (isRecord(value['usage'])) return value['usage'];
  const groq = value['x_groq'];
  return isRecord(groq) && isRecord(groq['usage']) ? groq['usage'] : undefined;
}

function lastStatedUsage(text: string): Readonly<Record<string, unknown>> | undefined {
  const lines = text.split('\n').filter((line) => line.startsWith('data: {'));
  return lines.map((line) => statedUsage(JSON.parse(line.slice(6)))).findLast((usage) => usage !== undefined);
}

function expectUsage(
  provider: string,
  read: unknown,
  stated: Readonly<Record<string, unknown>> | undefined,
): void {
  if (stated === undefined) {
    expect(read).toBeNull();
    return;
  }
  count(provider, 'usage');
  const input = stated['prompt_tokens_details'];
  const output = stated['completion_tokens_details'];
  const cached = [
    isRecord(input) ? input['cached_tokens'] : undefined,
    stated['num_cached_tokens'],
    stated['cached_tokens'],
  ];
  expect(read).toMatchObject({
    inputTokens: stated['prompt_tokens'],
    outputTokens: stated['completion_tokens'],
    cachedInputTokens: cached.find((value) => typeof value === 'number') ?? 0,
    reasoningTokens: (isRecord(output) ? output['reasoning_tokens'] : undefined) ?? 0,
    origin: 'provider',
  });
  count(provider, 'usageEqual');
}

function relayAll(pieces: readonly Uint8Array[], stripUsage: boolean) {
  const relay = openaiChat.createPassThroughRelay({ stripUsage });
  const out = pieces.map((piece) => relay.push(piece) ?? Buffer.alloc(0));
  out.push(relay.end() ?? Buffer.alloc(0));
  const { contentSeen, terminalSeen, failure, answer, contentBytes } = relay.state;
  return {
    text: Buffer.concat(out).toString('latin1'),
    state: { contentSeen, terminalSeen, failure, answer, contentBytes },
  };
}

describe.skipIf(exchanges.length === 0)('recorded chat completions', () => {
  test.each(exchanges)('$provider $name: the request goes on byte for byte', ({ provider, request }) => {
    count(provider, 'requests');
    const upstreamModel = String(request['model']);
    // The switch for usage is tested below; without it a request with the same model has nothing to change.
    const quirks = request['stream_options'] === undefined ? { streamOptions: false } : {};
    const ours = GATEWAY_FIELDS.some((field) => field in request);
    const expected = Object.fromEntries(
      Object.entries(request).filter(([field]) => !(GATEWAY_FIELDS as readonly string[]).includes(field)),
    );
    for (const write of STYLES) {
      const body = Buffer.from(write(request));
      const passed = openaiChat.passThrough(openaiChat.readRequest(body), {
        upstreamModel,
        outputTokensMax: null,
        quirks,
      });
      if (ours) expect(JSON.parse(Buffer.from(passed.body).toString())).toEqual(expected);
      else expect(Buffer.from(passed.body).equals(body)).toBe(true);
    }
    count(provider, ours ? 'rewritten' : 'identical');
  });

  test.each(exchanges)('$provider $name: another model changes only the model', ({ request }) => {
    const body = Buffer.from(JSON.stringify(request));
    const target = { upstreamModel: 'other', outputTokensMax: null, quirks: {} };
    const passed: unknown = JSON.parse(
      Buffer.from(openaiChat.passThrough(openaiChat.readRequest(body), target).body).toString(),
    );
    const usage = request['stream'] === true ? { stream_options: { include_usage: true } } : {};
    const fields = Object.entries({ ...request, ...usage, model: 'other' });
    expect(passed).toEqual(
      Object.fromEntries(fields.filter(([field]) => !(GATEWAY_FIELDS as readonly string[]).includes(field))),
    );
  });

  test.each(answers)("$provider $name: the answer's usage is the provider's", ({ provider, body }) => {
    for (const write of STYLES) {
      const bytes = Buffer.from(write(body));
      const failure = openaiChat.findFailure(bytes);
      if (failure !== null) {
        expect(
          isRecord(body) &&
            ('error' in body || !('choices' in body) || JSON.stringify(body).includes('"error"')),
        ).toBe(true);
        continue;
      }
      const facts = openaiChat.readAnswer(bytes);
      const stated = body as {
        readonly id?: unknown;
        readonly choices: readonly { readonly finish_reason: unknown }[];
      };
      expect(facts).toMatchObject({
        upstreamId: stated.id ?? null,
        finishReason: stated.choices[0]?.finish_reason,
      });
      if (write === STYLES[0]) expectUsage(provider, facts.usage, statedUsage(body));
    }
  });

  test.each(streams)(
    "$provider $name: the stream comes through and its usage is the provider's",
    ({ provider, text = '' }) => {
      const { text: relayed, state } = relayAll([Buffer.from(text)], false);
      expect(relayed).toBe(Buffer.from(text.replace(/data: \[DONE\]\n\n$/, '')).toString('latin1'));
      expect(state.terminalSeen).toBe(text.includes('data: [DONE]'));
      expect(state.failure === null).toBe(!/^data: \{.*"error":\{/m.test(text));
      expectUsage(provider, state.answer.usage, lastStatedUsage(text));
    },
  );

  test.each(streams)('$provider $name: without our usage the rest is the same', ({ text = '' }) => {
    const { text: relayed } = relayAll([Buffer.from(text)], true);
    const expected = text
      .split('\n\n')
      .filter((block) => !/"choices":\[\],.*"usage":\{/.test(block) && block !== 'data: [DONE]')
      .map((block) => block.replace(/,"usage":null(?=[,}])/, ''))
      .join('\n\n');
    expect(relayed).toBe(Buffer.from(expected).toString('latin1'));
  });

  // In two at every byte, but every 31st within the middle of long streams; and into single bytes.
  test.each(distinct)('$provider $name: cut at every byte it is the same', ({ text = '' }) => {
    const bytes = Buffer.from(text);
    for (const strip of [false, true]) {
      const expected = relayAll([bytes], strip);
      const edge = 400;
      for (let at = 0; at <= bytes.length; at += at < edge || at > bytes.length - edge ? 1 : 31) {
        const cut = relayAll([bytes.subarray(0, at), bytes.subarray(at)], strip);
        if (cut.text !== expected.text) expect.fail(`other bytes when cut at ${at}`);
        expect(cut.state, `state when cut at ${at}`).toEqual(expected.state);
      }
      expect(
        relayAll(
          [...bytes].map((byte) => Buffer.from([byte])),
          strip,
        ),
      ).toEqual(expected);
    }
  });

  test.each(distinct)('$provider $name: cut into pieces of any size it is the same', ({ text = '' }) => {
    const bytes = Buffer.from(text);
    const expected = relayAll([bytes], false);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 1500 }), { minLength: 1, maxLength: 30 }), (sizes) => {
        const pieces: Buffer[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1;
          pieces.push(bytes.subarray(at, at + size));
          at += size;
        }
        expect(relayAll(pieces, false)).toEqual(expected);
      }),
      { numRuns: 10 },
    );
  });

  test.each(streams)('$provider $name: the decoder reads what the relay reads', ({ text = '' }) => {
    const decoder = openaiChat.createStreamDecoder();
    const chunks = [...decoder.push(Buffer.from(text)), ...decoder.end()];
    const { state } = relayAll([Buffer.from(text)], false);
    const { answer, failure, terminalSeen } = decoder.state;
    expect({ answer, failure, terminalSeen }).toEqual({
      answer: state.answer,
      failure: state.failure,
      terminalSeen: state.terminalSeen,
    });
    expect(chunks.length).toBeGreaterThan(0);
    // Beyond the tail it is an estimate.
    expect(state.contentBytes).toBeGreaterThan(decoder.state.contentBytes * 0.8);
  });

  test.each(exchanges.filter(({ status }) => status >= 400))(
    '$provider $name: the error is read',
    ({ status, header, body }) => {
      const failure = openaiChat.decodeFailure(status, header, Buffer.from(JSON.stringify(body)));
      const stated = (body as { readonly error: Readonly<Record<string, unknown>> }).error;
      expect(failure).toMatchObject({
        status,
        type: stated['type'] ?? '',
        code: stated['code'] === null ? '' : String(stated['code']),
      });
      expect(failure.message.startsWith(String(stated['message']).slice(0, 60))).toBe(true);
    },
  );
});
