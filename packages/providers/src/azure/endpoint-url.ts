/**
 * The address of an Azure OpenAI resource in any of its forms → where it is called and how. Source: learn.microsoft.com,
 * "Azure OpenAI API versions" and "Azure OpenAI in Foundry Models v1 API".
 */

/** `deployments`: the deployment in the path and a dated version; `v1` and `models`: the deployment in the body. */
export type UrlStyle = 'v1' | 'deployments' | 'models';
export type AzureEndpoint = {
  readonly kind: 'read';
  /** Up to where the styles differ: `https://{resource}/openai` or `https://{resource}/models`. */
  readonly baseUrl: string;
  readonly style: UrlStyle;
  readonly apiVersion: string | null;
  /** The one that stands in the path. */
  readonly deployment: string | null;
};
/** One sentence; never quotes the address. */
export type UnreadableEndpoint = { readonly kind: 'refused'; readonly problem: string };

/** General availability; what a dated path gets that states no version. */
const API_VERSION_DEFAULT = '2024-10-21';
const MODELS_VERSION_DEFAULT = '2024-05-01-preview';
/** First dated version with `stream_options` and `max_completion_tokens`. */
const NEWER_FIELDS_SINCE = '2024-09-01';

/** `statedVersion` is the credential's own field, which wins over the one in the address. */
export function readEndpoint(text: string, statedVersion: string | null): AzureEndpoint | UnreadableEndpoint {
  const url = parseUrl(text);
  if (url === null) {
    return refused(
      'This is not a URL; enter the one of your resource, e.g. https://RESOURCE.openai.azure.com.',
    );
  }
  const apiVersion = statedVersion ?? url.searchParams.get('api-version');
  // From where a run of slashes begins: tried from each of them it would cost the square of its length.
  const path = url.pathname.replace(/(?<!\/)\/+$/, '');
  const found = /^(.*?)\/openai(?:\/(.*))?$/.exec(path);
  if (found !== null) {
    return openAiEndpoint(`${url.origin}${found[1] ?? ''}/openai`, found[2] ?? '', apiVersion);
  }
  if (/^\/models(?:\/chat\/completions)?$/.test(path)) {
    const baseUrl = `${url.origin}/models`;
    return { ...READ, baseUrl, style: 'models', apiVersion: apiVersion ?? MODELS_VERSION_DEFAULT };
  }
  if (path === '') return openAiEndpoint(`${url.origin}/openai`, '', apiVersion);
  return refused(
    'This path is not one of Azure OpenAI; enter the address of the resource alone, or of a deployment with /openai/deployments/NAME.',
  );
}

/** False for dated versions from before the API knew the newer fields. */
export function knowsNewerFields(style: unknown, apiVersion: unknown): boolean {
  return style !== 'deployments' || typeof apiVersion !== 'string' || apiVersion >= NEWER_FIELDS_SINCE;
}

const READ = { kind: 'read', deployment: null } as const;

function openAiEndpoint(
  baseUrl: string,
  rest: string,
  apiVersion: string | null,
): AzureEndpoint | UnreadableEndpoint {
  const [first = '', second = ''] = rest.split('/');
  if (first === 'deployments' && second !== '') {
    const deployment = decoded(second);
    return {
      ...READ,
      baseUrl,
      style: 'deployments',
      apiVersion: apiVersion ?? API_VERSION_DEFAULT,
      deployment,
    };
  }
  const isDated = apiVersion !== null && /^\d{4}-/.test(apiVersion);
  // The v1 paths have no dated versions; one beside them is left over from before.
  if (first === 'v1') return { ...READ, baseUrl, style: 'v1', apiVersion: isDated ? null : apiVersion };
  return { ...READ, baseUrl, style: isDated ? 'deployments' : 'v1', apiVersion };
}

function parseUrl(text: string): URL | null {
  if (!/^https?:\/\//i.test(text.trim())) return null;
  try {
    return new URL(text.trim());
  } catch {
    // What is wrong with it is said by the caller, without the parser's words.
    return null;
  }
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    // Not percent-encoded: the name as it stands.
    return segment;
  }
}

function refused(problem: string): UnreadableEndpoint {
  return { kind: 'refused', problem };
}
