/**
 * The canonical request → a Converse request, by way of the Messages API: Converse says in other words what that says
 * and holds conversations to the same rules. What cannot be said is in field-fates.ts.
 */
import type { CanonicalRequest, EncodeTarget } from '@arouter/core';
import { requestFromCanonical as messagesRequest } from '../anthropic-messages/request-from-canonical.ts';
import { readThinkingWish, type ThinkingWish } from '../anthropic-messages/thinking.ts';
import {
  isObject,
  type JsonObject,
  numberOf,
  objectOf,
  objectsOf,
  present,
  stringOf,
} from '../shared/json-values.ts';
import { cachePoint, converseBlocks, createDocumentNames } from './blocks-to-converse.ts';
import { type ConverseModel, converseModel, type Effort } from './converse-models.ts';

/** Members of Converse alone, for callers who know whom they ask; they are passed on as they are. */
const OWN_FIELDS = ['guardrailConfig', 'performanceConfig', 'requestMetadata'] as const;
const OPENING = 'Continue.';
const ABOUT_DOCUMENTS = 'The documents are attached.';

/** Throws GatewayError `invalid_request` for what Converse cannot do. */
export function requestToConverse(request: CanonicalRequest, target: EncodeTarget): JsonObject {
  const model = converseModel(target.upstreamModel);
  const wish = readThinkingWish(request);
  const messages = messagesRequest(
    model.isClaude ? request : withoutThinking(request),
    target,
    model.features,
  );
  const own = Object.fromEntries(
    OWN_FIELDS.filter((field) => isObject(request[field])).map((field) => [field, request[field]]),
  );
  return {
    ...fromMessages(messages, model, outputCap(request, messages)),
    ...own,
    ...present({ additionalModelRequestFields: modelFields(request, { model, messages, wish }) }),
  };
}

/** A Messages request in Converse's words, but for the model's own fields. */
function fromMessages(messages: JsonObject, model: ConverseModel, maxTokens: unknown): JsonObject {
  const inference = present({
    maxTokens,
    temperature: messages['temperature'],
    topP: messages['top_p'],
    stopSequences: messages['stop_sequences'],
  });
  const system = systemBlocks(messages['system'], model);
  return present({
    messages: turns(messages, model),
    system: system.length === 0 ? undefined : system,
    inferenceConfig: Object.keys(inference).length === 0 ? undefined : inference,
    toolConfig: toolConfig(messages, model),
    outputConfig: outputConfig(objectOf(messages['output_config'])['format']),
  });
}

/** The Messages API must be told a bound; here one is stated only where the caller did, or a thinking budget needs it. */
function outputCap(request: CanonicalRequest, messages: JsonObject): unknown {
  const stated = numberOf(request['max_completion_tokens']) ?? numberOf(request['max_tokens']);
  const budgeted = objectOf(messages['thinking'])['type'] === 'enabled';
  return stated !== undefined || budgeted ? messages['max_tokens'] : undefined;
}

function withoutThinking(request: CanonicalRequest): CanonicalRequest {
  const { reasoning: _reasoning, reasoning_effort: _effort, thinking: _thinking, ...rest } = request;
  return rest;
}

function systemBlocks(system: unknown, model: ConverseModel): readonly JsonObject[] {
  return objectsOf(system).flatMap((block) => [
    { text: block['text'] },
    ...cachePoint(block['cache_control'], model),
  ]);
}

function turns(messages: JsonObject, model: ConverseModel): readonly JsonObject[] {
  const names = createDocumentNames();
  const written = objectsOf(messages['messages']).map((turn) => ({
    role: turn['role'],
    content: beside(objectsOf(turn['content']).flatMap((block) => converseBlocks(block, model, names))),
  }));
  // All but Claude want the user to begin.
  const opened =
    written[0]?.role === 'assistant' && !model.isClaude
      ? [{ role: 'user', content: [{ text: OPENING }] }, ...written]
      : written;
  const last = opened.at(-1);
  const mark = cachePoint(messages['cache_control'], model);
  if (last === undefined || mark.length === 0) return opened;
  return [...opened.slice(0, -1), { ...last, content: [...last.content, ...mark] }];
}

