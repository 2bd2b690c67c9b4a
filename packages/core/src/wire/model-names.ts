/** How names of models may look, and how many one request may name: the one place that says so. */

/**
 * Characters of a name as a caller writes it, with its provider or without. The longest that providers have are names of
 * resources at AWS.
 */
export const MODEL_NAME_CHARACTERS_MAX = 256;
/** Names in one request, `model` and `models` together. */
export const MODELS_PER_REQUEST_MAX = 10;
/** `provider/model`, where the model's own name is as long as a name may be. */
export const MODEL_ID_CHARACTERS_MAX = MODEL_NAME_CHARACTERS_MAX + 64;

export function hasNameLength(name: unknown): name is string {
  return typeof name === 'string' && name !== '' && name.length <= MODEL_NAME_CHARACTERS_MAX;
}

/** What people and logs can show: no control characters, and none that reverse or hide text. */
export function isModelName(name: string): boolean {
  // Nearly all names are plain.
  return hasNameLength(name) && (/^[\x21-\x7e]+$/.test(name) || !/[\p{Cc}\p{Cf}\p{Cs}]/u.test(name));
}
