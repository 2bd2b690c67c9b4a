/** Column values and what they stand for. */

export function toFlag(value: boolean): number {
  return value ? 1 : 0;
}

export function fromFlag(value: number): boolean {
  return value !== 0;
}

export function toJson(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}

/** Only for columns that this store wrote itself: the type is the writer's promise. */
export function fromJson<Value>(text: string): Value;
export function fromJson<Value>(text: string | null): Value | null;
export function fromJson<Value>(text: string | null): Value | null {
  return text === null ? null : (JSON.parse(text) as Value);
}

/** A column of identities, whose brand the writer promises. */
export function branded<Id extends string | number>(value: string | number): Id {
  return value as Id;
}

/**
 * A sum that may exceed 2⁵³ (9 million USD in nano-USD): the nearest double, off by less than one part in 10¹⁵. Good
 * for showing and comparing, and the reason why money is added up in the database.
 */
export function fromSum(value: number | bigint | string | null): number {
  return Number(value ?? 0);
}

/** Leaves out what is undefined: an update sets only the columns it was given. */
export function definedColumns<Columns extends object>(columns: Columns): Partial<Columns> {
  return Object.fromEntries(
    Object.entries(columns).filter(([, value]) => value !== undefined),
  ) as Partial<Columns>;
}

/** Only the compiler reads this: a field added to a record and not stored is a type error at the call. */
export function noFieldLeft(_rest: Readonly<Record<string, never>>): void {}
