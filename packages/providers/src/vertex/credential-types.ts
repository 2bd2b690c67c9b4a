/** The credential forms of Vertex AI: a service account's key file, or an API key of its express mode. */
import type { CredentialType, PlacedCredential } from '@arouter/core';
import { SERVICE_ACCOUNT_FIELD } from '../auth/google-service-account/google-service-account.ts';
import {
  parseServiceAccount,
  serviceAccountJson,
} from '../auth/google-service-account/parse-service-account.ts';
import { apiKeyCredential } from '../manifest/api-key-credential.ts';

const KEYS_URL = 'https://console.cloud.google.com/iam-admin/serviceaccounts';

export const serviceAccountType: CredentialType = {
  id: 'vertex',
  label: 'Service account',
  fields: [
    {
      name: SERVICE_ACCOUNT_FIELD,
      label: 'Service account JSON',
      secret: true,
      required: true,
      input: 'textarea',
      help: `Paste the JSON key file of a service account with the role Vertex AI User; make one at ${KEYS_URL}.`,
      aliases: ['service_account', 'service_account_key', 'credentials_json'],
      check: (value) => {
        const parsed = parseServiceAccount(value);
        return parsed.kind === 'refused' ? parsed.problem : undefined;
      },
    },
    {
      name: 'region',
      label: 'Region',
      secret: false,
      required: false,
      input: 'text',
      help: 'Where the models answer, e.g. us-central1 or global (the default).',
      aliases: ['location'],
      check: checkRegion,
    },
    {
      name: 'project',
      label: 'Project',
      secret: false,
      required: false,
      input: 'text',
      help: 'The project that is billed; the one of the service account where this is empty.',
      aliases: ['project_id'],
      check: checkProject,
    },
  ],
  place,
};

export const expressKeyType: CredentialType = {
  ...apiKeyCredential({
    vendor: 'Google Vertex AI',
    keysUrl: 'https://console.cloud.google.com/apis/credentials',
  }),
  label: 'API key (express mode)',
};

function checkRegion(value: string): string | undefined {
  if (/^(?:global|us|eu|[a-z]+-[a-z]+\d{1,2})$/.test(value)) return undefined;
  return 'This is no region of Google Cloud; enter one such as us-central1, europe-west4 or global.';
}

function checkProject(value: string): string | undefined {
  if (/^(?:[a-z0-9.-]{1,64}:)?[a-z0-9][a-z0-9-]{3,62}$/.test(value)) return undefined;
  return 'This is no project of Google Cloud; enter its id (such as my-project-123), not its name.';
}

function place(fields: Readonly<Record<string, string>>): PlacedCredential {
  const parsed = parseServiceAccount(fields[SERVICE_ACCOUNT_FIELD] ?? '');
  if (parsed.kind === 'refused')
    return { kind: 'refused', field: SERVICE_ACCOUNT_FIELD, problem: parsed.problem };
  const project = fields['project'] ?? parsed.account.projectId;
  const problem = checkProject(project);
  if (problem !== undefined) return { kind: 'refused', field: 'project', problem };
  return {
    kind: 'placed',
    secret: { [SERVICE_ACCOUNT_FIELD]: serviceAccountJson(parsed.account) },
    baseUrl: null,
    region: fields['region'] ?? null,
    options: { project },
  };
}
