/** A kept body as a person reads it: JSON with line breaks, events of a stream one by one. What is neither stays as it is. */
import { createEventParser } from '../../api/read-event-stream.ts';

export function readableBody(text: string, mediaType: string): string {
  if (/^text\/event-stream\b/i.test(mediaType)) return readableEvents(text) ?? text;
  return readableJson(text) ?? text;
}

/** Null where it is no JSON, e.g. because it was cut. */
function readableJson(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? JSON.stringify(value, null, 2) : null;
  } catch {
    return null;
  }
}

/** Null where there is no whole event. The last one may have been cut. */
function readableEvents(text: string): string | null {
  const events = createEventParser().push(`${text}\n\n`);
  if (events.length === 0) return null;
  return events
    .map(({ event, data }) => {
      const shown = readableJson(data) ?? data;
      return event === 'message' ? shown : `${event}\n${shown}`;
    })
    .join('\n\n');
}
