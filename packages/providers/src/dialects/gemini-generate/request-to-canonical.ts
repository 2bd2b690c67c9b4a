/** A Gemini request → the canonical request. Pure; what cannot be said is in field-fates.ts. */
import type { CanonicalRequest } from '@arouter/core';
import {
  isObject,
  type JsonObject,
  numberOf,
  objectOf,
  objectsOf,
  present,
  refuse,
  stringOf,
} from '../shared/json-values.ts';
import { contentsToCanonical } from './contents-to-canonical.ts';
import { fieldOf } from './field-of.ts';
import { isStrictSchema, schemaToCanonical } from './schemas.ts';
import { thinkingToCanonical } from './thinking.ts';

export type Address = { readonly model: string | undefined; readonly stream: boolean };

/** Throws GatewayError `invalid_request` for what only Google itself can do. */
export function requestToCanonical(request: JsonObject, { model, stream }: Address): CanonicalRequest {
  if (fieldOf(request, 'cachedContent') !== undefined) {
    throw refuse('`cachedContent` is stored at Google; choose a Gemini model, or send the content itself.');
  }
  const config = objectOf(fieldOf(request, 'generationConfig'));
  const { tools, tool_choice } = toolsToCanonical(request);
  const stop = fieldOf(config, 'stopSequences');
  const logprobs = fieldOf(config, 'responseLogprobs') === true;
  return present({
    model,
    messages: contentsToCanonical(request),
    max_tokens: numberOf(fieldOf(config, 'maxOutputTokens')),
    n: numberOf(fieldOf(config, 'candidateCount')),
    temperature: numberOf(config['temperature']),
    top_p: numberOf(fieldOf(config, 'topP')),
    top_k: numberOf(fieldOf(config, 'topK')),
    seed: numberOf(config['seed']),
    presence_penalty: numberOf(fieldOf(config, 'presencePenalty')),
    frequency_penalty: numberOf(fieldOf(config, 'frequencyPenalty')),
    stop: Array.isArray(stop) && stop.length > 0 ? stop : undefined,
    logprobs: logprobs ? true : undefined,
    top_logprobs: logprobs ? numberOf(config['logprobs']) : undefined,
    stream: stream ? true : undefined,
    // The usage of a stream is part of the Gemini protocol, so it is asked for.
    stream_options: stream ? { include_usage: true } : undefined,
    tools,
    tool_choice,
    response_format: responseFormat(config),
    modalities: modalities(fieldOf(config, 'responseModalities')),
    ...thinkingToCanonical(fieldOf(config, 'thinkingConfig')),
  });
}

type ToolFields = { readonly tools: readonly JsonObject[] | undefined; readonly tool_choice: unknown };

function toolsToCanonical(request: JsonObject): ToolFields {
  const written = request['tools'];
  const declared = (isObject(written) ? [written] : objectsOf(written)).flatMap(declarationsOf);
  const config = objectOf(fieldOf(objectOf(fieldOf(request, 'toolConfig')), 'functionCallingConfig'));
  const names = fieldOf(config, 'allowedFunctionNames');
  const mode = stringOf(config['mode'])?.toUpperCase();
  const allowed = mode === 'ANY' && Array.isArray(names) && names.length > 0 ? names : undefined;
  const kept = allowed === undefined ? declared : declared.filter(({ name }) => allowed.includes(name));
  if (kept.length === 0) return { tools: undefined, tool_choice: undefined };
  const tools = kept.map((named) => ({ type: 'function', function: named }));
  const only = allowed !== undefined && kept.length === 1 ? kept[0] : undefined;
  if (only !== undefined)
    return { tools, tool_choice: { type: 'function', function: { name: only['name'] } } };
  return { tools, tool_choice: mode === undefined ? undefined : CHOICES.get(mode) };
}
const CHOICES: ReadonlyMap<string, string> = new Map([
  ['AUTO', 'auto'],
  ['VALIDATED', 'auto'],
  ['ANY', 'required'],
  ['NONE', 'none'],
]);

function declarationsOf(tool: JsonObject): readonly JsonObject[] {
  const declarations = fieldOf(tool, 'functionDeclarations');
  const others = Object.keys(tool).filter((name) => !DECLARATIONS.has(name));
  if (others.length > 0) {
    throw refuse(
      'A tool is one that only Google runs (search, code execution, URLs, files, maps); choose a Gemini model, or declare functions.',
    );
  }
  return objectsOf(declarations).map((declaration) => {
    const schema =
      fieldOf(declaration, 'parametersJsonSchema') ?? schemaToCanonical(declaration['parameters']);
    return present({
      name: stringOf(declaration['name']) ?? '',
      description: stringOf(declaration['description']),
      parameters: isObject(schema) ? schema : { type: 'object', properties: {} },
    });
  });
}
const DECLARATIONS: ReadonlySet<string> = new Set(['functionDeclarations', 'function_declarations']);

function responseFormat(config: JsonObject): JsonObject | undefined {
  const mediaType = stringOf(fieldOf(config, 'responseMimeType'));
  if (mediaType === 'text/x.enum') {
    throw refuse(
      '`responseMimeType` text/x.enum exists only at Google; use application/json with an enum schema.',
    );
  }
  if (mediaType !== 'application/json') return undefined;
  const json = fieldOf(config, 'responseJsonSchema');
  const schema = json ?? schemaToCanonical(fieldOf(config, 'responseSchema'));
  if (!isObject(schema)) return { type: 'json_object' };
  const title = stringOf(schema['title'])
    ?.replace(/[^a-zA-Z0-9_-]/g, '_')
    .slice(0, 64);
  return {
    type: 'json_schema',
    json_schema: { name: title || 'answer', schema, strict: isStrictSchema(schema) },
  };
}

/** Text is what everybody answers with. */
function modalities(stated: unknown): readonly string[] | undefined {
  if (!Array.isArray(stated)) return undefined;
  const wanted = stated.map((modality) => String(modality).toLowerCase());
  return wanted.every((modality) => modality === 'text') ? undefined : wanted;
}
