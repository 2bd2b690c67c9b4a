/**
 * The callers of a soak: an open loop at a steady rate, of JSON answers, streams, tools, long prompts and callers who leave,
 * in two dialects, to two providers, by several API keys of several workspaces.
 */
import { Agent } from 'node:http';
import type { Sandbox } from '@arouter/sandbox';
import { ask, type Question, type Tenant } from '../../tests/support/tenant.ts';
import { drawFault } from './faults.ts';

export type TrafficPlan = {
  readonly url: string;
  readonly sandbox: Sandbox;
  readonly tenants: readonly Tenant[];
  readonly perSecond: number;
  readonly faultShare: number;
  readonly draw: () => number;
};
export type TrafficSeen = {
  readonly asked: number;
  readonly faults: number;
  readonly left: number;
  /** By HTTP status; 0 where no answer began. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Generations whose whole answer a caller holds. */
  readonly complete: ReadonlySet<string>;
};
export type Traffic = {
  /** Asks no more, waits for what is under way, and closes every connection. */
  stop(): Promise<TrafficSeen>;
  seen(): TrafficSeen;
};
type Kind = 'json' | 'stream' | 'tools' | 'long' | 'leaves';

const MODELS = ['openai/gpt-4.1-nano', 'openai/gpt-4o-mini', 'anthropic/claude-haiku-4-5'] as const;
/** Cumulative shares. */
const KINDS: readonly (readonly [Kind, number])[] = [
  ['json', 0.35],
  ['stream', 0.7],
  ['tools', 0.8],
  ['long', 0.9],
  ['leaves', 1],
];
const UNDER_WAY_MAX = 200;
const LONG_PROMPT = 'All work and no play makes a dull prompt. '.repeat(5000);
const LEAVE_MS_MAX = 120;

export function startTraffic(plan: TrafficPlan): Traffic {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const complete = new Set<string>();
  const statuses: Record<string, number> = {};
  const counts = { asked: 0, faults: 0, left: 0 };
  const underWay = new Set<Promise<void>>();
  const askOne = async (): Promise<void> => {
    const kind = drawKind(plan.draw());
    const tenant = pick(plan.tenants, plan.draw());
    const question = questionOf(kind, plan.draw);
    const leaving =
      kind === 'leaves' ? AbortSignal.timeout(1 + Math.floor(plan.draw() * LEAVE_MS_MAX)) : undefined;
    const answer = await ask(plan.url, tenant.apiKey, {
      ...question,
      agent,
      ...(leaving === undefined ? {} : { signal: leaving }),
    });
    statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
    const id = answer.header('x-generation-id');
    if (answer.status === 200 && isComplete(question, answer) && id !== undefined) complete.add(id);
    else if (leaving?.aborted === true) counts.left += 1;
  };
  const timer = setInterval(() => {
    if (underWay.size >= UNDER_WAY_MAX) return;
    counts.asked += 1;
    const fault = drawFault(plan.faultShare, plan.draw);
    if (fault !== null) {
      counts.faults += 1;
      plan.sandbox.behave(fault);
    }
    const one = askOne().finally(() => underWay.delete(one));
    underWay.add(one);
  }, 1000 / plan.perSecond);
  const seen = (): TrafficSeen => ({ ...counts, statuses: { ...statuses }, complete });
  return {
    seen,
    async stop() {
      clearInterval(timer);
      await Promise.all(underWay);
      plan.sandbox.clearBehaviours();
      agent.destroy();
      return seen();
    },
  };
}

function drawKind(drawn: number): Kind {
  return KINDS.find(([, upTo]) => drawn < upTo)?.[0] ?? 'json';
}

function questionOf(kind: Kind, draw: () => number): Question {
  const dialect = draw() < 0.5 ? 'openai' : 'anthropic';
  const isStream = kind === 'stream' || kind === 'leaves' || (kind !== 'json' && draw() < 0.5);
  return {
    model: pick(MODELS, draw()),
    dialect,
    stream: isStream,
    maxTokens: 60,
    text: kind === 'long' ? LONG_PROMPT : `Write ${5 + Math.floor(draw() * 40)} words`,
    ...(kind === 'tools' ? { with: { tools: [toolFor(dialect)] } } : {}),
  };
}

function toolFor(dialect: 'openai' | 'anthropic'): object {
  const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
  return dialect === 'openai'
    ? { type: 'function', function: { name: 'weather', description: 'The weather.', parameters: schema } }
    : { name: 'weather', description: 'The weather.', input_schema: schema };
}

function isComplete({ stream }: Question, answer: Awaited<ReturnType<typeof ask>>): boolean {
  if (stream !== true) return answer.whole;
  return (
    answer.text.endsWith('data: [DONE]\n\n') || /event: message_stop\ndata: [^\n]*\n\n$/.test(answer.text)
  );
}

function pick<T>(values: readonly T[], drawn: number): T {
  const value = values[Math.floor(drawn * values.length)];
  if (value === undefined) throw new RangeError('there is nothing to choose from');
  return value;
}
