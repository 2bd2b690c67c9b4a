/** Times in the reader's zone, with UTC on hover. */
import { useSyncExternalStore } from 'react';
import { clock } from './clock.ts';

const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const precise = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const dateOnly = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });

export type TimeStyle = 'minute' | 'second' | 'date' | 'relative';

/** `at`: RFC 3339. */
export function Time({ at, style = 'minute' }: { readonly at: string; readonly style?: TimeStyle }) {
  return style === 'relative' ? (
    <RelativeTime at={at} />
  ) : (
    <time dateTime={at} title={utcWords(at)} className="whitespace-nowrap">
      {timeWords(at, style)}
    </time>
  );
}

function RelativeTime({ at }: { readonly at: string }) {
  const now = useSyncExternalStore(clock.subscribe, clock.seconds);
  const ms = Date.parse(at) - now * 1000;
  return (
    <time dateTime={at} title={`${timeWords(at, 'second')} (${utcWords(at)})`} className="whitespace-nowrap">
      {relativeWords(ms)}
    </time>
  );
}

/** What is left until `at`: `0:42`, `3 h 05 min`. Counts on screen, each second. */
export function Countdown({ until, over = 'now' }: { readonly until: string; readonly over?: string }) {
  const now = useSyncExternalStore(clock.subscribe, clock.seconds);
  const seconds = Math.ceil(Date.parse(until) / 1000 - now);
  return (
    <time
      dateTime={until}
      title={`${timeWords(until, 'second')} (${utcWords(until)})`}
      className="whitespace-nowrap"
    >
      {seconds <= 0 ? over : countdownWords(seconds)}
    </time>
  );
}

export function timeWords(at: string, style: Exclude<TimeStyle, 'relative'>): string {
  const formats = { minute: dateTime, second: precise, date: dateOnly };
  const time = new Date(at);
  return Number.isNaN(time.getTime()) ? at : formats[style].format(time);
}

export function utcWords(at: string): string {
  const time = new Date(at);
  return Number.isNaN(time.getTime()) ? at : `${time.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

export function relativeWords(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const size = Math.abs(seconds);
  if (size < 5) return 'just now';
  if (size < 60) return relative.format(seconds, 'second');
  if (size < 3_600) return relative.format(Math.round(seconds / 60), 'minute');
  if (size < 86_400) return relative.format(Math.round(seconds / 3_600), 'hour');
  return relative.format(Math.round(seconds / 86_400), 'day');
}

export function countdownWords(seconds: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
  if (seconds < 86_400)
    return `${Math.floor(seconds / 3_600)} h ${two(Math.floor((seconds % 3_600) / 60))} min`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3_600)} h`;
}
