/** StepFun. Source: platform.stepfun.com/docs. */
import { openAiCompatible } from '../manifest/openai-compatible.ts';
import file from './models.json' with { type: 'json' };

export const manifest = openAiCompatible({
  id: 'stepfun',
  name: 'StepFun',
  aliases: ['step'],
  keysUrl: 'https://platform.stepfun.com/interface-key',
  baseUrl: 'https://api.stepfun.com/v1',
  acceptsModel: /^step-/,
  models: file.models,
});
