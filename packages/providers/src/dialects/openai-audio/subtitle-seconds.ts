/** Where subtitles end: the last time in SRT (`00:01:02,500`) or WebVTT (`01:02.500`). */

/** In seconds; null when there are no times. */
export function subtitleSeconds(text: string): number | null {
  let last: number | null = null;
  for (const [, hours, minutes = '', seconds = ''] of text.matchAll(END_TIME)) {
    const at = Number(hours ?? 0) * 3600 + Number(minutes) * 60 + Number(seconds.replace(',', '.'));
    if (last === null || at > last) last = at;
  }
  return last;
}

const END_TIME = /-->[ \t]{0,8}(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2}[.,]\d{1,3})/g;
