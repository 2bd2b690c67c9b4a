/** Counts, shares and durations in words. Null is "no answer", which is not nought. */
const whole = new Intl.NumberFormat('en-US');
const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });

export function countWords(count: number): string {
  return whole.format(count);
}

/** For narrow places: `1.2M`. */
export function compactWords(count: number): string {
  return count < 10_000 ? whole.format(count) : compact.format(count);
}

/** `part` 0–1. What is neither none nor all is never shown as `0 %` or `100 %`. */
export function shareWords(part: number | null): string {
  if (part === null) return '–';
  if (part === 0) return '0 %';
  const percent = part * 100;
  if (percent < 0.1) return '<0.1 %';
  if (percent > 99.9 && percent < 100) return '>99.9 %';
  return `${percent < 10 && percent !== Math.round(percent) ? percent.toFixed(1) : Math.round(percent)} %`;
}

export function durationWords(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`;
}

/** In the units that settings are given in: `256 KiB`. */
export function bytesWords(bytes: number): string {
  if (bytes < 1_024) return `${bytes} bytes`;
  const [amount, unit] = bytes < 1_048_576 ? [bytes / 1_024, 'KiB'] : [bytes / 1_048_576, 'MiB'];
  return `${amount < 10 && amount !== Math.round(amount) ? amount.toFixed(1) : Math.round(amount)} ${unit}`;
}
