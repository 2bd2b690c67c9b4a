/** Beginnings of keys that belong to one vendor without doubt, for the sentence that says whose key was pasted. */

export type KeyShape = {
  readonly prefix: string;
  /** The vendor's name as people know it; equals a manifest's `name` where we serve that vendor. */
  readonly vendor: string;
};

/** Longer prefixes stand before shorter ones. `sk-` alone says nothing: a dozen vendors use it. */
export const KEY_SHAPES: readonly KeyShape[] = [
  { prefix: 'sk-ant-', vendor: 'Anthropic' },
  { prefix: 'sk-or-', vendor: 'OpenRouter' },
  { prefix: 'sk-proj-', vendor: 'OpenAI' },
  { prefix: 'sk-svcacct-', vendor: 'OpenAI' },
  { prefix: 'sk-admin-', vendor: 'OpenAI' },
  { prefix: 'xai-', vendor: 'xAI' },
  { prefix: 'gsk_', vendor: 'Groq' },
  { prefix: 'tgp_v1_', vendor: 'Together AI' },
  { prefix: 'fw_', vendor: 'Fireworks AI' },
  { prefix: 'pplx-', vendor: 'Perplexity' },
  { prefix: 'csk-', vendor: 'Cerebras' },
  { prefix: 'nvapi-', vendor: 'NVIDIA' },
  { prefix: 'hf_', vendor: 'Hugging Face' },
  { prefix: 'AIza', vendor: 'Google Gemini' },
  { prefix: 'ya29.', vendor: 'Google' },
  { prefix: 'ABSK', vendor: 'AWS Bedrock' },
  { prefix: 'bedrock-api-key-', vendor: 'AWS Bedrock' },
  { prefix: 'AKIA', vendor: 'AWS' },
  { prefix: 'ASIA', vendor: 'AWS' },
  { prefix: 'ghp_', vendor: 'GitHub Models' },
  { prefix: 'github_pat_', vendor: 'GitHub Models' },
];
