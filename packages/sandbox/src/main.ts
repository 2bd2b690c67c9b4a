/**
 * The sandbox as a process: a provider on this machine to try ARouter against, without a provider key.
 *
 *   node packages/sandbox/src/main.ts [--port 9001] [--key sk-anything]... [--replay DIR] [--frame-delay-ms 30]
 *
 * Prints one line of JSON with its URL when it is ready, and ends on SIGTERM or SIGINT. Any key that begins with
 * `sk-sandbox-` is accepted; `--key` (repeatable) accepts others. Point a provider key's base URL at it, e.g.
 * `http://127.0.0.1:9001/openai/v1` or `http://127.0.0.1:9001/anthropic`, and allow that origin with
 * `AROUTER_EGRESS_ALLOW=http://127.0.0.1:9001`. Tell it to misbehave:
 *
 *   curl http://127.0.0.1:9001/__sandbox/behaviour -d '{"times": 3, "fault": {"kind": "error", "preset": "rate_limited"}}'
 *
 * Other options: `--host` (127.0.0.1), `--replay-chunk-bytes` (pieces of a replayed stream), `--model` (repeatable: the
 * only models there are), `--journal-bodies`.
 */
import { parseArgs } from 'node:util';
import { startSandbox } from './start-sandbox.ts';

/** sysexits.h EX_USAGE. */
const EXIT_USAGE = 64;

function readOptions(): Parameters<typeof startSandbox>[0] {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '9001' },
      host: { type: 'string', default: '127.0.0.1' },
      key: { type: 'string', multiple: true, default: [] },
      model: { type: 'string', multiple: true },
      replay: { type: 'string' },
      'replay-chunk-bytes': { type: 'string' },
      'frame-delay-ms': { type: 'string', default: '0' },
      'journal-bodies': { type: 'boolean', default: false },
    },
  });
  const chunkBytes = values['replay-chunk-bytes'];
  return {
    port: wholeNumber('--port', values.port),
    host: values.host,
    keys: values.key,
    ...(values.model !== undefined && { models: values.model }),
    ...(values.replay !== undefined && {
      replay: {
        dir: values.replay,
        ...(chunkBytes !== undefined && { chunkBytes: wholeNumber('--replay-chunk-bytes', chunkBytes) }),
      },
    }),
    frameDelayMs: wholeNumber('--frame-delay-ms', values['frame-delay-ms']),
    journalBodies: values['journal-bodies'],
  };
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new RangeError(`${name} must be a whole number, not "${text}"`);
  return Number(text);
}

function optionsOrExit(): Parameters<typeof startSandbox>[0] {
  try {
    return readOptions();
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(EXIT_USAGE);
  }
}

const sandbox = await startSandbox(optionsOrExit());
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void sandbox.close());
console.log(JSON.stringify({ url: sandbox.url, port: sandbox.port, pid: process.pid }));
