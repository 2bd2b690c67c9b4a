/**
 * The credential of an Azure OpenAI resource: its key, its address in any form, and its deployments. Also the forms in
 * which others keep it, a list with one entry per deployment among them.
 */
import type { CredentialField, CredentialType, ModelFacts, PlacedCredential } from '@arouter/core';
import { isObject, type JsonObject, stringOf } from '../dialects/shared/json-values.ts';
import { findModel } from '../manifest/find-model.ts';
import { bareName, type Deployments } from './deployments.ts';
import { readEndpoint } from './endpoint-url.ts';

const DEPLOYMENTS_MAX = 100;
const NAME = /^[\w.:-]{1,64}$/;

export function azureType(models: readonly ModelFacts[]): CredentialType {
  return {
    id: 'azure',
    label: 'Azure OpenAI',
    fields: FIELDS,
    unfold,
    place: (fields) => place(fields, models),
  };
}

const FIELDS: readonly CredentialField[] = [
  {
    name: 'api_key',
    label: 'API key',
    secret: true,
    required: true,
    input: 'text',
    help: 'One of the two keys under Keys and Endpoint of the resource.',
    aliases: ['key', 'apiKey', 'azure_api_key', 'azureApiKey'],
    check: checkApiKey,
  },
  {
    name: 'endpoint_url',
    label: 'Endpoint URL',
    secret: false,
    required: true,
    input: 'url',
    help: 'Of the resource (https://RESOURCE.openai.azure.com), or the whole address of a deployment with its api-version.',
    aliases: ['endpoint', 'endpointUrl', 'azure_endpoint', 'api_base', 'base_url'],
    check: checkUrl,
  },
  {
    name: 'deployment_name',
    label: 'Deployment name',
    secret: false,
    required: false,
    input: 'text',
    help: 'As you named it in the portal. Not needed where the address names it, or deployments are called like their models.',
    aliases: ['deployment', 'deploymentName', 'deployment_id', 'model_id', 'azure_deployment'],
    check: checkName,
  },
  {
    name: 'model',
    label: 'Model of the deployment',
    secret: false,
    required: false,
    input: 'text',
    help: 'Which model the deployment serves, e.g. gpt-4o; its price follows from it.',
    aliases: ['model_slug', 'modelSlug', 'model_name'],
    check: (value) => (/^[\w.:/-]{1,128}$/.test(value) ? undefined : 'Enter a model name such as gpt-4o.'),
  },
  {
    name: 'deployments',
    label: 'Further deployments',
    secret: false,
    required: false,
    input: 'text',
    help: 'A JSON object of deployment names and their models, e.g. {"my-4o": "gpt-4o", "my-mini": "gpt-4o-mini"}.',
    aliases: ['deployment_models'],
    check: (value) => (readDeployments(value) === null ? DEPLOYMENTS_WANTED : undefined),
  },
  {
    name: 'api_version',
    label: 'API version',
    secret: false,
    required: false,
    input: 'text',
    help: 'A dated version, e.g. 2024-10-21, for the older addresses; empty for the current API.',
    aliases: ['apiVersion', 'api-version'],
    check: (value) =>
      /^(?:\d{4}-\d{2}-\d{2}(?:-preview)?|preview|latest)$/.test(value)
        ? undefined
        : 'Enter a version such as 2024-10-21, or leave it empty.',
  },
];

const DEPLOYMENTS_WANTED = `Enter a JSON object of at most ${DEPLOYMENTS_MAX} deployment names and their models.`;

