/**
 * What the stand-in model says, before any wire format: the same question gets the same answer, streamed or not.
 *
 * The last user message decides:
 * - `Say exactly: …` is answered with the rest of the message, and `Write 200 words` with so many words;
 * - "call the tool", "use the tool" or a tool's name calls the first (or the named) tool, "call all tools" each of them;
 * - anything else gets a sentence or two drawn from the message's hash.
 */
import { argumentPieces, textPieces } from './token-rule.ts';
import { valueForSchema } from './value-for-schema.ts';

export type AskedTool = { readonly name: string; readonly schema: unknown };
export type ToolChoice =
  | { readonly kind: 'auto' | 'none' | 'required' }
  | { readonly kind: 'named'; readonly name: string };
/** A request, freed of its dialect. */
export type Ask = {
  readonly model: string;
  readonly streamed: boolean;
  readonly lastUserText: string;
  /** True when the conversation ends with a tool's result: then the model answers with text. */
  readonly endsWithToolResult: boolean;
  readonly tools: readonly AskedTool[];
  readonly toolChoice: ToolChoice;
  /** The answer must be JSON; of this schema where one is given. */
  readonly answerSchema: unknown;
  readonly outputTokensMax: number;
  readonly stops: readonly string[];
  readonly inputTokens: number;
};

export type ReplyCall = { readonly name: string; readonly json: string; readonly pieces: readonly string[] };
export type Reply = {
  /** Null when there are calls. */
  readonly text: string | null;
  readonly pieces: readonly string[];
  readonly calls: readonly ReplyCall[];
  readonly end: 'stop' | 'length' | 'tool_calls' | 'stop_sequence';
  readonly stopSequence: string | null;
  readonly outputTokens: number;
  /** 32 bits of the question. */
  readonly seed: number;
};

const WORDS_MAX = 20_000;
/** Some are not ASCII, so that every answer has characters of more than one byte. */
const WORDS = (
  'gateway key route budget weight answer river naïve window café ledger signal harbour lantern façade orbit meadow ' +
  'copper quiet bridge summer pattern 漢字 velvet anchor canyon marble thread compass willow ember über glacier pixel'
).split(' ');

export function composeReply(ask: Ask): Reply {
  const seed = hashOf(ask.lastUserText);
  const called = calledTools(ask);
  if (called.length > 0) return replyWithCalls(ask, called, seed);
  const whole =
    ask.answerSchema === undefined ? textFor(ask, seed) : JSON.stringify(valueForSchema(ask.answerSchema));
  const { text, stopSequence } = cutAtStop(whole, ask.stops);
  const all = textPieces(text);
  const tooLong = all.length > ask.outputTokensMax;
  const pieces = tooLong ? all.slice(0, ask.outputTokensMax) : all;
  return {
    text: tooLong ? pieces.join('') : text,
    pieces,
    calls: [],
    end: tooLong ? 'length' : stopSequence === null ? 'stop' : 'stop_sequence',
    stopSequence: tooLong ? null : stopSequence,
    outputTokens: pieces.length,
    seed,
  };
}

/** `count` characters of `[0-9A-Za-z]`, the same for the same seed and place. */
export function idCharacters(seed: number, place: number, count: number): string {
  const alphabet = '0123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
  let state = (seed ^ Math.imul(place + 1, 0x9e3779b1)) >>> 0 || 1;
  let id = '';
  for (let index = 0; index < count; index += 1) {
    state = nextState(state);
    id += alphabet.charAt(state % alphabet.length);
  }
  return id;
}

function calledTools({ tools, toolChoice, lastUserText, endsWithToolResult }: Ask): readonly AskedTool[] {
  const [first] = tools;
  if (first === undefined || toolChoice.kind === 'none') return [];
  if (toolChoice.kind === 'named') return tools.filter((tool) => tool.name === toolChoice.name).slice(0, 1);
  if (endsWithToolResult && toolChoice.kind === 'auto') return [];
  if (/\b(call|use) (all|both|every) /i.test(lastUserText)) return tools;
  const named = tools.find((tool) => tool.name !== '' && lastUserText.includes(tool.name));
  if (named !== undefined) return [named];
  const asked = /\b(call|use|using) (the|a|your|this|that) .{0,40}tool\b|\b(call|use) the tool\b/i.test(
    lastUserText,
  );
  return asked || toolChoice.kind === 'required' ? [first] : [];
}

function replyWithCalls(ask: Ask, tools: readonly AskedTool[], seed: number): Reply {
  const calls: ReplyCall[] = [];
  let outputTokens = 0;
  for (const tool of tools) {
    const whole = JSON.stringify(valueForSchema(tool.schema));
    const all = argumentPieces(whole);
    // The name is worth one token; what is left is for the arguments.
    const left = ask.outputTokensMax - outputTokens - 1;
    const pieces = all.slice(0, Math.max(0, left));
    calls.push({ name: tool.name, json: pieces.join(''), pieces });
    outputTokens += 1 + pieces.length;
    if (pieces.length < all.length)
      return { text: null, pieces: [], calls, end: 'length', stopSequence: null, outputTokens, seed };
  }
  return { text: null, pieces: [], calls, end: 'tool_calls', stopSequence: null, outputTokens, seed };
}

function textFor({ lastUserText, endsWithToolResult }: Ask, seed: number): string {
  const exact = /^say exactly: ?/i.exec(lastUserText);
  if (exact !== null) return lastUserText.slice(exact[0].length);
  const asked = /\b(\d{1,5}) words\b/i.exec(lastUserText);
  const count = asked === null ? 10 + (seed % 16) : Math.min(Number(asked[1]), WORDS_MAX);
  const words: string[] = [];
  let state = seed || 1;
  for (let index = 0; index < count; index += 1) {
    state = nextState(state);
    words.push(WORDS[state % WORDS.length] ?? '');
  }
  if (asked !== null) return words.join(' ');
  return `Sandbox ✓ ${endsWithToolResult ? 'The tool has answered: ' : ''}${words.join(' ')}.`;
}

function cutAtStop(text: string, stops: readonly string[]): { text: string; stopSequence: string | null } {
  let at = Infinity;
  let stopSequence: string | null = null;
  for (const stop of stops) {
    const found = stop === '' ? -1 : text.indexOf(stop);
    if (found !== -1 && found < at) {
      at = found;
      stopSequence = stop;
    }
  }
  return { text: stopSequence === null ? text : text.slice(0, at), stopSequence };
}

/** FNV-1a, 32 bits, over at most 4,096 characters: only variety is asked of it. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  const length = Math.min(text.length, 4096);
  for (let index = 0; index < length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}

/** Xorshift32. */
function nextState(state: number): number {
  let next = state;
  next ^= next << 13;
  next ^= next >>> 17;
  next ^= next << 5;
  return next >>> 0;
}
