/**
 * What becomes of a field that one side can say and the other cannot. `dropped`: the answer is still what was asked for,
 * or nearly. `refused`: it would not be, so the caller gets an `invalid_request` that says what to do.
 */
export type FieldFate = {
  readonly field: string;
  readonly fate: 'dropped' | 'refused' | 'changed';
  readonly reason: string;
};
