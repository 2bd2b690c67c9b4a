/**
 * Output items written as they grow, each at its own place in the output, numbered without a gap. Reasoning and text are
 * closed when something else begins; calls may interleave, so each stays open until its arguments are whole or the
 * answer ends.
 */
import { DialectError } from '@arouter/core';
import { isWholeObject, type JsonObject } from '../shared/json-values.ts';
import { event } from './errors.ts';
import {
  type Call,
  type CallFragment,
  grows,
  type ItemStatus,
  type Message,
  placeOf,
  type RefusalPart,
  summaryPart,
  summaryPlace,
  type TextPart,
  type Thought,
  toCall,
  toPart,
} from './open-items.ts';
import {
  annotationForCaller,
  itemIds,
  logprobForCaller,
  messageItem,
  reasoningId,
  reasoningItem,
} from './output-items.ts';
import { textOfDetail } from './reasoning.ts';

/** What may be kept of one answer: the last event repeats all of it. */
const OUTPUT_CHARS_MAX = 32 * 1024 * 1024;

export class ItemWriter {
  readonly #nextId: ReturnType<typeof itemIds>;
  readonly #calls = new Map<number, Call | 'closed'>();
  readonly #output: JsonObject[] = [];
  #thought: Thought | null = null;
  #message: Message | null = null;
  #itemCount = 0;
  #sequence = 0;
  #chars = 0;
  #written = '';

  constructor(responseId: string) {
    this.#nextId = itemIds(responseId);
  }

  /** All closed items, in order. */
  get output(): readonly JsonObject[] {
    return this.#output;
  }

  get nextSequenceNumber(): number {
    return this.#sequence;
  }

  /** What has been written since it was last taken. */
  take(): string {
    const written = this.#written;
    this.#written = '';
    return written;
  }

  emit(data: JsonObject): void {
    this.#written += event({ ...data, sequence_number: this.#sequence++ });
  }

  addText(text: string, logprobs: readonly JsonObject[]): void {
    if (text === '') return;
    this.#claim(text.length);
    const { message, part } = this.#openPart('output_text');
    part.text += text;
    const shown = logprobs.map(logprobForCaller);
    part.logprobs.push(...shown);
    this.emit({ type: 'response.output_text.delta', ...placeOf(message), delta: text, logprobs: shown });
  }

  addRefusal(refusal: string): void {
    if (refusal === '') return;
    this.#claim(refusal.length);
    const { message, part } = this.#openPart('refusal');
    part.text += refusal;
    this.emit({ type: 'response.refusal.delta', ...placeOf(message), delta: refusal });
  }

  /** Citations follow the text that they are of; where no text is open they have no place. */
  addAnnotation(given: JsonObject): void {
    const message = this.#message;
    const part = message?.parts.at(-1);
    if (message === null || part?.type !== 'output_text' || !message.partOpen) return;
    const annotation = annotationForCaller(given);
    part.annotations.push(annotation);
    this.emit({
      type: 'response.output_text.annotation.added',
      ...placeOf(message),
      annotation_index: part.annotations.length - 1,
      annotation,
    });
  }

  addThought(detail: JsonObject): void {
    const text = textOfDetail(detail);
    if (text === '' && detail['signature'] === undefined && detail['data'] === undefined) return;
    this.#claim(text.length);
    const open = this.#thought;
    const thought = open !== null && grows(open, detail) ? open : this.#openThought(detail);
    if (text !== '') {
      if (thought.partOpen && thought.detail['index'] !== detail['index']) this.#closeSummary(thought);
      this.#growSummary(thought, text);
    }
    thought.detail = { ...thought.detail, ...detail };
  }

  addCall(toolIndex: number, { id, name, fragment, isCustom }: CallFragment): void {
    const known = this.#calls.get(toolIndex);
    // A fragment for a call that has been closed as whole has nowhere to go.
    if (known === 'closed') return;
    this.#claim(fragment.length);
    const call = known ?? this.#openCall(toolIndex, { id, isCustom });
    call.callId ||= id;
    call.name ||= name;
    const waiting = call.isAdded ? '' : call.text;
    call.text += fragment;
    if (call.name === '') return;
    if (!call.isAdded) {
      call.isAdded = true;
      this.#added(call, { ...toCall(call, ''), status: 'in_progress' });
    }
    this.#emitArguments(call, waiting + fragment);
  }

  /** Closes all; an answer that was cut short was cut in what was still growing. */
  closeAll(status: ItemStatus): void {
    const open = [this.#thought, this.#message, ...this.#calls.values()].filter(
      (item) => item !== null && item !== 'closed',
    );
    const last = open.toSorted((one, other) => one.outputIndex - other.outputIndex).at(-1);
    this.#closeThought();
    this.#closeMessage(this.#message === last ? status : 'completed');
    for (const [toolIndex, call] of this.#calls) {
      if (call !== 'closed') this.#closeCall(toolIndex, call, call === last ? status : 'completed');
    }
    if (this.#itemCount > 0) return;
    // An answer without anything is a message without anything.
    this.#openMessage();
    this.#closeMessage(status);
  }

  #openThought(detail: JsonObject): Thought {
    this.#closeThought();
    this.#closeMessage('completed');
    const id = reasoningId(this.#nextId('rs'), detail);
    const thought: Thought = {
      kind: 'thought',
      id,
      outputIndex: this.#itemCount++,
      texts: [],
      detail,
      partOpen: false,
    };
    this.#thought = thought;
    this.#added(thought, { id, type: 'reasoning', summary: [] });
    return thought;
  }

  #growSummary(thought: Thought, delta: string): void {
    if (!thought.partOpen) {
      thought.partOpen = true;
      thought.texts.push('');
      this.emit({
        type: 'response.reasoning_summary_part.added',
        ...summaryPlace(thought),
        part: summaryPart(''),
      });
    }
    const summaryIndex = thought.texts.length - 1;
    thought.texts[summaryIndex] = (thought.texts[summaryIndex] ?? '') + delta;
    this.emit({ type: 'response.reasoning_summary_text.delta', ...summaryPlace(thought), delta });
  }

