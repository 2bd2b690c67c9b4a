/**
 * What a Claude model accepts, read from its name, because the API refuses with 400 what a version does not know.
 * Names this does not recognise (other vendors' models behind a Messages API) get the most widely accepted form.
 * Sources: docs.claude.com "Extended thinking", "Adaptive thinking", "Effort", "Structured outputs"; read 2026-07.
 */
export type ClaudeFeatures = {
  /** `none`: too old; `budget`: `thinking.budget_tokens`; `adaptive`: `thinking.type: adaptive` with an effort. */
  readonly thinking: 'none' | 'budget' | 'adaptive';
  /** Adaptive models that refuse `thinking.budget_tokens`; the first of them took both. */
  readonly budgetRefused: boolean;
  /** `output_config.effort` knows `xhigh`; before, the level above `high` is `max`. */
  readonly effortXhigh: boolean;
  /** `temperature`, `top_p` and `top_k` are refused. */
  readonly samplingRefused: boolean;
  /** `temperature` and `top_p` are refused together. */
  readonly oneSamplingField: boolean;
  /** `output_config.format` and strict tools are known. */
  readonly structuredOutput: boolean;
};

const UNKNOWN_MODEL: ClaudeFeatures = {
  thinking: 'budget',
  budgetRefused: false,
  effortXhigh: false,
  samplingRefused: false,
  oneSamplingField: false,
  structuredOutput: true,
};

export function claudeFeatures(model: string): ClaudeFeatures {
  const named = parseName(model.toLowerCase());
  if (named === null) return UNKNOWN_MODEL;
  const { family, version } = named;
  return {
    thinking: version >= 406 ? 'adaptive' : version >= 307 ? 'budget' : 'none',
    budgetRefused: version >= 407,
    effortXhigh: version >= 407,
    samplingRefused: version >= (family === 'opus' ? 407 : 500),
    oneSamplingField: version >= 401,
    structuredOutput: version >= (family === 'opus' ? 401 : 405),
  };
}

/** `claude-sonnet-4-5-20250929` → sonnet, 405; `claude-3-7-sonnet-latest` → 307; null when no Claude name. */
function parseName(model: string): { readonly family: string; readonly version: number } | null {
  const current = /claude-([a-z]+)-(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)/.exec(model);
  if (current) return { family: current[1] ?? '', version: versionOf(current[2], current[3]) };
  const older = /claude-(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)(?:-([a-z]+))?/.exec(model);
  if (older) return { family: older[3] ?? '', version: versionOf(older[1], older[2]) };
  return null;
}

function versionOf(major: string | undefined, minor: string | undefined): number {
  return Number(major ?? 0) * 100 + Number(minor ?? 0);
}