function place(fields: Readonly<Record<string, string>>, models: readonly ModelFacts[]): PlacedCredential {
  const endpoint = readEndpoint(fields['endpoint_url'] ?? '', fields['api_version'] ?? null);
  if (endpoint.kind === 'refused') return { ...endpoint, field: 'endpoint_url' };
  const deployment = fields['deployment_name'] ?? endpoint.deployment;
  const stated = fields['model'];
  if (deployment === null && stated !== undefined) {
    return {
      kind: 'refused',
      field: 'deployment_name',
      problem: 'Enter the name of the deployment of this model.',
    };
  }
  const deployments: Record<string, string> = { ...readDeployments(fields['deployments'] ?? '{}') };
  if (deployment !== null) deployments[deployment] ??= modelOf(stated, deployment, models);
  return {
    kind: 'placed',
    secret: { api_key: fields['api_key'] ?? '' },
    baseUrl: endpoint.baseUrl,
    region: null,
    options: {
      url_style: endpoint.style,
      ...(endpoint.apiVersion === null ? {} : { api_version: endpoint.apiVersion }),
      deployments,
    },
  };
}

/** Unstated, a deployment that is called like a model serves that model. */
function modelOf(stated: string | undefined, deployment: string, models: readonly ModelFacts[]): string {
  if (stated !== undefined) return bareName(stated);
  return findModel({ models }, deployment) === undefined ? '' : deployment;
}

/** One entry per deployment, as other gateways keep them: entries of one resource and key are one credential. */
function unfold(given: unknown): unknown {
  if (
    !Array.isArray(given) ||
    given.length === 0 ||
    given.length > DEPLOYMENTS_MAX ||
    !given.every(isObject)
  ) {
    return given;
  }
  const entries = given.map(readEntry);
  const [first] = entries;
  if (first === undefined) return given;
  const isOne = entries.every(
    ({ key, origin, deployment }) => key === first.key && origin === first.origin && deployment !== undefined,
  );
  if (!isOne) return given;
  const deployments = Object.fromEntries(entries.map(({ deployment, model }) => [deployment, model]));
  return { api_key: first.key, endpoint_url: first.url, deployments };
}

function readEntry(entry: JsonObject) {
  const value = (field: string): string | undefined => {
    const names = [field, ...(FIELDS.find(({ name }) => name === field)?.aliases ?? [])];
    return names.map((name) => stringOf(entry[name])).find((text) => text !== undefined);
  };
  const url = value('endpoint_url') ?? '';
  const endpoint = readEndpoint(url, null);
  const read = endpoint.kind === 'read' ? endpoint : undefined;
  return {
    key: value('api_key'),
    url,
    origin: read?.baseUrl,
    deployment: value('deployment_name') ?? read?.deployment ?? undefined,
    model: bareName(value('model') ?? ''),
  };
}

/** Null when it is not what it should be. */
function readDeployments(text: string): Deployments | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // Said by the caller, in words that do not quote it.
    return null;
  }
  if (!isObject(parsed)) return null;
  const entries = Object.entries(parsed);
  const good = entries.every(
    ([name, model]) => NAME.test(name) && typeof model === 'string' && model.length <= 128,
  );
  if (!good || entries.length > DEPLOYMENTS_MAX) return null;
  return Object.fromEntries(entries.map(([name, model]) => [name, bareName(String(model))]));
}

function checkApiKey(value: string): string | undefined {
  if (value.trim() === '') return 'The API key is empty; it stands under Keys and Endpoint of the resource.';
  if (/^https?:\/\//i.test(value)) return 'This is a URL; enter the API key, and the URL under endpoint_url.';
  if (/^["']?[{[]/.test(value)) return 'This is JSON; paste it in place of all fields, not into the API key.';
  return /^[\x21-\x7e]{8,512}$/.test(value)
    ? undefined
    : 'There is white space in the API key, or it is too short or too long; copy it again.';
}

function checkUrl(value: string): string | undefined {
  if (value.trim() === '')
    return 'The endpoint URL is empty; enter the one under Keys and Endpoint of the resource.';
  const read = readEndpoint(value, null);
  return read.kind === 'refused' ? read.problem : undefined;
}

function checkName(value: string): string | undefined {
  return NAME.test(value)
    ? undefined
    : 'This is not a deployment name; it has letters, digits, dots, hyphens and underscores.';
}
