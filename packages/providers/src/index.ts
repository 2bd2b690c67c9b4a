/** What the rest of the gateway may know of providers: the registry, and pure questions to a manifest. */
export { manifests } from './registry.gen.ts';
export { findModel } from './manifest/find-model.ts';
export {
  interpretAuthorizationFault,
  interpretKeyTest,
  interpretKeyTestFault,
  nextKeyTest,
  type KeyTestClass,
  type KeyTestResult,
  type TestedManifest,
} from './manifest/interpret-key-test.ts';
export { openaiChat } from './dialects/openai-chat/index.ts';
export { anthropicMessages } from './dialects/anthropic-messages/index.ts';
export { openaiResponses } from './dialects/openai-responses/index.ts';
export { geminiGenerate, geminiGenerateArray } from './dialects/gemini-generate/index.ts';
export { openaiEmbeddings } from './dialects/openai-embeddings/index.ts';
export { openaiImages } from './dialects/openai-images/index.ts';
export { rerank } from './dialects/rerank/index.ts';
export { openaiSpeech } from './dialects/openai-audio/speech.ts';
export { openaiTranscription, openaiTranslation } from './dialects/openai-audio/transcription.ts';
export { openaiCountTokens } from './dialects/openai-count-tokens/index.ts';
export { anthropicCountTokens } from './dialects/anthropic-count-tokens/index.ts';
export { geminiCountTokens } from './dialects/gemini-count-tokens/index.ts';
export { geminiBatchEmbed, geminiEmbed, geminiPredictEmbed } from './dialects/gemini-embed/index.ts';
export { raw } from './dialects/raw/index.ts';
