import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dateMs, durationMs, readRetryAfter, RETRY_AFTER_MS_MAX } from './retry-after.ts';

type Hints = { readonly status?: number; readonly message?: string; readonly retryDelay?: string };
function wait(
  headers: Readonly<Record<string, string>>,
  { status = 429, message = '', retryDelay }: Hints = {},
) {
  return readRetryAfter({ status, header: (name) => headers[name], message, retryDelay: retryDelay ?? null });
}
const date = 'Mon, 23 Nov 2026 07:00:00 GMT';

test.each([
  [{ 'retry-after': '20' }, 20_000],
  [{ 'retry-after': '0.5' }, 500],
  [{ 'retry-after': '0' }, 0],
  [{ 'retry-after': '1' }, 1000],
  [{ 'retry-after': '120' }, 120_000],
  [{ 'retry-after': ' 120 ' }, 120_000],
  [{ 'retry-after': '1.0001' }, 1001],
  [{ 'retry-after-ms': '174.2' }, 175],
  [{ 'retry-after-ms': '-5', 'retry-after': '2' }, 2000],
  [{ 'retry-after-ms': '1e12', 'retry-after': '2' }, 2000],
  [{ 'retry-after-ms': '174', 'retry-after': '1' }, 174],
  [{ 'retry-after': 'Mon, 23 Nov 2026 07:01:30 GMT', date }, 90_000],
  [{ 'retry-after': '2026-11-23T07:00:10Z', date }, 10_000],
  [{ 'retry-after': 'Mon, 23 Nov 2026 06:00:00 GMT', date }, 0],
  [{ 'retry-after': '999999' }, RETRY_AFTER_MS_MAX],
  [{ 'retry-after-ms': '99999999999' }, RETRY_AFTER_MS_MAX],
  // Too large for a wait: a Unix time, here in the year 5138 and in the year 33658.
  [{ 'retry-after': '99999999999', date }, RETRY_AFTER_MS_MAX],
  [{ 'retry-after': '1000000000000', date }, RETRY_AFTER_MS_MAX],
  [{ 'retry-after': 'Fri, 31 Dec 9999 23:59:59 GMT', date }, RETRY_AFTER_MS_MAX],
  [{ 'x-ratelimit-reset-requests': '1m30s' }, 90_000],
  [{ 'x-ratelimit-reset-tokens': '6ms' }, 6],
  [
    {
      'x-ratelimit-reset-tokens': '6m0s',
      'x-ratelimit-reset-requests': '12ms',
      'x-ratelimit-remaining-tokens': '0',
      'x-ratelimit-remaining-requests': '99',
    },
    360_000,
  ],
  [
    {
      'x-ratelimit-reset-tokens': '2s',
      'x-ratelimit-reset-requests': '6m0s',
      'x-ratelimit-remaining-tokens': '0',
      'x-ratelimit-remaining-requests': '99',
    },
    2000,
  ],
  [{ 'x-ratelimit-reset': '1795417210000', date }, 10_000],
  [
    {
      'anthropic-ratelimit-input-tokens-reset': '2026-11-23T07:00:05Z',
      'anthropic-ratelimit-input-tokens-remaining': '0',
      date,
    },
    5000,
  ],
])('%j on 429 asks for %i ms', (headers, ms) => {
  expect(wait(headers)).toBe(ms);
});

test.each([
  ['Rate limit reached on tokens per min (TPM): Limit 30000. Please try again in 6.6s. Visit …', 6600],
  ['Please try again in 174ms. Contact us', 174],
  ['Please try again in 1m30.5s.', 90_500],
  ['try again in 20 seconds', 20_000],
  ['Please retry in 34.4s.', 34_400],
  ['Please retry after 2 minutes', 120_000],
  ['Try again in 7h12m0s', 25_920_000],
])('the message %j asks for %i ms', (message, ms) => {
  expect(wait({}, { message })).toBe(ms);
});

test("Google's RetryInfo is believed", () => {
  expect(wait({}, { retryDelay: '34.4s' })).toBe(34_400);
});

test.each<Readonly<Record<string, string>>>([
  { 'retry-after': 'soon' },
  { 'retry-after': '-5' },
  { 'retry-after': '1e12' },
  { 'retry-after': '1e999' },
  { 'retry-after': '99999999999' },
  { 'retry-after': '5, 10' },
  { 'retry-after': '+5' },
  { 'retry-after': '0x10' },
  { 'retry-after': '٥' },
  { 'retry-after': '9'.repeat(400) },
  { 'retry-after': 'NaN' },
  { 'retry-after': '' },
  { 'retry-after': ' ' },
  { 'retry-after': 'Mon, 23 Foo 2026 07:01:30 GMT', date },
  { 'retry-after': 'Mon, 23 Nov 2026 07:01:30 GMT' },
  { 'retry-after-ms': 'x' },
  { 'retry-after-ms': '' },
  { 'x-ratelimit-reset-requests': '-6ms' },
  { 'x-ratelimit-reset-requests': '5 bananas' },
])('%j says nothing', (headers) => {
  expect(wait(headers)).toBeNull();
});

test('a wait is read where waiting helps, and resets only on 429', () => {
  expect(wait({ 'retry-after': '5' }, { status: 200 })).toBeNull();
  expect(wait({ 'retry-after': '5' }, { status: 401 })).toBeNull();
  expect(wait({ 'retry-after': '5' }, { status: 503 })).toBe(5000);
  expect(wait({ 'x-ratelimit-reset-tokens': '5s' }, { status: 503 })).toBeNull();
});

test('dates are those of the calendar', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date(0), max: new Date('2200-01-01'), noInvalidDate: true }), (value) => {
      const seconds = Math.floor(value.getTime() / 1000) * 1000;
      expect(dateMs(value.toUTCString())).toBe(seconds);
      expect(dateMs(value.toISOString())).toBe(seconds);
    }),
  );
});

test('durations of any spelling are a number of milliseconds or null', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'0123456789. mshd-e'), maxLength: 40 }), (text) => {
      const ms = durationMs(text);
      expect(ms === null || (Number.isFinite(ms) && ms >= 0)).toBe(true);
    }),
    { numRuns: 2000 },
  );
});
