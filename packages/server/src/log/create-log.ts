/** Structured logs on standard error; standard output is for people. Nothing a caller or provider wrote is a field name. */
import { pino, type Logger } from 'pino';
import type { Settings } from '../config/settings.ts';

/** What the sink still catches, should a secret ever reach a text: the last of three layers. */
const SECRET_SHAPES = /\b(?:sk-|AIza|AKIA|lr_(?:live|mgmt)_|lrk1_)[A-Za-z0-9_-]{8,}|-----BEGIN [A-Z ]+-----/g;
const TEXT_LENGTH_MAX = 8192;

export function createLog(level: Settings['logLevel']): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      hooks: {
        // One place through which every line goes.
        streamWrite: (line) =>
          line.slice(0, TEXT_LENGTH_MAX).replace(SECRET_SHAPES, '[secret]').replace(/\n?$/, '\n'),
      },
    },
    pino.destination({ dest: 2, sync: false, minLength: 0 }),
  );
}
