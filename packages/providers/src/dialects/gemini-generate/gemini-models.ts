/**
 * What a Gemini model accepts, read from its name, because the API refuses with 400 what a version does not know.
 * Names without a version (`gemini-flash-latest`) are today's; other families behind the API get the plainest form.
 * Sources: ai.google.dev "Thinking", "Thought signatures", "Structured outputs"; read 2026-11.
 */
export type GeminiFeatures = {
  /** `none`: too old or another family; `budget`: `thinkingBudget`; `level`: `thinkingLevel`. */
  readonly thinking: 'none' | 'budget' | 'level';
  /** Tokens that `thinkingBudget` may be, and whether 0 turns thinking off. */
  readonly budget: { readonly min: number; readonly max: number; readonly canBeOff: boolean };
  /** The levels known, least first. */
  readonly levels: readonly string[];
  /** A function call of the current turn without a signature is refused. */
  readonly signatureRequired: boolean;
  /** Function tools and a JSON answer in one request. */
  readonly jsonBesideTools: boolean;
};

const NO_BUDGET = { min: 0, max: 0, canBeOff: true };
const PLAIN: GeminiFeatures = {
  thinking: 'none',
  budget: NO_BUDGET,
  levels: [],
  signatureRequired: false,
  jsonBesideTools: false,
};

export function geminiFeatures(model: string): GeminiFeatures {
  const name = model.toLowerCase().replace(/^.*\//, '');
  const named = /^gemini-(?:(\d+)(?:\.(\d+))?-)?(.*)$/.exec(name);
  if (named === null) return PLAIN;
  const [, major, minor, variant = ''] = named;
  const version = major === undefined ? Number.POSITIVE_INFINITY : Number(major) * 100 + Number(minor ?? 0);
  if (/embedding|image|tts|audio|live|robotics|computer-use/.test(variant) && version < 300) return PLAIN;
  if (version >= 300) return levelled(version, variant);
  return version >= 205 ? { ...PLAIN, thinking: 'budget', budget: budgetOf(variant) } : PLAIN;
}

function levelled(version: number, variant: string): GeminiFeatures {
  const isFirstPro = version === 300 && variant.startsWith('pro');
  const isPro = variant.startsWith('pro');
  return {
    thinking: 'level',
    budget: NO_BUDGET,
    levels: isFirstPro
      ? ['low', 'high']
      : isPro
        ? ['low', 'medium', 'high']
        : ['minimal', 'low', 'medium', 'high'],
    signatureRequired: true,
    jsonBesideTools: true,
  };
}

function budgetOf(variant: string): GeminiFeatures['budget'] {
  if (variant.startsWith('pro')) return { min: 128, max: 32_768, canBeOff: false };
  if (variant.startsWith('flash-lite')) return { min: 512, max: 24_576, canBeOff: true };
  return { min: 1, max: 24_576, canBeOff: true };
}
