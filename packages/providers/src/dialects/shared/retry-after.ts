/** How long a provider asks us to wait, in all the ways providers say it. Junk says nothing: null. */

export const RETRY_AFTER_MS_MAX = 24 * 60 * 60 * 1000;

export type HeaderLookup = (name: string) => string | undefined;

/** What of a failure says how long to wait. */
export type WaitHints = {
  readonly status: number;
  readonly header: HeaderLookup;
  readonly message: string;
  /** `google.rpc.RetryInfo.retryDelay`, e.g. `34.4s`; null when absent. */
  readonly retryDelay: string | null;
};

/**
 * Milliseconds, clamped to 24 h; null when nothing usable is stated. Read only where a wait makes sense (429 and from
 * 498 on): Anthropic sends `retry-after` with plain successes too. Dates count from the answer's own `date` header,
 * so no clock is needed and the provider's may be wrong.
 */
export function readRetryAfter(hints: WaitHints): number | null {
  const { status, header, message, retryDelay } = hints;
  if (status !== 429 && status < 498) return null;
  const ms =
    decimal(header('retry-after-ms')) ??
    waitMs(header('retry-after'), header('date')) ??
    durationMs(retryDelay ?? undefined) ??
    waitInMessage(message) ??
    (status === 429 ? rateLimitReset(header, message) : null);
  return ms === null ? null : Math.min(Math.max(Math.ceil(ms), 0), RETRY_AFTER_MS_MAX);
}

/** `1m30s`, `6ms`, `17.399999999s`, `2 minutes`; a bare number is seconds. Milliseconds; null for junk. */
export function durationMs(text: string | undefined): number | null {
  if (text === undefined || text.length > 64) return null;
  const trimmed = text.trim();
  const seconds = decimal(trimmed);
  if (seconds !== null) return seconds * 1000;
  const match = LEADING_DURATION.exec(trimmed);
  return match !== null && match[0].length === trimmed.length ? sumOfParts(match[0]) : null;
}

/** RFC 9110 IMF-fixdate (`Sun, 06 Nov 1994 08:49:37 GMT`) or RFC 3339 in UTC → milliseconds since 1970; else null. */
export function dateMs(text: string | undefined): number | null {
  if (text === undefined) return null;
  const fixed = IMF_FIXDATE.exec(text.trim());
  if (fixed !== null) {
    const [, day, monthName = '', year, hour, minute, second] = fixed;
    const month = MONTHS.indexOf(monthName.toLowerCase()) / 3 + 1;
    return Number.isInteger(month) && month > 0 ? epochMs([year, month, day, hour, minute, second]) : null;
  }
  const rfc3339 = RFC_3339.exec(text.trim());
  return rfc3339 === null ? null : epochMs(rfc3339.slice(1, 7));
}

const DECIMAL = /^\d{1,15}(?:\.\d{0,15})?$/;
const LEADING_DURATION =
  /^(?:\d{1,9}(?:\.\d{1,12})? ?(?:ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)(?![a-z]),? ?){1,5}/i;
const DURATION_PART = /(\d{1,9}(?:\.\d{1,12})?) ?([a-z]+)/gi;
const WAIT_IN_MESSAGE = /(?:try again|retry)(?: your request)? (?:in|after) (?=\d)/i;
const IMF_FIXDATE = /^[a-z]{3,9}, (\d{2}) ([a-z]{3}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) (?:GMT|UTC)$/i;
const RFC_3339 = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})?(?:Z|\+00:00)$/i;
const MONTHS = 'janfebmaraprmayjunjulaugsepoctnovdec';
/** What the resets and remainders of rate limits are named after; '' is the bare pair (Together, OpenRouter). */
const RATE_LIMITS = ['requests', 'tokens', 'input-tokens', 'output-tokens', ''] as const;

function decimal(text: string | undefined): number | null {
  return text !== undefined && DECIMAL.test(text.trim()) ? Number(text) : null;
}

/** `retry-after` and resets: seconds, a duration, a date or a Unix time in seconds or milliseconds. */
function waitMs(text: string | undefined, date: string | undefined): number | null {
  const wait = durationMs(text);
  const number = decimal(text);
  const at = number === null ? dateMs(text) : unixTimeMs(number);
  if (at === null) return wait;
  const now = dateMs(date);
  return now === null ? null : at - now;
}

/** A number too large to be a wait in seconds is a point in time. */
function unixTimeMs(number: number): number | null {
  if (number > 1e12) return number;
  return number > 1e9 ? number * 1000 : null;
}

function waitInMessage(message: string): number | null {
  const found = WAIT_IN_MESSAGE.exec(message);
  if (found === null) return null;
  const match = LEADING_DURATION.exec(message.slice(found.index + found[0].length, found.index + 128));
  return match === null ? null : sumOfParts(match[0]);
}

function sumOfParts(duration: string): number {
  let ms = 0;
  for (const [, amount, unit = ''] of duration.matchAll(DURATION_PART)) ms += Number(amount) * unitMs(unit);
  return ms;
}

function unitMs(unit: string): number {
  const name = unit.toLowerCase();
  if (name === 'ms' || name.startsWith('milli')) return 1;
  if (name.startsWith('s')) return 1000;
  if (name.startsWith('m')) return 60_000;
  return name.startsWith('h') ? 3_600_000 : 86_400_000;
}

/**
 * The reset of the limit that is used up, or of the one that the message names, or the latest. `x-ratelimit-reset-*`
 * as OpenAI, Groq and Azure send them; `anthropic-ratelimit-*-reset`; the bare form of Together and OpenRouter.
 */
function rateLimitReset(header: HeaderLookup, message: string): number | null {
  const date = header('date');
  const limits: { readonly ms: number; readonly usedUp: boolean; readonly named: boolean }[] = [];
  for (const name of RATE_LIMITS) {
    const suffix = name === '' ? '' : `-${name}`;
    const reset = header(`x-ratelimit-reset${suffix}`) ?? header(`anthropic-ratelimit${suffix}-reset`);
    const ms = waitMs(reset, date);
    if (ms === null) continue;
    const remaining =
      header(`x-ratelimit-remaining${suffix}`) ?? header(`anthropic-ratelimit${suffix}-remaining`) ?? '0';
    limits.push({ ms, usedUp: Number(remaining) <= 0, named: name !== '' && message.includes(name) });
  }
  const usedUp = limits.filter((limit) => limit.usedUp);
  const named = limits.filter((limit) => limit.named);
  const believed = usedUp.length > 0 ? usedUp : named.length > 0 ? named : limits;
  return believed.length === 0 ? null : Math.max(...believed.map((limit) => limit.ms));
}

/** Proleptic Gregorian, UTC; null when a field is out of its range. */
function epochMs(fields: readonly (string | number | undefined)[]): number | null {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = fields.map(Number);
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) return null;
  // Days since 1970 with years that begin in March, so that the leap day is the last of its year.
  const marchYear = month <= 2 ? year - 1 : year;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  const days = marchYear * 365 + leapDays + dayOfYear - 719_468;
  return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000;
}
