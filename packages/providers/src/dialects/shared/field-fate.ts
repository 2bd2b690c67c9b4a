/**
 * What becomes of a field that one side can say and the other cannot. `dropped`: the answer is still what was asked for,
 * or nearly. `refused`: it would not be, so the caller gets an `invalid_request` that says what to do.
 */
export type FieldFate = {
  readonly field: string;
  readonly fate: 'dropped' | 'refused' | 'changed';
  readonly reason: string;
};

/**
 * The top-level fields of a table that do not arrive, so that whoever requires them is not served there; what stands deeper
 * is a matter of content, not of support.
 */
export function lostFields(fates: readonly FieldFate[]): ReadonlySet<string> {
  return new Set(
    fates.filter(({ field, fate }) => fate !== 'changed' && /^\w+$/.test(field)).map(({ field }) => field),
  );
}
