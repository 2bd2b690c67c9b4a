/** Ledger and configuration rows for tests, each field a plausible value unless given. */
import { randomBytes } from 'node:crypto';
import type {
  ApiKeyRecord,
  AttemptOpened,
  AttemptSettled,
  GenerationHeader,
  ProviderKeyRecord,
  TokenUsage,
  WorkspaceRecord,
} from '@arouter/core';
import { branded } from './columns.ts';

export const NOON = Date.UTC(2026, 10, 23, 12);

export function sampleHeader(given: Partial<GenerationHeader> = {}): GenerationHeader {
  const createdAt = given.createdAt ?? branded(NOON);
  return {
    id: branded(`gen-${Math.floor(createdAt / 1000)}-${randomBytes(12).toString('hex')}`),
    requestId: `req_${randomBytes(8).toString('hex')}`,
    workspaceId: branded('ws_one'),
    apiKeyId: branded('AbCdEfGhIjKl'),
    createdAt,
    dialect: branded('openai-chat'),
    modelRequested: 'gpt-5.4-mini',
    streamed: false,
    ...given,
  };
}

export function sampleOpened(given: Partial<AttemptOpened> = {}): AttemptOpened {
  const generation = given.generation ?? sampleHeader();
  return {
    generation,
    attemptNo: 1,
    openedAt: generation.createdAt,
    providerKeyId: branded('pk_one'),
    provider: branded('openai'),
    source: 'byok',
    model: branded('openai/gpt-5.4-mini'),
    upstreamModel: 'gpt-5.4-mini',
    reservedNano: branded(2_000_000),
    inputTokensEstimate: 500,
    inputCostEstimateNano: branded(125_000),
    credits: 'unmetered',
    plans: [
      {
        model: branded('openai/gpt-5.4-mini'),
        verdicts: [
          {
            kind: 'ranked',
            key: branded('pk_one'),
            label: 'Production',
            source: 'byok',
            provider: branded('openai'),
            upstreamModel: 'gpt-5.4-mini',
            rank: 1,
            weight: 1,
            share: 1,
          },
          {
            kind: 'excluded',
            key: branded('pk_two'),
            label: 'Platform',
            source: 'platform',
            provider: branded('openai'),
            reason: { code: 'fallback_denied', by: branded('pk_one') },
          },
        ],
        seed: 1_234_567_890,
      },
    ],
    ...given,
  };
}

export function sampleUsage(given: Partial<TokenUsage> = {}): TokenUsage {
  return {
    inputTokens: 500,
    cachedInputTokens: 100,
    cacheWrite5mTokens: 0,
    cacheWrite1hTokens: 0,
    outputTokens: 200,
    reasoningTokens: 50,
    audioInputTokens: 0,
    audioOutputTokens: 0,
    origin: 'provider',
    ...given,
  };
}

/** The settlement of `opened`, succeeded and final. */
export function sampleSettled(opened: AttemptOpened, given: Partial<AttemptSettled> = {}): AttemptSettled {
  const { generation, attemptNo, providerKeyId, provider, source, model, openedAt } = opened;
  return {
    generation,
    attemptNo,
    providerKeyId,
    provider,
    source,
    model,
    openedAt,
    settledAt: branded(openedAt + 850),
    outcome: 'succeeded',
    failure: null,
    upstreamStatus: 200,
    upstreamId: `chatcmpl-${randomBytes(12).toString('hex')}`,
    finishReason: 'stop',
    usage: sampleUsage(),
    costNano: branded(525e3),
    costLines: [
      {
        what: 'input',
        quantity: 500,
        nanoPerMillion: 25e7,
      },
      {
        what: 'output',
        quantity: 200,
        nanoPerMillion: 2e9,
      },
    ],
    chargedNano: branded(0),
    latencyMs: 850,
    firstByteMs: 320,
    final: true,
    callerStatus: 200,
    errorCode: null,
    refusals: [],
    fallbackReason: null,
    ...given,
  };
}

export function sampleWorkspace(given: Partial<WorkspaceRecord> = {}): WorkspaceRecord {
  return {
    id: branded('ws_one'),
    name: 'One',
    unmetered: true,
    bodiesKeptSince: null,
    createdAt: branded(NOON),
    ...given,
  };
}

export function sampleApiKey(given: Partial<ApiKeyRecord> = {}): ApiKeyRecord {
  return {
    id: branded('AbCdEfGhIjKl'),
    hash: 'a'.repeat(64),
    workspaceId: branded('ws_one'),
    kind: 'inference',
    name: 'CI',
    hint: 'lr_live_4fG…x9Q2',
    disabled: false,
    expiresAt: null,
    limitNano: branded(5_000_000_000),
    limitReset: 'monthly',
    includeByokInLimit: false,
    allowedProviders: ['openai'],
    allowedModels: null,
    rpmLimit: 60,
    createdAt: branded(NOON),
    createdBy: null,
    updatedAt: null,
    mac: new Uint8Array(32).fill(7),
    ...given,
  };
}

export function sampleProviderKey(given: Partial<ProviderKeyRecord> = {}): ProviderKeyRecord {
  const platform = given.source === 'platform';
  return {
    id: branded('pk_one'),
    workspaceId: platform ? branded('ws_platform') : branded('ws_one'),
    source: 'byok',
    provider: branded('openai'),
    credentialType: 'api_key',
    label: 'Production',
    hint: 'sk-…AbCd',
    alwaysUse: true,
    weight: 3,
    rpmLimit: 600,
    baseUrl: null,
    region: null,
    supportedModels: ['gpt-5.4*'],
    dailyBudgetNano: branded(1_000_000_000),
    monthlyBudgetNano: null,
    hardBudget: true,
    maxConcurrency: null,
    enabled: true,
    options: { organization: 'org_1' },
    destination: 'https://api.openai.com:443',
    sealed: sampleSealed(),
    secretVersion: 1,
    version: 1,
    createdAt: branded(NOON),
    updatedAt: branded(NOON),
    ...given,
  };
}

/** Begins like a sealed value; holds nothing. */
export function sampleSealed(): Uint8Array {
  return new Uint8Array([0x4c, 0x52, 0x01, 0xff, 0x00]);
}
