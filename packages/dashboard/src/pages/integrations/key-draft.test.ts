import { ManagementError } from '@arouter/contract';
import { describe, expect, test } from 'vitest';
import {
  changeOf,
  destinationChanged,
  draftOf,
  emptyDraft,
  errorsOf,
  newKeyOf,
  type Provider,
} from './key-draft.ts';
import type { ProviderKey } from './key-scope.ts';
import { readPastedCredential } from './read-pasted-credential.ts';

const field = (name: string, over: object = {}) => ({
  name,
  label: name,
  secret: true,
  required: true,
  input: 'text' as const,
  help: '',
  aliases: [],
  ...over,
});
const provider: Provider = {
  id: 'acme',
  name: 'Acme',
  aliases: [],
  model_count: 3,
  is_byok_supported: true,
  keys_url: 'https://acme.example/keys',
  base_url: 'https://api.acme.example',
  regions: [],
  credential_types: [
    { id: 'api_key', label: 'API key', fields: [field('api_key')] },
    {
      id: 'vertex',
      label: 'Service account',
      fields: [
        field('service_account_json', { input: 'textarea' }),
        field('region', { secret: false, aliases: ['location'] }),
      ],
    },
  ],
};
const [, vertex] = provider.credential_types;
if (vertex === undefined) throw new Error('two types');

const stored: ProviderKey = {
  id: 'pk_1',
  source: 'byok',
  provider: 'acme',
  credential_type: 'api_key',
  label: 'Production',
  hint: 'sk-…Ab',
  options: {},
  always_use: false,
  fallback_policy: 'allow',
  weight: 2,
  rpm_limit: 60,
  base_url: null,
  region: null,
  supported_models: null,
  daily_budget_usd: null,
  monthly_budget_usd: 20,
  hard_budget: false,
  max_concurrency: null,
  enabled: true,
  spent_today_usd: 0,
  spent_month_usd: 0,
  health: { state: 'healthy', until: null, last_error: null, models: [] },
  created_at: '2026-11-01T00:00:00.000Z',
  updated_at: '2026-11-01T00:00:00.000Z',
  last_used_at: null,
};

describe('a new key', () => {
  test('says every field that is missing or wrong, at once', () => {
    const draft = { ...emptyDraft('api_key'), weight: '0', rpmLimit: '1.5', dailyBudget: 'ten' };
    const read = newKeyOf(draft, provider);
    expect(read.kind === 'wrong' ? Object.keys(read.errors).toSorted() : read).toEqual([
      'credential.api_key',
      'daily_budget_usd',
      'rpm_limit',
      'weight',
    ]);
  });

  test('becomes a body in which what was left empty is no limit', () => {
    const draft = {
      ...emptyDraft('api_key'),
      values: { api_key: ' sk-1 ' },
      label: ' Mine ',
      dailyBudget: '$2.50',
    };
    expect(newKeyOf(draft, provider)).toMatchObject({
      kind: 'body',
      body: {
        provider: 'acme',
        credential_type: 'api_key',
        credential: { api_key: 'sk-1' },
        label: 'Mine',
        weight: 1,
        rpm_limit: null,
        daily_budget_usd: 2.5,
        supported_models: null,
      },
    });
  });
});

describe('a change', () => {
  test('sends what differs and nothing else', () => {
    const draft = { ...draftOf(stored), weight: '5', monthlyBudget: '' };
    expect(changeOf(draft, stored, provider)).toEqual({
      kind: 'body',
      body: { weight: 5, monthly_budget_usd: null },
    });
    expect(changeOf(draftOf(stored), stored, provider)).toEqual({ kind: 'body', body: {} });
  });

  test('of the destination asks for the credential, and goes with it', () => {
    const moved = { ...draftOf(stored), baseUrl: 'https://proxy.example' };
    expect(destinationChanged(moved, stored)).toBe(true);
    expect(changeOf(moved, stored, provider)).toMatchObject({
      kind: 'wrong',
      errors: { credential: expect.any(String) },
    });
    expect(changeOf({ ...moved, values: { api_key: 'sk-2' } }, stored, provider)).toEqual({
      kind: 'body',
      body: {
        base_url: 'https://proxy.example',
        credential_type: 'api_key',
        credential: { api_key: 'sk-2' },
      },
    });
  });
});

describe('what was pasted', () => {
  test('fills the fields under their names and aliases; a file inside a field becomes its text', () => {
    expect(
      readPastedCredential(
        vertex,
        '{"service_account_json": {"type": "service_account"}, "location": "us-central1"}',
      ),
    ).toEqual({
      kind: 'fields',
      values: { service_account_json: '{\n  "type": "service_account"\n}', region: 'us-central1' },
    });
  });

  test('that is the file itself goes into the field for files', () => {
    const file = '{"type": "service_account", "project_id": "p"}';
    expect(readPastedCredential(vertex, file)).toEqual({
      kind: 'fields',
      values: { service_account_json: file },
    });
  });

  test('that mixes known and unknown names stays whole: the server says what is wrong with it', () => {
    expect(readPastedCredential(vertex, '{"region": "x", "nonsense": 1}')).toEqual({ kind: 'whole' });
    expect(readPastedCredential(vertex, '[{"region": "x"}]')).toEqual({ kind: 'whole' });
  });

  test('that is not JSON is said to be so, without a word of it', () => {
    const pasted = readPastedCredential(vertex, '{"api_key": "sk-very-secret"');
    expect(pasted.kind === 'broken' && !pasted.problem.includes('sk-very-secret')).toBe(true);
  });
});

test('a refusal of several fields is put at each, with its own sentence', () => {
  const facts = { status: 400, code: 'invalid_request', requestId: null, retryAfterSeconds: null };
  const error = new ManagementError('`weight` must be a whole number. `credential.region` is required.', {
    ...facts,
    fields: ['weight', 'credential.region'],
  });
  expect(errorsOf(error)).toEqual({
    weight: '`weight` must be a whole number.',
    'credential.region': '`credential.region` is required.',
  });
  expect(errorsOf(new ManagementError('No.', { ...facts, fields: [] }))).toEqual({ '': 'No.' });
});