/** A turn with documents must hold text too. */
function beside(content: readonly JsonObject[]): readonly JsonObject[] {
  const hasDocument = content.some((block) => block['document'] !== undefined);
  const hasText = content.some((block) => block['text'] !== undefined);
  return hasDocument && !hasText ? [...content, { text: ABOUT_DOCUMENTS }] : content;
}

/** Without the choice `none`, which Converse does not have: the tools go, unless the conversation has used some. */
function toolConfig(messages: JsonObject, model: ConverseModel): JsonObject | undefined {
  const tools = objectsOf(messages['tools']);
  const choice = objectOf(messages['tool_choice']);
  const used = objectsOf(messages['messages']).some((turn) =>
    objectsOf(turn['content']).some(({ type }) => type === 'tool_use' || type === 'tool_result'),
  );
  if (tools.length === 0 || (choice['type'] === 'none' && !used)) return undefined;
  return present({
    tools: tools.flatMap((tool) => [
      {
        toolSpec: present({
          name: tool['name'],
          description: tool['description'] || undefined,
          inputSchema: { json: tool['input_schema'] },
          strict: tool['strict'],
        }),
      },
      ...(model.cachePoints === 'anywhere' ? cachePoint(tool['cache_control'], model) : []),
    ]),
    toolChoice: saysParallel(choice, model) ? undefined : toolChoice(choice),
  });
}

function toolChoice(choice: JsonObject): JsonObject | undefined {
  switch (choice['type']) {
    case 'auto':
      return { auto: {} };
    case 'any':
      return { any: {} };
    case 'tool':
      return { tool: { name: choice['name'] } };
    default:
      return undefined;
  }
}

/** Only Claude can be told to make one call at a time, and only in its own words, which then say the choice too. */
function saysParallel(choice: JsonObject, model: ConverseModel): boolean {
  return model.isClaude && choice['disable_parallel_tool_use'] === true;
}

function outputConfig(format: unknown): JsonObject | undefined {
  const schema = objectOf(format)['schema'];
  if (!isObject(schema)) return undefined;
  const jsonSchema = { name: nameOf(schema), schema: JSON.stringify(schema) };
  return { textFormat: { type: 'json_schema', structure: { jsonSchema } } };
}

function nameOf(schema: JsonObject): string {
  return (stringOf(schema['title']) ?? '').replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 64) || 'answer';
}

/** `additionalModelRequestFields`: what the model knows and Converse does not. The caller's own win. */
function modelFields(
  request: CanonicalRequest,
  context: { readonly model: ConverseModel; readonly messages: JsonObject; readonly wish: ThinkingWish },
): JsonObject | undefined {
  const { model, messages, wish } = context;
  const choice = objectOf(messages['tool_choice']);
  const effort = objectOf(messages['output_config'])['effort'];
  const topK = numberOf(messages['top_k']);
  const fields = present({
    thinking: messages['thinking'],
    output_config: effort === undefined ? undefined : { effort },
    tool_choice: saysParallel(choice, model) ? choice : undefined,
    ...(topK === undefined ? {} : model.topK?.(topK)),
    ...effortFields(model, wish),
    ...objectOf(request['additionalModelRequestFields']),
  });
  return Object.keys(fields).length === 0 ? undefined : fields;
}

/** A budget has no counterpart there; it asks for thinking, so for the middle of it. */
function effortFields(model: ConverseModel, wish: ThinkingWish): JsonObject {
  if (model.effort === null || wish.kind === 'unsaid' || wish.kind === 'off') return {};
  return model.effort(wish.kind === 'budget' ? 'medium' : (EFFORTS.get(wish.effort) ?? 'medium'));
}
const EFFORTS: ReadonlyMap<string, Effort> = new Map([
  ['minimal', 'low'],
  ['low', 'low'],
  ['medium', 'medium'],
  ['high', 'high'],
  ['xhigh', 'high'],
  ['max', 'high'],
]);
