/** The request bodies, written once to files for the load generator. Sizes are of the prompt, in units of 1000 bytes. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type PromptId =
  | '1k'
  | '32k'
  | '32k-agent'
  | '200k'
  | '1k-stream'
  | '32k-stream'
  | '200k-stream'
  | '1k-short-stream'
  | '32k-short-stream'
  | '200k-short-stream';

type Message = { readonly role: 'system' | 'user' | 'assistant'; readonly content: string };

const WORDS =
  'the gateway forwards requests to the model provider and measures usage while keeping latency low for every tenant in the organisation ';
const SIZES = { '1k': 800, '32k': 32_000, '200k': 200_000 } as const;
/** The mock sends one chunk per token asked for, 100 at most. */
const SHORT_STREAM_TOKENS = 10;

export function promptFile(folder: string, prompt: PromptId): string {
  return join(folder, `prompt-${prompt}.json`);
}

export function writePrompts(folder: string): void {
  for (const size of ['1k', '32k', '200k'] as const) {
    const messages = conversation(text(SIZES[size]));
    write(folder, size, { messages, max_tokens: 256 });
    const streamed = { messages, stream: true, stream_options: { include_usage: true } };
    write(folder, `${size}-stream`, { ...streamed, max_tokens: 256 });
    write(folder, `${size}-short-stream`, { ...streamed, max_tokens: SHORT_STREAM_TOKENS });
  }
  write(folder, '32k-agent', { messages: agentHistory() });
}

function write(folder: string, prompt: PromptId, fields: object): void {
  const body = { model: 'gpt-4o-mini', temperature: 0.7, ...fields };
  writeFileSync(promptFile(folder, prompt), JSON.stringify(body));
}

function conversation(question: string): readonly Message[] {
  return [
    { role: 'system', content: 'You are a helpful assistant.' },
    { role: 'user', content: question },
  ];
}

/** Sixty turns with quotes and line ends: what a coding agent sends, and dearer to scan than one long text. */
function agentHistory(): readonly Message[] {
  return Array.from({ length: 60 }, (_, turn) => ({
    role: turn % 2 === 0 ? ('user' as const) : ('assistant' as const),
    content: `line "${turn}"\n${text(480)}\n`,
  }));
}

function text(length: number): string {
  return WORDS.repeat(Math.ceil(length / WORDS.length)).slice(0, length);
}
