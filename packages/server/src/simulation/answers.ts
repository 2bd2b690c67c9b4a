/** The bytes of a simulated provider's answers, in both wire formats. */
import { anthropicMessages, openaiChat } from '@arouter/providers';
import type { Dialect } from '@arouter/core';

export type Usage = { readonly inputTokens: number; readonly outputTokens: number };
export type Answer = {
  readonly id: string;
  /** Null: the provider does not say. */
  readonly usage: Usage | null;
  readonly pieces: readonly string[];
};

export function dialectOf(path: string): Dialect {
  return path.endsWith('/messages') ? anthropicMessages : openaiChat;
}

export function wholeAnswer(dialect: Dialect, answer: Answer): string {
  const text = answer.pieces.join('');
  if (dialect.id === anthropicMessages.id) {
    return JSON.stringify({
      id: answer.id,
      type: 'message',
      role: 'assistant',
      model: 'shared-1',
      content: [{ type: 'text', text }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      ...(answer.usage === null ? {} : { usage: anthropicUsage(answer.usage) }),
    });
  }
  return JSON.stringify({
    id: answer.id,
    object: 'chat.completion',
    created: 1,
    model: 'shared-1',
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
    ...(answer.usage === null ? {} : { usage: openaiUsage(answer.usage) }),
  });
}

/** One string per event, the terminal event last. */
export function answerEvents(dialect: Dialect, answer: Answer): readonly string[] {
  return dialect.id === anthropicMessages.id ? anthropicEvents(answer) : openaiEvents(answer);
}

export function errorEvent(dialect: Dialect, secret: string): string {
  const error = { type: 'overloaded_error', message: `Overloaded while serving ${secret}` };
  return dialect.id === anthropicMessages.id
    ? `event: error\ndata: ${JSON.stringify({ type: 'error', error })}\n\n`
    : `data: ${JSON.stringify({ error })}\n\n`;
}

function openaiEvents({ id, usage, pieces }: Answer): readonly string[] {
  const chunk = (fields: object) =>
    `data: ${JSON.stringify({ id, object: 'chat.completion.chunk', created: 1, model: 'shared-1', ...fields })}\n\n`;
  const delta = (content: object, reason: string | null = null) =>
    chunk({ choices: [{ index: 0, delta: content, finish_reason: reason }] });
  return [
    delta({ role: 'assistant', content: '' }),
    ...pieces.map((content) => delta({ content })),
    delta({}, 'stop'),
    ...(usage === null ? [] : [chunk({ choices: [], usage: openaiUsage(usage) })]),
    'data: [DONE]\n\n',
  ];
}

function anthropicEvents({ id, usage, pieces }: Answer): readonly string[] {
  const event = (type: string, fields: object) =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
  const start = usage === null ? {} : { usage: { input_tokens: usage.inputTokens, output_tokens: 1 } };
  const message = {
    id,
    type: 'message',
    role: 'assistant',
    model: 'shared-1',
    content: [],
    stop_reason: null,
  };
  return [
    event('message_start', { message: { ...message, ...start } }),
    event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    ...pieces.map((text) => event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } })),
    event('content_block_stop', { index: 0 }),
    event('message_delta', {
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      ...(usage === null ? {} : { usage: { output_tokens: usage.outputTokens } }),
    }),
    event('message_stop', {}),
  ];
}

function openaiUsage({ inputTokens, outputTokens }: Usage) {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
  };
}

function anthropicUsage({ inputTokens, outputTokens }: Usage) {
  return { input_tokens: inputTokens, output_tokens: outputTokens };
}
