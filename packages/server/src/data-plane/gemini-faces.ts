/**
 * Google's paths: `/v1beta/models/{model}:{method}` as AI Studio has them, and the longer ones of Vertex AI, whose
 * project, location and publisher name nothing here. Model, method and framing stand in the path and its query.
 */
import type { Dialect, ProviderId } from '@arouter/core';
import {
  geminiBatchEmbed,
  geminiCountTokens,
  geminiEmbed,
  geminiGenerate,
  geminiGenerateArray,
  geminiPredictEmbed,
} from '@arouter/providers';
import type { Face, FacePattern } from './face.ts';

/** What every path of this family begins with; what is unknown below it is refused in Google's shape. */
export const GEMINI_PREFIX = '/v1beta';

const PATH =
  /^\/v1(?:beta|beta1|alpha)?\/(?:projects\/[^/]+\/locations\/[^/]+\/)?(?:publishers\/([^/]+)\/)?models\/(.+):([a-zA-Z]+)$/;

type Method = {
  readonly stream: boolean;
  readonly dialect: (query: string) => Dialect;
  /** For whose models the method is known. Absent: all. */
  readonly knownFor?: RegExp;
};
const METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
  ['generateContent', { stream: false, dialect: () => geminiGenerate }],
  ['countTokens', { stream: false, dialect: () => geminiCountTokens }],
  ['embedContent', { stream: false, dialect: () => geminiEmbed }],
  ['batchEmbedContents', { stream: false, dialect: () => geminiBatchEmbed }],
  // Pictures are made by the same method, in a form that is not spoken here.
  ['predict', { stream: false, dialect: () => geminiPredictEmbed, knownFor: /embedding/ }],
  [
    'streamGenerateContent',
    { stream: true, dialect: (query) => (isServerSentEvents(query) ? geminiGenerate : geminiGenerateArray) },
  ],
]);

/** What Google's paths end with. */
export const GEMINI_METHODS: readonly string[] = [...METHODS.keys()];

export function geminiFaces(ownProvider: ProviderId): FacePattern {
  return (path, query) => {
    const [, publisher, name, methodName = ''] = PATH.exec(path) ?? [];
    const method = METHODS.get(methodName);
    if (name === undefined || method === undefined || method.knownFor?.test(name) === false) return undefined;
    const pathModel = modelName(name, publisher);
    return {
      dialect: method.dialect(query),
      defaultProvider: ownProvider,
      costInBody: false,
      context: { stream: method.stream, ...(pathModel === undefined ? {} : { pathModel }) },
    };
  };
}

/** For what is refused before anything else is known of it. */
export function anyGeminiFace(ownProvider: ProviderId): Face {
  return { dialect: geminiGenerate, defaultProvider: ownProvider, costInBody: false };
}

/** Without `alt=sse`, Google streams one JSON array. */
function isServerSentEvents(query: string): boolean {
  return new URLSearchParams(query).get('alt') === 'sse';
}

/** Undefined when it cannot be decoded. A publisher is the author of the model; the path's own need no prefix. */
function modelName(written: string, publisher: string | undefined): string | undefined {
  try {
    const name = decodeURIComponent(written);
    return publisher === undefined || name.startsWith('gemini-') ? name : `${publisher}/${name}`;
  } catch {
    // A percent sign that encodes nothing: the request is then one without a model.
    return undefined;
  }
}
