/** An error of the table as one provider sends it: its own row, in its shape, with key, model and request filled in. */
import { PROVIDER_STYLES } from '../provider-styles.ts';
import type { ProviderStyle, StyleName, WireShape } from '../provider-styles.ts';
import type { HeaderList } from '../script.ts';
import { BY_PROVIDER, BY_SHAPE, type ErrorAnswer, type ErrorPresetName } from './error-rows.ts';
import { googleErrorFor } from './google-errors.ts';

export type PresetFacts = {
  readonly style: StyleName;
  readonly key: string | null;
  readonly model: string | null;
  readonly requestId: string;
};

/** The error in the words of the style's provider. Never carries the whole key: providers mask it, and so do we. */
export function presetError(
  name: ErrorPresetName,
  facts: PresetFacts,
): { status: number; headers: HeaderList; body: string } {
  const style: ProviderStyle = PROVIDER_STYLES[facts.style];
  const row = rowOf(style.errors[name] ?? name, style.shape);
  const text = typeof row.body === 'string' ? row.body : JSON.stringify(row.body);
  const body = text.replace(/\{(key|model|request_id)\}/g, (_whole, place: string) => {
    const value =
      place === 'key' ? maskedKey(facts.key) : place === 'model' ? (facts.model ?? '') : facts.requestId;
    // Inside a JSON string: quotes and control characters of a hostile model name stay data.
    return JSON.stringify(value).slice(1, -1);
  });
  return { status: row.status, headers: Object.entries(row.headers ?? {}), body };
}

/** As OpenAI prints it: eight characters, stars, four characters. */
export function maskedKey(key: string | null): string {
  if (key === null) return '';
  return key.length <= 12
    ? '*'.repeat(key.length)
    : `${key.slice(0, 8)}${'*'.repeat(key.length - 12)}${key.slice(-4)}`;
}

function rowOf(name: ErrorPresetName, shape: WireShape): ErrorAnswer {
  if (name in BY_SHAPE) {
    const row = BY_SHAPE[name as keyof typeof BY_SHAPE];
    return shape === 'google' ? googleErrorFor(name, row.openai) : row[shape];
  }
  return BY_PROVIDER[name as keyof typeof BY_PROVIDER];
}
