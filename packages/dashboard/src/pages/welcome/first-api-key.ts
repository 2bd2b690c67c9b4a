/** The API key of the first run, shown once: kept while this page lives, in memory only. */
let firstApiKey: string | null = null;

export function keepFirstApiKey(key: string): void {
  firstApiKey = key;
}

/** Null after a reload: then it cannot be shown again. */
export function readFirstApiKey(): string | null {
  return firstApiKey;
}
