/** The management API as a script uses it: plain HTTP with a key. Answers are typed by what the tests read of them. */
import type { Gateway } from './start-gateway.ts';

export type ProviderKeyFields = Readonly<Record<string, unknown>>;
export type ShownProviderKey = {
  readonly enabled: boolean;
  readonly id: string;
  readonly label: string;
  readonly provider: string;
  readonly source: 'byok' | 'platform';
  readonly health: {
    readonly state: string;
    readonly last_error: { readonly class: string; readonly message: string } | null;
  };
};
export type ShownVerdict = {
  readonly provider_key_id: string;
  readonly source: 'byok' | 'platform';
  readonly kind: 'ranked' | 'excluded';
  readonly rank: number | null;
  readonly share: number | null;
  readonly reason: { readonly code: string; readonly message: string } | null;
};
export type ShownAttempt = {
  readonly provider_key_id: string;
  readonly source: string;
  readonly upstream_model: string;
  readonly outcome: string | null;
  readonly status: number | null;
  readonly failure: { readonly class: string; readonly message: string } | null;
  readonly cost_usd: number | null;
  readonly charged_usd: number;
  readonly charge_capped: boolean;
  readonly reserved_usd: number;
};
export type ShownUsage = {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly cost: number | null;
  readonly is_byok: boolean;
  readonly estimated: boolean;
  readonly prompt_tokens_details: { readonly cached_tokens: number; readonly cache_write_tokens: number };
  readonly completion_tokens_details: { readonly reasoning_tokens: number };
};
export type ShownGeneration = {
  readonly id: string;
  readonly model: string;
  readonly provider: string | null;
  readonly status: string;
  readonly streamed: boolean;
  readonly source: 'byok' | 'platform' | null;
  readonly provider_key_id: string | null;
  readonly finish_reason: string | null;
  readonly usage: ShownUsage | null;
  readonly route: {
    readonly plans: readonly { readonly model: string; readonly verdicts: readonly ShownVerdict[] }[];
    readonly attempts: readonly ShownAttempt[];
  };
};
export type UsageRow = {
  readonly requests: number;
  readonly byok_requests: number;
  readonly platform_requests: number;
  readonly estimated_byok_spend_usd: number;
  readonly platform_spend_usd: number;
  readonly estimated_cost_usd: number;
  readonly source: 'byok' | 'platform' | 'mix';
};
export type UsageSummary = Omit<UsageRow, 'requests' | 'source'> & {
  readonly total_requests: number;
  readonly errors: number;
  readonly by_provider: readonly (UsageRow & { readonly provider_id: string })[];
  readonly by_model: readonly (UsageRow & { readonly provider_id: string; readonly model: string })[];
};

export type ManagementClient = ReturnType<typeof createManagementClient>;

/** Every method throws with the gateway's own sentence when it is refused. */
export function createManagementClient({ url, keys }: Pick<Gateway, 'url' | 'keys'>) {
  const manage = caller(url, keys.managementKey);
  const operate = caller(url, keys.operatorKey);
  return {
    manage,
    operate,
    addKey: async (fields: ProviderKeyFields) =>
      dataOf<ShownProviderKey>(await manage('POST', '/api/v1/byok', fields)),
    editKey: async (id: string, fields: ProviderKeyFields) =>
      dataOf<ShownProviderKey>(await manage('PATCH', `/api/v1/byok/${id}`, fields)),
    deleteKey: async (id: string) => void (await manage('DELETE', `/api/v1/byok/${id}`)),
    readKey: async (id: string) => dataOf<ShownProviderKey>(await manage('GET', `/api/v1/byok/${id}`)),
    reenableKey: async (id: string) => void (await manage('POST', `/api/v1/byok/${id}/reenable`)),
    addPlatformKey: async (fields: ProviderKeyFields) =>
      dataOf<ShownProviderKey>(await operate('POST', '/api/v1/platform-keys', fields)),
    reenablePlatformKey: async (id: string) =>
      void (await operate('POST', `/api/v1/platform-keys/${id}/reenable`)),
    generation: async (id: string) =>
      (await manage('GET', `/api/v1/generation?id=${encodeURIComponent(id)}`)) as ShownGeneration,
    usage: async () => (await manage('GET', '/api/usage/summary')) as UsageSummary,
  };
}

function caller(url: string, key: string) {
  return async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${text}`);
    return text === '' ? null : (JSON.parse(text) as unknown);
  };
}

function dataOf<T>(answer: unknown): T {
  return (answer as { readonly data: T }).data;
}
