/** What one setting is, and the checks that several of them share. */
export type Setting = {
  readonly env: string;
  /** The key in the YAML file. */
  readonly key: string;
  readonly fallback: string;
  readonly help: string;
  /** One sentence, when the value is not allowed. */
  readonly check: (value: string) => string | undefined;
};

export function integerBetween(min: number, max: number): Setting['check'] {
  return (value) =>
    /^\d{1,10}$/.test(value) && Number(value) >= min && Number(value) <= max
      ? undefined
      : `must be a whole number from ${min} to ${max}.`;
}

export function oneOf(allowed: readonly string[]): Setting['check'] {
  return (value) => (allowed.includes(value) ? undefined : `must be one of: ${allowed.join(', ')}.`);
}
