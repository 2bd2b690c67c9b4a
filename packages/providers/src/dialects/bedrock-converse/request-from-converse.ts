/** A Converse request → the canonical request, by way of the Messages API. What cannot be said is in field-fates.ts. */
import type { CanonicalRequest } from '@arouter/core';
import { requestToCanonical as messagesToCanonical } from '../anthropic-messages/request-to-canonical.ts';
import {
  isObject,
  type JsonObject,
  objectOf,
  objectsOf,
  present,
  refuse,
  stringOf,
} from '../shared/json-values.ts';
import { cacheMark, messagesBlocks } from './blocks-from-converse.ts';

/** The model and the stream switch stand in the path. Throws GatewayError `invalid_request`. */
export function requestFromConverse(
  request: JsonObject,
  { model, stream }: { readonly model: string | undefined; readonly stream: boolean },
): CanonicalRequest {
  refuseImpossible(request);
  const inference = objectOf(request['inferenceConfig']);
  const own = objectOf(request['additionalModelRequestFields']);
  const format = schemaOf(request['outputConfig']);
  const effort = stringOf(objectOf(own['output_config'])['effort']);
  return {
    ...messagesToCanonical(
      present({
        model,
        stream,
        system: messagesBlocks(request['system']),
        messages: objectsOf(request['messages']).map(({ role, content }) => ({
          role,
          content: messagesBlocks(content),
        })),
        max_tokens: inference['maxTokens'],
        temperature: inference['temperature'],
        top_p: inference['topP'],
        top_k: own['top_k'] ?? objectOf(own['inferenceConfig'])['topK'],
        stop_sequences: inference['stopSequences'],
        thinking: own['thinking'],
        output_config: present({ effort, format }),
        ...toolFields(request['toolConfig'], own['tool_choice']),
      }),
    ),
    ...effortOf(own),
  };
}

/** What would silently not take place elsewhere. */
function refuseImpossible(request: JsonObject): void {
  if (isObject(request['guardrailConfig'])) {
    throw refuse(
      '`guardrailConfig` is applied by Bedrock itself; choose a model that Bedrock serves, or remove it.',
    );
  }
  if (isObject(request['promptVariables'])) {
    throw refuse(
      '`promptVariables` fill a prompt that is stored at Bedrock; choose a model that Bedrock serves.',
    );
  }
}

function schemaOf(outputConfig: unknown): JsonObject | undefined {
  const structure = objectOf(objectOf(objectOf(outputConfig)['textFormat'])['structure']);
  const text = stringOf(objectOf(structure['jsonSchema'])['schema']);
  if (text === undefined) return undefined;
  try {
    const schema: unknown = JSON.parse(text);
    return { type: 'json_schema', schema };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw refuse('`outputConfig.textFormat.structure.jsonSchema.schema` is not valid JSON.');
  }
}

/** `nativeChoice`: the choice in Claude's own words, among the model's own fields. */
function toolFields(config: unknown, nativeChoice: unknown): JsonObject {
  const tools: JsonObject[] = [];
  for (const tool of objectsOf(objectOf(config)['tools'])) {
    const last = tools.at(-1);
    if (isObject(tool['toolSpec'])) tools.push(messagesTool(tool['toolSpec']));
    else if (isObject(tool['cachePoint']) && last !== undefined) {
      tools[tools.length - 1] = { ...last, cache_control: cacheMark(tool['cachePoint']) };
    } else if (isObject(tool['systemTool'])) {
      throw refuse('`systemTool` is run by Amazon itself; choose a model that Bedrock serves, or remove it.');
    }
  }
  if (tools.length === 0) return {};
  const choice = isObject(nativeChoice) ? nativeChoice : messagesChoice(objectOf(config)['toolChoice']);
  return present({ tools, tool_choice: choice });
}

function messagesTool(spec: JsonObject): JsonObject {
  return present({
    name: spec['name'],
    description: spec['description'],
    input_schema: objectOf(spec['inputSchema'])['json'],
    strict: spec['strict'],
  });
}

function messagesChoice(choice: unknown): JsonObject | undefined {
  if (!isObject(choice)) return undefined;
  if (isObject(choice['any'])) return { type: 'any' };
  if (isObject(choice['tool'])) return { type: 'tool', name: choice['tool']['name'] };
  return isObject(choice['auto']) ? { type: 'auto' } : undefined;
}

/** How other families behind Converse are told how much to think. */
function effortOf(own: JsonObject): JsonObject {
  const effort =
    stringOf(own['reasoning_effort']) ??
    stringOf(own['reasoning_config']) ??
    stringOf(objectOf(own['reasoningConfig'])['maxReasoningEffort']);
  return effort === undefined ? {} : { reasoning_effort: effort };
}
