/** Hosts and paths of Vertex AI. Source: cloud.google.com "Vertex AI API: service endpoints", recorded traffic. */
import type { KeyPlace, PathContext } from '@arouter/core';
import { geminiPath, modelMethod, modelSegment } from '../dialects/gemini-generate/gemini-path.ts';

export const GLOBAL_HOST = 'https://aiplatform.googleapis.com';
/** Multi-regions have hosts of another form. */
const MULTI_REGIONS: ReadonlySet<string> = new Set(['us', 'eu']);

export function vertexHost({ region }: Pick<KeyPlace, 'region'>): string | null {
  if (region === null) return null;
  if (region === 'global') return GLOBAL_HOST;
  if (MULTI_REGIONS.has(region)) return `https://aiplatform.${region}.rep.googleapis.com`;
  return /^[a-z]+-[a-z]+\d{1,2}$/.test(region) ? `https://${region}-aiplatform.googleapis.com` : GLOBAL_HOST;
}

type Place = Pick<PathContext, 'key'>;

/** An express-mode key has no project: it stands for one. */
export function publisherPath({ key }: Place, publisher: `/${string}`): string {
  const { project } = key.options;
  if (typeof project !== 'string') return `/v1beta1/publishers${publisher}`;
  return `${locationPath({ key }, project)}/publishers${publisher}`;
}

export function geminiAt(context: PathContext): string {
  return `${publisherPath(context, '/google')}${geminiPath(context)}`;
}

/** A method of Google's own models. */
export function googleMethodAt(method: string): (context: PathContext) => string {
  return (context) => `${publisherPath(context, '/google')}${modelMethod(context, method)}`;
}

/** The model that is meant stands in the body, and this name in its place. */
export function countClaudeAt(context: PathContext): string {
  return `${publisherPath(context, '/anthropic')}/models/count-tokens:rawPredict`;
}

/** `@default` is how some lists write a model without a date; the API takes both. */
export function claudeAt(context: PathContext): string {
  const method = context.stream ? 'streamRawPredict' : 'rawPredict';
  return `${publisherPath(context, '/anthropic')}/models/${modelSegment(context.upstreamModel)}:${method}`;
}

export function openModelsAt({ key }: Place): string {
  const { project } = key.options;
  return `${locationPath({ key }, typeof project === 'string' ? project : '-')}/endpoints/openapi/chat/completions`;
}

function locationPath({ key }: Place, project: string): string {
  return `/v1beta1/projects/${encodeURIComponent(project)}/locations/${encodeURIComponent(key.region ?? 'global')}`;
}
