/** xAI. Sources: docs.x.ai (`GET /v1/api-key`, regions). A refused key is a 400 here; no credits are a 403 or 429. */
import {
  KEY_TEST_TIMEOUT_MS,
  LIST_MODELS,
  openAiCompatible,
  RESPONSES,
} from '../manifest/openai-compatible.ts';
import { offers } from '../manifest/operations.ts';
import file from './models.json' with { type: 'json' };

export const manifest = openAiCompatible({
  id: 'xai',
  name: 'xAI',
  aliases: ['x-ai', 'grok'],
  keysUrl: 'https://console.x.ai',
  baseUrl: 'https://api.x.ai/v1',
  regions: {
    'us-east-1': 'https://us-east-1.api.x.ai/v1',
    'us-west-2': 'https://us-west-2.api.x.ai/v1',
    'eu-west-1': 'https://eu-west-1.api.x.ai/v1',
  },
  moreDialects: [...offers('images'), RESPONSES],
  keyTest: {
    method: 'GET',
    path: '/api-key',
    notOk: [
      {
        when: /"(?:api_key_blocked|api_key_disabled|team_blocked)"\s{0,4}:\s{0,4}true/,
        class: 'bad_credential',
        message:
          'the key or its team is blocked or disabled; enable it, or make a new key at https://console.x.ai.',
      },
    ],
    fallback: LIST_MODELS,
    timeoutMs: KEY_TEST_TIMEOUT_MS,
  },
  acceptsModel: /^grok-/,
  models: file.models,
});
