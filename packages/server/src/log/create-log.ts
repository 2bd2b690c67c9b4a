/**
 * Structured logs on standard error; standard output is for people. Nothing a caller or provider wrote is a field name. Each line is
 * whole JSON, however long a text in it was, and holds nothing that a terminal would obey.
 */
import { pino, type Logger } from 'pino';
import type { Settings } from '../config/settings.ts';

/**
 * What the sink still catches, should a secret ever reach a text: the last of three layers. Common words end in `sk-` too: a short one
 * counts where no letter of a word stands before it. The letters of `%2F`, and of `\n` in a line of JSON, are none.
 */
const SECRET_SHAPES =
  /(?:(?<![A-Za-z])|(?<=%[0-9A-Fa-f]{2}|\\[bfnrt]|\\u[0-9A-Fa-f]{4}))sk-[A-Za-z0-9_-]{8,}|sk-[A-Za-z0-9_-]{20,}|(?:AIza|AKIA|lr_(?:live|mgmt)_|lrk1_)[A-Za-z0-9_-]{8,}|-----BEGIN [A-Z ]+-----/g;
const TEXT_CHARACTERS_MAX = 2048;
/** JSON escapes what is below a space, and not these: delete, the controls of ISO 8859, what turns the direction of reading, line ends. */
const OBEYED = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

export function createLog(level: Settings['logLevel']): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: shortened },
      hooks: {
        // One place through which every line goes.
        streamWrite: (line) =>
          line
            .replace(SECRET_SHAPES, '[secret]')
            .replace(OBEYED, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`),
      },
    },
    pino.destination({ dest: 2, sync: false, minLength: 0 }),
  );
}

/** A text that was cut says so. */
function shortened(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === 'string' && value.length > TEXT_CHARACTERS_MAX
        ? `${value.slice(0, TEXT_CHARACTERS_MAX)}…`
        : value,
    ]),
  );
}
