/** Databricks. Source: docs.databricks.com machine-learning/foundation-models. */
import { emptyChatProbe, openAiCompatible } from '../manifest/openai-compatible.ts';
import { offers } from '../manifest/operations.ts';
import file from './models.json' with { type: 'json' };

export const manifest = openAiCompatible({
  id: 'databricks',
  name: 'Databricks',
  keysUrl: 'https://docs.databricks.com/aws/en/dev-tools/auth/pat',
  // https://WORKSPACE_HOST/serving-endpoints: every customer has a host of their own.
  baseUrl: null,
  // Its list of models is public, or there is none: it would prove nothing.
  keyTest: emptyChatProbe('databricks-gpt-oss-20b'),
  moreDialects: [...offers('embeddings')],
  acceptsModel: /\S/,
  models: file.models,
});
