/** The inference paths as the OpenAPI document shows them: read off the very table that serves them. */
import type { InferencePath } from '@arouter/contract';
import type { ProviderId, ProviderManifest } from '@arouter/core';
import type { Face } from './face.ts';
import { createFaces } from './faces.ts';
import { GEMINI_METHODS, GEMINI_PREFIX } from './gemini-faces.ts';

const MODEL_LISTS: readonly (readonly [path: string, summary: string])[] = [
  ['/v1/models', 'Models that the keys of the workspace serve'],
  ['/v1/models/{model}', 'One model'],
  ['/v1/models/{author}/{slug}/endpoints', 'Who serves the model to this workspace, and at which price'],
  ['/v1beta/models', 'The same in Google’s shape'],
  ['/v1beta/models/{model}', 'One model in Google’s shape'],
];
const RAW: InferencePath = {
  path: '/{provider}/{path}',
  methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
  summary: 'The raw proxy: the provider’s own API with the workspace’s own key',
  body: 'any',
  streamContentType: 'text/event-stream',
};

export function describeFaces(
  providers: ReadonlyMap<ProviderId, ProviderManifest>,
): readonly InferencePath[] {
  const faces = createFaces(providers);
  const gemini = GEMINI_METHODS.map((method): InferencePath => {
    const path = `${GEMINI_PREFIX}/models/{model}:${method}`;
    const face = faces.at(path.replace('{model}', 'embedding'), 'alt=sse', 'POST');
    if (face === undefined) throw new Error(`no face serves ${path}`);
    return {
      ...described(path, face),
      ...(face.context?.stream === true ? {} : { streamContentType: null }),
    };
  });
  return [
    ...[...faces.fixed].map(([path, face]) => described(path, face)),
    ...gemini,
    ...MODEL_LISTS.map(([path, summary]): InferencePath => ({
      path,
      summary,
      methods: ['GET'],
      body: null,
      streamContentType: null,
    })),
    RAW,
  ];
}

function described(path: string, { dialect, bodyType, costInBody }: Face): InferencePath {
  return {
    path,
    methods: ['POST'],
    summary: `In the format ${dialect.id}${costInBody ? ', with the cost in the answer' : ''}`,
    body: bodyType ?? 'json',
    streamContentType: dialect.streamContentType ?? null,
  };
}
