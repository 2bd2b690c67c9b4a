/** The calls the demonstration makes: plain fetch against the gateway's public HTTP API, as any script would. */

export type DemoAccess = {
  readonly gatewayUrl: string;
  readonly managementKey: string;
  readonly operatorKey: string;
  readonly apiKey: string;
};
export type ShownKey = {
  readonly id: string;
  readonly label: string;
  readonly spent_today_usd: number;
  readonly daily_budget_usd: number | null;
  readonly health: {
    readonly state: string;
    readonly until: string | null;
    readonly last_error: { readonly class: string; readonly message: string } | null;
    readonly models?: readonly { readonly model: string; readonly until: string | null }[];
  };
};
export type ShownVerdict = {
  readonly provider_key_id: string;
  readonly label: string;
  readonly source: string;
  readonly kind: string;
  readonly rank: number | null;
  readonly share: number | null;
  readonly reason: { readonly code: string; readonly message: string } | null;
};
export type ShownAttempt = {
  readonly provider_key_id: string;
  readonly source: string;
  readonly outcome: string | null;
  readonly status: number | null;
  readonly failure: { readonly class: string; readonly message: string } | null;
};
export type ShownGeneration = {
  readonly id: string;
  readonly route: {
    readonly plans: readonly { readonly verdicts: readonly ShownVerdict[] }[];
    readonly attempts: readonly ShownAttempt[];
  };
};
export type UsageSummary = {
  readonly total_requests: number;
  readonly byok_requests: number;
  readonly platform_requests: number;
  readonly estimated_byok_spend_usd: number;
  readonly platform_spend_usd: number;
  readonly byok_error_rate: number | null;
};

/** One chat request's answer, with the headers that explain it. */
export type Served = {
  readonly status: number;
  readonly keyId: string | null;
  readonly source: string | null;
  readonly attempts: number;
  readonly generationId: string | null;
  readonly fallbackReason: string | null;
  readonly retryAfter: string | null;
  /** Null on success. */
  readonly error: { readonly code: string; readonly message: string } | null;
};

export type KeyFields = Readonly<Record<string, unknown>>;
export type DemoClient = ReturnType<typeof createDemoClient>;

/** A priced model, so that money moves: 2 and 8 USD per million tokens. */
export const DEMO_MODEL = 'openai/gpt-4.1';
const OUTPUT_TOKENS_MAX = 25;

export function createDemoClient(access: DemoAccess) {
  const manage = managerOf(access.gatewayUrl, access.managementKey);
  const operate = managerOf(access.gatewayUrl, access.operatorKey);
  return {
    addKey: async (fields: KeyFields) => data<ShownKey>(await manage('POST', '/api/v1/byok', fields)),
    editKey: async (id: string, fields: KeyFields) =>
      data<ShownKey>(await manage('PATCH', `/api/v1/byok/${id}`, fields)),
    readKey: async (id: string) => data<ShownKey>(await manage('GET', `/api/v1/byok/${id}`)),
    deleteKey: async (id: string) => void (await manage('DELETE', `/api/v1/byok/${id}`)),
    reenableKey: async (id: string) => void (await manage('POST', `/api/v1/byok/${id}/reenable`)),
    addPlatformKey: async (fields: KeyFields) =>
      data<ShownKey>(await operate('POST', '/api/v1/platform-keys', fields)),
    preview: async () => {
      const body = { model: DEMO_MODEL, messages: [] };
      return data<{ verdicts: readonly ShownVerdict[] }>(
        await manage('POST', '/api/v1/routing/preview', body),
      ).verdicts;
    },
    generation: async (id: string) =>
      (await manage('GET', `/api/v1/generation?id=${encodeURIComponent(id)}`)) as ShownGeneration,
    attemptsInLedger: async () => await countAttempts(manage),
    usage: async () => (await manage('GET', '/api/usage/summary')) as UsageSummary,
    ask: async (text: string): Promise<Served> => await ask(access, text),
  };
}

type Page = { readonly data: readonly { readonly attempts: number }[]; readonly next_cursor: string | null };

/** Over all pages of the generations. */
async function countAttempts(manage: Manager): Promise<number> {
  let attempts = 0;
  let cursor: string | null = '';
  while (cursor !== null) {
    const query: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page = (await manage('GET', `/api/v1/generations?limit=50${query}`)) as Page;
    for (const each of page.data) attempts += each.attempts;
    cursor = page.next_cursor;
  }
  return attempts;
}

async function ask({ gatewayUrl, apiKey }: DemoAccess, text: string): Promise<Served> {
  const response = await fetch(`${gatewayUrl}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: DEMO_MODEL,
      max_tokens: OUTPUT_TOKENS_MAX,
      messages: [{ role: 'user', content: text }],
    }),
  });
  const body = (await response.json()) as { error?: { code: string; message: string } };
  const header = (name: string): string | null => response.headers.get(name);
  return {
    status: response.status,
    keyId: header('x-arouter-provider-key'),
    source: header('x-arouter-source'),
    attempts: Number(header('x-arouter-attempts') ?? 0),
    generationId: header('x-generation-id'),
    fallbackReason: header('x-arouter-fallback-reason'),
    retryAfter: header('retry-after'),
    error: response.ok ? null : (body.error ?? { code: 'none', message: 'the answer has no error object' }),
  };
}

type Manager = (method: string, path: string, body?: unknown) => Promise<unknown>;

/** Throws with the gateway's own sentence when it refuses: the demonstration cannot go on without its keys. */
function managerOf(gatewayUrl: string, key: string): Manager {
  return async (method, path, body) => {
    const response = await fetch(gatewayUrl + path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${text}`);
    return text === '' ? null : (JSON.parse(text) as unknown);
  };
}

function data<T>(answer: unknown): T {
  return (answer as { data: T }).data;
}
