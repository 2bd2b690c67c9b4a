/** Which inference path speaks what: fixed paths in one table, paths with names in them as patterns, tried in order. */
import type { Dialect, DialectId, ProviderId, ProviderManifest } from '@arouter/core';
import {
  anthropicCountTokens,
  anthropicMessages,
  geminiGenerate,
  openaiChat,
  openaiCountTokens,
  openaiEmbeddings,
  openaiImages,
  openaiResponses,
  openaiSpeech,
  openaiTranscription,
  openaiTranslation,
  rerank,
} from '@arouter/providers';
import type { BodyType, Face, FacePattern, Faces } from './face.ts';
import { anyGeminiFace, GEMINI_PREFIX, geminiFaces } from './gemini-faces.ts';
import { rawFaces } from './raw-faces.ts';

type Row = {
  readonly path: string;
  readonly dialect: Dialect;
  /** The dialect whose provider a bare model name means here. */
  readonly namesOf: DialectId;
  readonly bodyType?: BodyType;
};

/** Served under /v1 and, for clients that expect cost in every answer, under /api/v1. */
const ROWS: readonly Row[] = [
  { path: '/chat/completions', dialect: openaiChat, namesOf: openaiChat.id },
  { path: '/responses', dialect: openaiResponses, namesOf: openaiChat.id },
  { path: '/responses/input_tokens', dialect: openaiCountTokens, namesOf: openaiChat.id },
  { path: '/messages', dialect: anthropicMessages, namesOf: anthropicMessages.id },
  { path: '/embeddings', dialect: openaiEmbeddings, namesOf: openaiChat.id },
  { path: '/rerank', dialect: rerank, namesOf: openaiChat.id },
  { path: '/images/generations', dialect: openaiImages, namesOf: openaiChat.id },
  { path: '/audio/speech', dialect: openaiSpeech, namesOf: openaiChat.id },
  {
    path: '/audio/transcriptions',
    dialect: openaiTranscription,
    namesOf: openaiChat.id,
    bodyType: 'multipart',
  },
  { path: '/audio/translations', dialect: openaiTranslation, namesOf: openaiChat.id, bodyType: 'multipart' },
  { path: '/messages/count_tokens', dialect: anthropicCountTokens, namesOf: anthropicMessages.id },
];

export function createFaces(providers: ReadonlyMap<ProviderId, ProviderManifest>): Faces {
  const fixed = new Map<string, Face>();
  for (const { path, dialect, namesOf, bodyType } of ROWS) {
    const defaultProvider = defaultProviderOf(namesOf, providers);
    const face = { dialect, defaultProvider, ...(bodyType === undefined ? {} : { bodyType }) };
    fixed.set(`/v1${path}`, { ...face, costInBody: false });
    fixed.set(`/api/v1${path}`, { ...face, costInBody: true });
  }
  const ownGemini = defaultProviderOf(geminiGenerate.id, providers);
  const patterns: readonly FacePattern[] = [geminiFaces(ownGemini), rawFaces(providers)];
  return {
    fixed,
    families: new Map([[GEMINI_PREFIX, anyGeminiFace(ownGemini)]]),
    at(path, query, method) {
      const known = fixed.get(path);
      if (known !== undefined) return known;
      for (const pattern of patterns) {
        const face = pattern(path, query, method);
        if (face !== undefined) return face;
      }
      return undefined;
    },
  };
}

/** Whose model a bare name means for callers of the dialect. */
export function defaultProviderOf(
  dialect: DialectId,
  providers: ReadonlyMap<ProviderId, ProviderManifest>,
): ProviderId {
  const manifest = [...providers.values()].find(({ bareNamesOf }) => bareNamesOf === dialect);
  if (manifest === undefined) throw new Error(`no provider claims the bare model names of ${dialect}`);
  return manifest.id;
}
