/** Any endpoint of the user's own that speaks the OpenAI chat dialect: vLLM, Ollama, LM Studio, another gateway. */
import { LIST_MODELS, emptyChatProbe, openAiCompatible } from '../manifest/openai-compatible.ts';
import { offers } from '../manifest/operations.ts';
import file from './models.json' with { type: 'json' };

const probe = emptyChatProbe('key-test');

export const manifest = openAiCompatible({
  id: 'custom',
  name: 'Custom endpoint',
  aliases: ['openai-compatible'],
  keysUrl: '',
  baseUrl: null,
  keyTest: {
    ...LIST_MODELS,
    // No model of ours is known there; to be told so is to have been let in.
    fallback: {
      ...probe,
      alsoOk: [
        ...(probe.alsoOk ?? []),
        { status: 404, message: 'The key was accepted.', when: /model/i },
        { status: 400, message: 'The key was accepted.', when: /model/i },
      ],
    },
  },
  models: file.models,
  // It may be another gateway, with names of its own.
  ownVariants: true,
  moreDialects: [...offers('embeddings', 'rerank', 'images', 'speech', 'transcription', 'translation')],
  acceptsModel: /\S/,
});
