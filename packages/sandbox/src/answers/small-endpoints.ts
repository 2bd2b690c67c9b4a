/** Model lists, and the endpoints with which a key is tested for free. */
import { answerHeaders, errorAnswer } from './answer-headers.ts';
import { PROVIDER_STYLES } from '../provider-styles.ts';
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

function openaiModel(id: string) {
  return { id, object: 'model', created: MODEL_CREATED_S, owned_by: 'sandbox' };
}

function anthropicModel(id: string) {
  return { type: 'model', id, display_name: id, created_at: '2026-01-01T00:00:00Z' };
}
