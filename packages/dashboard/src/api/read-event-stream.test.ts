/** Server-sent events, however their bytes are cut. */
import { describe, expect, test } from 'vitest';
import { createEventParser, readEventStream } from './read-event-stream.ts';

const STREAM =
  ': ping\n\nevent: generation\ndata: {"text":"漢字"}\n\ndata: one\ndata: two\r\n\r\nid: 7\n\ndata:last\n\n';
const EVENTS = [
  { event: 'generation', data: '{"text":"漢字"}' },
  { event: 'message', data: 'one\ntwo' },
  { event: 'message', data: 'last' },
];

async function collect(chunks: readonly Uint8Array[]) {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  const events = [];
  for await (const event of readEventStream(body)) events.push(event);
  return events;
}

describe('server-sent events', () => {
  test('are the same at every cut, also inside a character', async () => {
    const bytes = new TextEncoder().encode(STREAM);
    for (let cut = 0; cut <= bytes.length; cut += 1)
      expect(await collect([bytes.slice(0, cut), bytes.slice(cut)]), `cut at ${cut}`).toEqual(EVENTS);
  });

  test('without their empty line are not events yet', () => {
    const parser = createEventParser();
    expect(parser.push('data: half')).toEqual([]);
    expect(parser.push('\n\n')).toEqual([{ event: 'message', data: 'half' }]);
  });

  test('that never end are refused, not kept', () => {
    const parser = createEventParser();
    expect(() => parser.push('x'.repeat(4_000_001))).toThrow('without an end');
  });
});
