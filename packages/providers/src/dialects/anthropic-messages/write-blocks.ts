/**
 * Content blocks in a row, written as they grow: the first is open on the wire, the others wait behind it. Text and
 * thinking can always be closed; a tool call only when its arguments are whole, because parallel calls may interleave.
 */
import { DialectError } from '@arouter/core';
import { event } from './errors.ts';
import { isWholeObject, type JsonObject, stringOf } from '../shared/json-values.ts';
import { toolUseId } from './messages-from-canonical.ts';
import { redactedForCaller, signatureForCaller } from './reasoning.ts';

/** What may wait behind an unfinished tool call. */
const WAITING_CHARS_MAX = 8 * 1024 * 1024;

type Segment =
  | { readonly kind: 'text'; text: string; sent: number }
  | { readonly kind: 'thinking'; detail: JsonObject; text: string; sent: number }
  | { readonly kind: 'redacted'; readonly data: string }
  | {
      readonly kind: 'tool';
      readonly toolIndex: number;
      id: string;
      name: string;
      text: string;
      sent: number;
    };

export type ToolFragment = { readonly id: string; readonly name: string; readonly fragment: string };

export class BlockWriter {
  readonly #segments: Segment[] = [];
  readonly #closedTools = new Set<number>();
  /** Whether the first segment is open on the wire. */
  #open = false;
  #index = 0;
  #waitingChars = 0;

  addText(text: string): void {
    if (text === '') return;
    const last = this.#segments.at(-1);
    if (last?.kind === 'text') last.text += text;
    else this.#segments.push({ kind: 'text', text, sent: 0 });
    this.#claim(text.length);
  }

  addThinking(text: string): void {
    if (text !== '') this.#addThought({ text });
  }

  addDetail(detail: JsonObject): void {
    if (detail['type'] !== 'reasoning.encrypted') return this.#addThought(detail);
    const data = redactedForCaller(detail);
    this.#segments.push({ kind: 'redacted', data });
    this.#claim(data.length);
  }

  addTool(toolIndex: number, { id, name, fragment }: ToolFragment): void {
    // A fragment for a call that has been closed as whole has nowhere to go.
    if (this.#closedTools.has(toolIndex)) return;
    this.#claim(fragment.length);
    const known = this.#segments.find(
      (segment) => segment.kind === 'tool' && segment.toolIndex === toolIndex,
    );
    if (known?.kind !== 'tool') {
      this.#segments.push({ kind: 'tool', toolIndex, id, name, text: fragment, sent: 0 });
      return;
    }
    known.id ||= id;
    known.name ||= name;
    known.text += fragment;
  }

  /** What can be written now. */
  advance(): string {
    return this.#write(false);
  }

  /** Everything, all blocks closed. */
  flush(): string {
    return this.#write(true);
  }

  #addThought(detail: JsonObject): void {
    const text = stringOf(detail['text']) ?? stringOf(detail['summary']) ?? '';
    if (text === '' && !detail['signature']) return;
    this.#claim(text.length);
    const last = this.#segments.at(-1);
    if (last?.kind === 'thinking' && continues(last.detail, detail, text)) {
      last.text += text;
      last.detail = { ...last.detail, ...detail };
    } else {
      this.#segments.push({ kind: 'thinking', detail, text, sent: 0 });
    }
  }

  #claim(chars: number): void {
    this.#waitingChars = this.#segments.length <= 1 ? 0 : this.#waitingChars + chars;
    if (this.#waitingChars > WAITING_CHARS_MAX) {
      throw new DialectError(`more than ${WAITING_CHARS_MAX} characters wait for a tool call to end`);
    }
  }

  #write(final: boolean): string {
    let written = '';
    for (let first = this.#segments[0]; first !== undefined; first = this.#segments[0]) {
      written += this.#grow(first, final);
      const isLast = this.#segments.length === 1;
      if (!final && (isLast || (first.kind === 'tool' && !isWholeObject(first.text)))) break;
      written += this.#close(first);
    }
    return written;
  }

  /** Opens the segment's block where needed and writes what is new in it. */
  #grow(segment: Segment, final: boolean): string {
    // White space alone makes a block that the API refuses when it comes back; it waits for a word.
    if (segment.kind === 'text' && !this.#open && segment.text.trim() === '') return '';
    if (segment.kind === 'tool' && segment.name === '' && !final) return '';
    const start = this.#open ? '' : this.#start(segment);
    if (segment.kind === 'redacted') return start;
    const fresh = segment.text.slice(segment.sent);
    segment.sent = segment.text.length;
    return start + (fresh === '' ? '' : this.#delta(deltaOf(segment.kind, fresh)));
  }

  #start(segment: Segment): string {
    this.#open = true;
    return event('content_block_start', {
      type: 'content_block_start',
      index: this.#index,
      content_block: emptyBlock(segment),
    });
  }

  #close(segment: Segment): string {
    this.#segments.shift();
    if (segment.kind === 'tool') this.#closedTools.add(segment.toolIndex);
    if (!this.#open) return '';
    this.#open = false;
    const signature =
      segment.kind === 'thinking'
        ? this.#delta({ type: 'signature_delta', signature: signatureForCaller(segment.detail) })
        : '';
    return signature + event('content_block_stop', { type: 'content_block_stop', index: this.#index++ });
  }

  #delta(delta: JsonObject): string {
    return event('content_block_delta', { type: 'content_block_delta', index: this.#index, delta });
  }
}

function emptyBlock(segment: Segment): JsonObject {
  switch (segment.kind) {
    case 'text':
      return { type: 'text', text: '' };
    case 'thinking':
      return { type: 'thinking', thinking: '', signature: '' };
    case 'redacted':
      return { type: 'redacted_thinking', data: segment.data };
    case 'tool':
      return {
        type: 'tool_use',
        id: toolUseId(segment.id || `call_${segment.toolIndex}`),
        name: segment.name,
        input: {},
      };
  }
}

function deltaOf(kind: 'text' | 'thinking' | 'tool', fresh: string): JsonObject {
  switch (kind) {
    case 'text':
      return { type: 'text_delta', text: fresh };
    case 'thinking':
      return { type: 'thinking_delta', thinking: fresh };
    case 'tool':
      return { type: 'input_json_delta', partial_json: fresh };
  }
}

/** Fragments of one detail share its index; after its signature a detail is whole. */
function continues(open: JsonObject, next: JsonObject, text: string): boolean {
  if (open['signature'] && text !== '') return false;
  return open['index'] === undefined || next['index'] === undefined || open['index'] === next['index'];
}
