/** Server-sent events of an answer, one by one as they come. Comments and unknown fields are left out, as the format says. */
export type StreamEvent = {
  /** `message` where the sender named none. */
  readonly event: string;
  readonly data: string;
};

/** An event that grows beyond this is no event of ours. */
const EVENT_CHARACTERS_MAX = 4_000_000;

/** Ends with the stream; throws what reading it throws (`AbortError`, `TypeError` where the connection broke). */
export async function* readEventStream(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const parser = createEventParser();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield* parser.push(decoder.decode(value, { stream: true }));
    }
  } finally {
    // Who stops listening stops the sender.
    await reader.cancel().catch(() => undefined);
  }
}

/** Text in pieces → whole events. A last event without its empty line is no event. */
export function createEventParser(): { push(text: string): readonly StreamEvent[] } {
  let rest = '';
  return {
    push(text) {
      rest += text;
      const blocks = rest.split(/\r\n\r\n|\n\n|\r\r/);
      rest = blocks.pop() ?? '';
      if (rest.length > EVENT_CHARACTERS_MAX) throw new Error('The server sent an event without an end.');
      return blocks.flatMap(readBlock);
    },
  };
}

function readBlock(block: string): readonly StreamEvent[] {
  let event = 'message';
  const data: string[] = [];
  for (const line of block.split(/\r\n|\n|\r/)) {
    const colon = line.indexOf(':');
    if (colon === 0) continue;
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') event = value;
    if (field === 'data') data.push(value);
  }
  return data.length === 0 ? [] : [{ event, data: data.join('\n') }];
}
