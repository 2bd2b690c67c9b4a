/** What a provider of the OpenAI family may offer besides chat, each at its usual path below the base URL. */
import type { Dialect, ProviderDialect } from '@arouter/core';
import { openaiSpeech } from '../dialects/openai-audio/speech.ts';
import { openaiTranscription, openaiTranslation } from '../dialects/openai-audio/transcription.ts';
import { openaiEmbeddings } from '../dialects/openai-embeddings/index.ts';
import { openaiImages } from '../dialects/openai-images/index.ts';
import { rerank } from '../dialects/rerank/index.ts';

export type OfferedOperation = keyof typeof OPERATION_PATHS;

const OPERATION_PATHS = {
  embeddings: { dialect: openaiEmbeddings, path: '/embeddings' },
  rerank: { dialect: rerank, path: '/rerank' },
  images: { dialect: openaiImages, path: '/images/generations' },
  speech: { dialect: openaiSpeech, path: '/audio/speech' },
  transcription: { dialect: openaiTranscription, path: '/audio/transcriptions' },
  translation: { dialect: openaiTranslation, path: '/audio/translations' },
} as const satisfies Readonly<Record<string, { readonly dialect: Dialect; readonly path: string }>>;

export function offers(...operations: readonly OfferedOperation[]): readonly ProviderDialect[] {
  return operations.map((operation) => {
    const { dialect, path } = OPERATION_PATHS[operation];
    return { dialect, path: () => path, quirks: {} };
  });
}

/** Where a provider has it elsewhere: an absolute path below the base URL, or on the host itself. */
export function offerAt(operation: OfferedOperation, path: string): ProviderDialect {
  return { dialect: OPERATION_PATHS[operation].dialect, path: () => path, quirks: {} };
}
