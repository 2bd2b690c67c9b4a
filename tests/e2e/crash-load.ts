/**
 * Load for the crash tests: loops that ask without a pause, in both dialects, streamed and not, and note what they saw. Every
 * request names a model that no other request names, so that one name ties together what the client saw, what the upstream
 * saw and what the ledger says, also where no header of the answer arrived.
 */
import { Agent } from 'node:http';
import { ask, type Question } from '../support/tenant.ts';

export type Observation = {
  /** The model as the upstream is asked for it; unique. */
  readonly model: string;
  readonly status: number;
  readonly generationId: string | null;
  /** The client has all of it: a whole JSON body, or a stream with its terminal event. */
  readonly complete: boolean;
  /** The provider's own id of the answer, as the client read it; null where translation gave another, or none was read. */
  readonly answerId: string | null;
};

export type Load = {
  /** Ends the loops and resolves with everything that was seen. */
  stop(): Promise<readonly Observation[]>;
  readonly seen: readonly Observation[];
};

export type LoadTarget = {
  /** Pending while there is no gateway. */
  readonly url: () => Promise<string>;
  readonly apiKey: string;
  readonly loops: number;
};

/** A version suffix of eight digits names the same model, with its price; providers see it in full. */
const MODELS = [
  { prefix: 'openai/', name: 'gpt-4.1-nano', dialects: ['openai', 'anthropic'] },
  { prefix: 'anthropic/', name: 'claude-haiku-4-5', dialects: ['anthropic', 'openai'] },
] as const;
/** A killed gateway refuses connections until the test has noticed its death. */
const PAUSE_AFTER_REFUSAL_MS = 20;

export function startLoad({ url, apiKey, loops }: LoadTarget): Load {
  const seen: Observation[] = [];
  let running = true;
  let count = 0;
  const agent = new Agent({ keepAlive: true, maxSockets: loops });

  async function loop(): Promise<void> {
    while (running) {
      const base = await url();
      count += 1;
      const observation = await observe(base, apiKey, { number: count, agent });
      seen.push(observation);
      if (observation.status === 0)
        await new Promise((resolve) => setTimeout(resolve, PAUSE_AFTER_REFUSAL_MS));
    }
  }

  const done = Promise.all(Array.from({ length: loops }, loop));
  return {
    seen,
    async stop() {
      running = false;
      await done;
      agent.destroy();
      return seen;
    },
  };
}

/** One request of a mix that repeats every eight: provider × caller's dialect × streamed or not. */
async function observe(
  url: string,
  apiKey: string,
  { number, agent }: { readonly number: number; readonly agent: Agent },
): Promise<Observation> {
  const { prefix, name, dialects } = MODELS[number % 2] ?? MODELS[0];
  const dialect = dialects[number % 4 < 2 ? 0 : 1];
  const stream = number % 8 < 4;
  const model = `${name}-${String(number).padStart(8, '0')}`;
  const question: Question = {
    model: prefix + model,
    dialect,
    stream,
    agent,
    text: `Write ${5 + (number % 20)} words`,
    maxTokens: 40,
  };
  const answer = await ask(url, apiKey, question);
  const same = (dialect === 'openai') === (prefix === 'openai/');
  return {
    model,
    status: answer.status,
    generationId: answer.header('x-generation-id') ?? null,
    complete:
      answer.status !== 0 &&
      (answer.header('content-type')?.startsWith('text/event-stream') === true
        ? hasEnd(answer.text)
        : answer.whole),
    answerId:
      same && answer.status === 200
        ? (/"id":"((?:chatcmpl-|msg_)[^"]+)"/.exec(answer.text)?.[1] ?? null)
        : null,
  };
}

function hasEnd(text: string): boolean {
  return text.endsWith('data: [DONE]\n\n') || /event: message_stop\ndata: [^\n]*\n\n$/.test(text);
}
