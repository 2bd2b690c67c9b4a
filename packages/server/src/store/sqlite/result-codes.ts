/** SQLite's result codes (https://www.sqlite.org/rescode.html). An extended code keeps the primary one in its low byte. */

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
