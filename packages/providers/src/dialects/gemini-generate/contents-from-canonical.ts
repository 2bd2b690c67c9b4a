/** Canonical messages → `systemInstruction` and the `contents` of a Gemini request. */
import {
  argumentsToInput,
  isObject,
  type JsonObject,
  objectOf,
  objectsOf,
  parseExact,
  present,
  refuse,
  stringOf,
} from '../shared/json-values.ts';
import { arrangeTurns, type Turn } from './turns.ts';
import { partsFromContent } from './parts-from-canonical.ts';
import { keptSignatures, NO_SIGNATURE } from './signatures.ts';

export type Conversation = {
  /** Parts of the system instruction. */
  readonly system: readonly JsonObject[];
  readonly contents: readonly Turn[];
};

/** Leading system and developer messages are hoisted; later ones become user text where they stand. */
export function contentsFromCanonical(
  messages: unknown,
  options: { readonly signatureRequired: boolean },
): Conversation {
  const all = objectsOf(messages);
  const firstTurn = all.findIndex((message) => !isSystem(message));
  const leading = firstTurn === -1 ? all : all.slice(0, firstTurn);
  const rest = firstTurn === -1 ? [] : all.slice(firstTurn);
  const system = leading.flatMap((message) =>
    partsFromContent(message['content']).filter((part) => 'text' in part),
  );
  const names = callNames(all);
  // Signatures are checked from the last thing that the user said on.
  const currentFrom = rest.findLastIndex(({ role }) => role === 'user');
  const turns = rest.map((message, at) =>
    turnFrom(message, { names, signed: options.signatureRequired && at > currentFrom }),
  );
  const contents = arrangeTurns(turns);
  if (contents.length > 0) return { system, contents };
  // Nothing but instructions: the API wants contents, and the last instruction is what is asked.
  const asked = system.at(-1);
  if (asked === undefined) {
    throw refuse('`messages` holds no text, image or file; send at least one message with content.');
  }
  return { system: system.slice(0, -1), contents: [{ role: 'user', parts: [asked] }] };
}

type TurnContext = {
  /** Which function a call id belongs to. */
  readonly names: ReadonlyMap<string, string>;
  /** The first call of a turn needs a signature, or the word that stands for none. */
  readonly signed: boolean;
};

function turnFrom(message: JsonObject, context: TurnContext): Turn {
  switch (message['role']) {
    case 'assistant':
      return { role: 'model', parts: modelParts(message, context.signed) };
    case 'tool':
    case 'function':
      return { role: 'user', parts: resultParts(message, context.names) };
    case 'user':
    case 'system':
    case 'developer':
      return { role: 'user', parts: partsFromContent(message['content']) };
    default:
      throw refuse('A message has a `role` that is none of system, developer, user, assistant and tool.');
  }
}

function modelParts(message: JsonObject, signed: boolean): readonly JsonObject[] {
  const { byCall, ofText } = keptSignatures(message);
  const written = partsFromContent(message['content']);
  const said = written.length === 0 ? partsFromContent(message['refusal']) : written;
  const calls = callsOf(message).map(({ id, name, input }, index) => {
    const kept = byCall.get(id);
    // Of parallel calls only the first bears a signature.
    const signature = kept ?? (signed && index === 0 ? NO_SIGNATURE : undefined);
    return present({ functionCall: { id, name, args: input }, thoughtSignature: signature });
  });
  return [...withSignature(said, ofText), ...calls];
}

/** The signature of a text stands on its last part; without text it stands alone. */
function withSignature(parts: readonly JsonObject[], signature: string | undefined): readonly JsonObject[] {
  if (signature === undefined) return parts;
  const last = parts.at(-1) ?? { text: '' };
  return [...parts.slice(0, -1), { ...last, thoughtSignature: signature }];
}

type Call = { readonly id: string; readonly name: string; readonly input: JsonObject };

/** `tool_calls`, or the one `function_call` of the older API, which had no ids: its name serves. */
function callsOf(message: JsonObject): readonly Call[] {
  const legacy = message['function_call'];
  const calls = isObject(legacy)
    ? [{ id: legacyId(legacy['name']), function: legacy }]
    : objectsOf(message['tool_calls']);
  return calls.map((call: JsonObject) => {
    const named = objectOf(call['function'] ?? call['custom']);
    return {
      id: stringOf(call['id']) ?? '',
      name: stringOf(named['name']) ?? '',
      input: argumentsToInput(named['arguments'] ?? named['input']),
    };
  });
}

function legacyId(name: unknown): string {
  return `call_${stringOf(name) ?? ''}`;
}

function callNames(messages: readonly JsonObject[]): ReadonlyMap<string, string> {
  return new Map(
    messages
      .filter(({ role }) => role === 'assistant')
      .flatMap(callsOf)
      .map(({ id, name }) => [id, name]),
  );
}

/** The result, and beside it what a result cannot hold (images, files). */
function resultParts(message: JsonObject, names: ReadonlyMap<string, string>): readonly JsonObject[] {
  const id =
    message['role'] === 'function' ? legacyId(message['name']) : (stringOf(message['tool_call_id']) ?? '');
  const parts = partsFromContent(message['content']);
  const text = parts.map((part) => stringOf(part['text']) ?? '').join('\n');
  const name = names.get(id) ?? stringOf(message['name']) ?? 'unknown';
  const response = responseFrom(text, message['is_error'] === true);
  return [{ functionResponse: { id, name, response } }, ...parts.filter((part) => !('text' in part))];
}

/** An object as it is; anything else under the name that Google's documentation gives it. */
function responseFrom(text: string, failed: boolean): JsonObject {
  if (failed) return { error: text };
  if (!text.trimStart().startsWith('{')) return { result: text };
  try {
    const parsed = parseExact(text);
    return isObject(parsed) ? parsed : { result: text };
  } catch {
    // Text that only begins like an object.
    return { result: text };
  }
}

function isSystem(message: JsonObject): boolean {
  return message['role'] === 'system' || message['role'] === 'developer';
}
