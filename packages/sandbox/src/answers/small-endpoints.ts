/** Model lists, the endpoints with which a key is tested for free, and embeddings. */
import { answerHeaders, errorAnswer, invalidRequest } from './answer-headers.ts';
import { TOKENS_PER_REQUEST, textTokens } from './token-rule.ts';
import { PROVIDER_STYLES } from '../provider-styles.ts';
import { isObject } from '../sandbox-request.ts';
import type { SandboxRequest } from '../sandbox-request.ts';
import { jsonAnswer } from '../script.ts';
import type { Answer } from '../script.ts';

/** Listed when the sandbox was given no models; any other name is answered too. */
const MODELS_OPENAI = [
  'gpt-4.1',
  'gpt-4.1-mini',
  'gpt-4o',
  'gpt-4o-mini',
  'gpt-5',
  'gpt-5-mini',
  'text-embedding-3-small',
];
const MODELS_GOOGLE = ['gemini-2.5-flash', 'gemini-2.5-pro', 'gemini-3-flash-preview'];
const MODELS_ANTHROPIC = ['claude-opus-5', 'claude-sonnet-5', 'claude-haiku-4-5'];
/** 2026-01-01, in seconds. */
const MODEL_CREATED_S = 1_767_225_600;
const EMBEDDING_DIMENSIONS = 1536;
const EMBEDDING_DIMENSIONS_MAX = 8192;
const EMBEDDING_INPUTS_MAX = 2048;

export function answerModels(request: SandboxRequest, models: readonly string[] | null): Answer {
  const headers = answerHeaders(request, 0);
  if (PROVIDER_STYLES[request.style].shape === 'openai') {
    const data = (models ?? MODELS_OPENAI).map(openaiModel);
    return jsonAnswer(200, headers, { object: 'list', data });
  }
  if (PROVIDER_STYLES[request.style].shape === 'google') {
    const listed = (models ?? MODELS_GOOGLE).map((id) => ({ name: `models/${id}`, displayName: id }));
    return jsonAnswer(200, headers, { models: listed });
  }
  const all = models ?? MODELS_ANTHROPIC;
  const limit = Number(new URLSearchParams(request.query).get('limit') ?? 20);
  const data = all.slice(0, Math.max(1, limit)).map(anthropicModel);
  return jsonAnswer(200, headers, {
    data,
    has_more: data.length < all.length,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  });
}

/** `GET /v1/models/{id}`. */
export function answerModel(request: SandboxRequest, models: readonly string[] | null): Answer {
  const { style, path } = request;
  const anthropic = PROVIDER_STYLES[style].shape === 'anthropic';
  const known = models ?? (anthropic ? MODELS_ANTHROPIC : MODELS_OPENAI);
  // Model ids may hold slashes, bare or encoded. A malformed escape is a name like any other.
  const id = path.slice(path.lastIndexOf('/models/') + '/models/'.length).replace(/%2f/gi, '/');
  if (!known.includes(id)) return errorAnswer({ ...request, model: id }, 'model_not_found');
  return jsonAnswer(200, answerHeaders(request, 0), anthropic ? anthropicModel(id) : openaiModel(id));
}

/** `GET /api/v1/key` of OpenRouter. */
export function answerOpenrouterKey(request: SandboxRequest): Answer {
  return jsonAnswer(200, answerHeaders(request, 0), {
    data: {
      label: 'sk-or-v1-sandbox',
      limit: 100,
      usage: 0,
      limit_remaining: 100,
      limit_reset: null,
      is_free_tier: false,
      is_management_key: false,
      include_byok_in_limit: false,
      byok_usage: 0,
      rate_limit: { requests: -1, interval: '10s', note: 'This field is deprecated and safe to ignore.' },
    },
  });
}

/** `GET /v1/api-key` of xAI. */
export function answerXaiKey(request: SandboxRequest): Answer {
  return jsonAnswer(200, answerHeaders(request, 0), {
    redacted_api_key: 'xai-...dbox',
    name: 'sandbox',
    user_id: '00000000-0000-4000-8000-000000000001',
    team_id: '00000000-0000-4000-8000-000000000002',
    acls: ['api-key:endpoint:*', 'api-key:model:*'],
    api_key_blocked: false,
    api_key_disabled: false,
    team_blocked: false,
  });
}

/** `GET /user/balance` of DeepSeek, `GET /users/me/balance` of Moonshot. */
export function answerBalance(request: SandboxRequest): Answer {
  const body = request.path.endsWith('/me/balance')
    ? {
        code: 0,
        data: { available_balance: 100, voucher_balance: 0, cash_balance: 100 },
        scode: '0x0',
        status: true,
      }
    : {
        is_available: true,
        balance_infos: [
          { currency: 'USD', total_balance: '100.00', granted_balance: '0.00', topped_up_balance: '100.00' },
        ],
      };
  return jsonAnswer(200, answerHeaders(request, 0), body);
}

/** `POST /v1/embeddings`: unit vectors drawn from the text, as numbers or as base64 of little-endian floats. */
export function answerEmbeddings(request: SandboxRequest): Answer {
  const body = request.json;
  const input = isObject(body) ? body['input'] : undefined;
  if (!isObject(body) || input === undefined)
    return invalidRequest(request, "Missing required parameter: 'input'.", 'input');
  const single = typeof input === 'string' || (Array.isArray(input) && typeof input[0] === 'number');
  const texts = (single ? [input] : Array.isArray(input) ? input : []).map((item) =>
    typeof item === 'string' ? item : JSON.stringify(item),
  );
  if (texts.length === 0 || texts.length > EMBEDDING_INPUTS_MAX)
    return invalidRequest(request, "Invalid 'input': expected 1 to 2048 items.", 'input');
  const asked = body['dimensions'];
  const dimensions = Math.min(
    typeof asked === 'number' ? asked : EMBEDDING_DIMENSIONS,
    EMBEDDING_DIMENSIONS_MAX,
  );
  let tokens = TOKENS_PER_REQUEST;
  for (const text of texts) tokens += textTokens(text);
  return jsonAnswer(200, answerHeaders(request, tokens), {
    object: 'list',
    data: texts.map((text, index) => {
      const vector = unitVector(text, dimensions);
      const embedding =
        body['encoding_format'] === 'base64' ? Buffer.from(vector.buffer).toString('base64') : [...vector];
      return { object: 'embedding', index, embedding };
    }),
    model: request.model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  });
}

function unitVector(text: string, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions);
  let state = 1;
  for (let index = 0; index < text.length; index += 1)
    state = (Math.imul(state, 31) + text.charCodeAt(index)) | 0;
  let square = 0;
  for (let index = 0; index < dimensions; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    const value = state / 2 ** 31;
    vector[index] = value;
    square += value * value;
  }
  const length = Math.sqrt(square) || 1;
  return vector.map((value) => value / length);
}

function openaiModel(id: string) {
  return { id, object: 'model', created: MODEL_CREATED_S, owned_by: 'sandbox' };
}

function anthropicModel(id: string) {
  return { type: 'model', id, display_name: id, created_at: '2026-01-01T00:00:00Z' };
}
