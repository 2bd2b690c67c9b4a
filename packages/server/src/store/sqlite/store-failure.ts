/** A worker's failure as the errors of the Store port. A mistake in our own SQL stays a plain Error: a bug, not an outage. */
import { StoreConflict, StoreUnavailable } from '../store.ts';
import type { FailureMessage } from './messages.ts';
import { isConstraint, isUnavailable } from './result-codes.ts';

export function toStoreFailure({ message, errorCode }: FailureMessage): Error {
  if (errorCode === null) return new Error(message);
  if (isConstraint(errorCode)) return new StoreConflict(message);
  if (!isUnavailable(errorCode)) return new Error(message);
  return new StoreUnavailable(`The database cannot be used now: ${message} (code ${errorCode}).`);
}
