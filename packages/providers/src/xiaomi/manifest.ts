/** Xiaomi MiMo. Source: platform.xiaomimimo.com. */
import { openAiCompatible } from '../manifest/openai-compatible.ts';
import file from './models.json' with { type: 'json' };

export const manifest = openAiCompatible({
  id: 'xiaomi',
  name: 'Xiaomi MiMo',
  aliases: ['mimo'],
  keysUrl: 'https://platform.xiaomimimo.com/',
  baseUrl: 'https://api.xiaomimimo.com/v1',
  acceptsModel: /^mimo-/,
  models: file.models,
});
