/** SQLite's result codes (https://www.sqlite.org/rescode.html). An extended code keeps the primary one in its low byte. */

const BUSY = 5;
const CONSTRAINT = 19;
/** ERROR, MISMATCH, MISUSE, RANGE: a mistake in our own SQL. */
const MISTAKES = new Set([1, 20, 21, 25]);

export function isConstraint(errorCode: number): boolean {
  return (errorCode & 0xff) === CONSTRAINT;
}

/** The database itself cannot be used: busy, full, read-only, damaged, an I/O error. */
export function isUnavailable(errorCode: number): boolean {
  return !isConstraint(errorCode) && !MISTAKES.has(errorCode & 0xff);
}

/** The code of an error that SQLite threw; null for any other. */
export function errorCodeOf(error: unknown): number | null {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode
    : null;
}

/** Another connection holds the lock that is asked for. */
export function isBusy(error: unknown): boolean {
  return ((errorCodeOf(error) ?? 0) & 0xff) === BUSY;
}