  #closeSummary(thought: Thought): void {
    if (!thought.partOpen) return;
    thought.partOpen = false;
    const text = thought.texts.at(-1) ?? '';
    this.emit({ type: 'response.reasoning_summary_text.done', ...summaryPlace(thought), text });
    this.emit({
      type: 'response.reasoning_summary_part.done',
      ...summaryPlace(thought),
      part: summaryPart(text),
    });
  }

  #closeThought(): void {
    const thought = this.#thought;
    if (thought === null) return;
    this.#thought = null;
    this.#closeSummary(thought);
    this.#done(thought, reasoningItem(thought.id, thought));
  }

  #openMessage(): Message {
    this.#closeThought();
    this.#closeWholeCalls();
    const id = this.#nextId('msg');
    const message: Message = {
      kind: 'message',
      id,
      outputIndex: this.#itemCount++,
      parts: [],
      partOpen: false,
    };
    this.#message = message;
    this.#added(message, { ...messageItem(id, []), status: 'in_progress' });
    return message;
  }

  #openPart<Type extends 'output_text' | 'refusal'>(
    type: Type,
  ): { readonly message: Message; readonly part: Extract<TextPart | RefusalPart, { type: Type }> } {
    const message = this.#message ?? this.#openMessage();
    const last = message.parts.at(-1);
    if (message.partOpen && last?.type === type) return { message, part: last as never };
    this.#closePart(message);
    const part =
      type === 'refusal'
        ? { type: 'refusal' as const, text: '' }
        : { type: 'output_text' as const, text: '', annotations: [], logprobs: [] };
    message.parts.push(part);
    message.partOpen = true;
    this.emit({ type: 'response.content_part.added', ...placeOf(message), part: toPart(part) });
    return { message, part: part as never };
  }

  #closePart(message: Message): void {
    const part = message.parts.at(-1);
    if (part === undefined || !message.partOpen) return;
    message.partOpen = false;
    const place = placeOf(message);
    if (part.type === 'refusal') this.emit({ type: 'response.refusal.done', ...place, refusal: part.text });
    else this.emit({ type: 'response.output_text.done', ...place, text: part.text, logprobs: part.logprobs });
    this.emit({ type: 'response.content_part.done', ...place, part: toPart(part) });
  }

  #closeMessage(status: ItemStatus): void {
    const message = this.#message;
    if (message === null) return;
    this.#message = null;
    this.#closePart(message);
    this.#done(message, { ...messageItem(message.id, message.parts.map(toPart)), status });
  }

  #openCall(toolIndex: number, { id, isCustom }: Pick<CallFragment, 'id' | 'isCustom'>): Call {
    this.#closeThought();
    this.#closeMessage('completed');
    this.#closeWholeCalls();
    const call: Call = {
      kind: 'call',
      id: this.#nextId('fc'),
      outputIndex: this.#itemCount++,
      isCustom,
      callId: id,
      name: '',
      text: '',
      isAdded: false,
    };
    this.#calls.set(toolIndex, call);
    return call;
  }

  #emitArguments(call: Call, delta: string): void {
    if (delta === '') return;
    const type = call.isCustom
      ? 'response.custom_tool_call_input.delta'
      : 'response.function_call_arguments.delta';
    this.emit({ type, item_id: call.id, output_index: call.outputIndex, delta });
  }

  #closeWholeCalls(): void {
    for (const [toolIndex, call] of this.#calls) {
      if (call !== 'closed' && !call.isCustom && isWholeObject(call.text))
        this.#closeCall(toolIndex, call, 'completed');
    }
  }

  #closeCall(toolIndex: number, call: Call, status: ItemStatus): void {
    this.#calls.set(toolIndex, 'closed');
    if (!call.isAdded) this.#added(call, { ...toCall(call, ''), status: 'in_progress' });
    // A call without arguments gets none from some providers; its caller parses them all the same.
    if (call.text === '' && !call.isCustom) {
      call.text = '{}';
      this.#emitArguments(call, call.text);
    }
    const place = { item_id: call.id, output_index: call.outputIndex };
    if (call.isCustom)
      this.emit({ type: 'response.custom_tool_call_input.done', ...place, input: call.text });
    else
      this.emit({
        type: 'response.function_call_arguments.done',
        ...place,
        name: call.name,
        arguments: call.text,
      });
    this.#done(call, { ...toCall(call, call.text), status });
  }

  #added({ outputIndex }: { readonly outputIndex: number }, item: JsonObject): void {
    this.emit({ type: 'response.output_item.added', output_index: outputIndex, item });
  }

  #done({ outputIndex }: { readonly outputIndex: number }, item: JsonObject): void {
    this.#output[outputIndex] = item;
    this.emit({ type: 'response.output_item.done', output_index: outputIndex, item });
  }

  #claim(chars: number): void {
    this.#chars += chars;
    if (this.#chars > OUTPUT_CHARS_MAX) {
      throw new DialectError(`the answer is longer than ${OUTPUT_CHARS_MAX} characters`);
    }
  }
}
