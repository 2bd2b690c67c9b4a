/**
 * The authentication library's database, over the store's port: its statements go through the one writer like all
 * others. The token of a session is stored as its SHA-256, so that who reads the database holds no session; the
 * library is handed back the token that it asked with.
 */
import { hash } from 'node:crypto';
import { createAdapterFactory, type CustomAdapter } from 'better-auth/adapters';
import type { IdentityCondition, IdentityRow, IdentityStore, IdentityTable } from '../store/people-ports.ts';

const TABLES: Readonly<Record<string, IdentityTable>> = {
  user: 'users',
  session: 'sessions',
  account: 'accounts',
  verification: 'verifications',
  twoFactor: 'two_factors',
};
const FLAGS: ReadonlySet<string> = new Set(['emailVerified', 'isOperator', 'twoFactorEnabled', 'verified']);
const INSTANTS: ReadonlySet<string> = new Set([
  'createdAt',
  'updatedAt',
  'expiresAt',
  'lockedUntil',
  'accessTokenExpiresAt',
  'refreshTokenExpiresAt',
]);
const OPERATORS: ReadonlySet<string> = new Set(['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in', 'not_in']);

/** For `database` of the library's options. */
export function createAuthDatabase(identity: IdentityStore) {
  return createAdapterFactory({
    config: {
      adapterId: 'arouter-store',
      supportsBooleans: true,
      supportsDates: true,
      supportsJSON: false,
      supportsNumericIds: false,
      transaction: false,
    },
    adapter: () => customAdapter(identity),
  });
}

type Where = Parameters<CustomAdapter['delete']>[0]['where'];

function customAdapter(identity: IdentityStore): CustomAdapter {
  const one = <Row>(rows: readonly IdentityRow[], where: Where): Row | null => {
    const [row] = rows;
    return row === undefined ? null : (toRecord(row, tokenOf(where)) as Row);
  };
  return {
    async create({ model, data }) {
      const row = await identity.insert(tableOf(model), toRow(data));
      return toRecord(row, data['token'] as string | undefined) as typeof data;
    },
    findOne: async ({ model, where }) =>
      one(await identity.find(tableOf(model), conditionsOf(where), { limit: 1 }), where),
    async findMany<Row>({ model, where, limit, offset, sortBy }: Parameters<CustomAdapter['findMany']>[0]) {
      const rows = await identity.find(tableOf(model), conditionsOf(where ?? []), {
        limit,
        ...(offset === undefined ? {} : { offset }),
        ...(sortBy === undefined
          ? {}
          : { sort: { column: toColumn(sortBy.field), direction: sortBy.direction } }),
      });
      return rows.map((row) => toRecord(row, undefined) as Row);
    },
    update: async ({ model, where, update }) =>
      one(
        await identity.update(tableOf(model), conditionsOf(where), { set: toRow(update as object) }),
        where,
      ),
    updateMany: async ({ model, where, update }) =>
      (await identity.update(tableOf(model), conditionsOf(where), { set: toRow(update) })).length,
    delete: async ({ model, where }) => {
      await identity.remove(tableOf(model), conditionsOf(where));
    },
    deleteMany: async ({ model, where }) =>
      (await identity.remove(tableOf(model), conditionsOf(where))).length,
    consumeOne: async ({ model, where }) =>
      one(await identity.consume(tableOf(model), conditionsOf(where)), where),
    incrementOne: async ({ model, where, increment, set = {} }) =>
      one(
        await identity.update(tableOf(model), conditionsOf(where), {
          set: toRow(set),
          increment: Object.fromEntries(
            Object.entries(increment).map(([field, by]) => [toColumn(field), by]),
          ),
        }),
        where,
      ),
    count: ({ model, where }) => identity.count(tableOf(model), conditionsOf(where ?? [])),
  };
}

function tableOf(model: string): IdentityTable {
  const table = TABLES[model];
  if (table === undefined) throw new Error(`the store has no table for ${model}`);
  return table;
}

function conditionsOf(where: Where): readonly IdentityCondition[] {
  return where.map(({ field, operator, value, connector }) => {
    if (!OPERATORS.has(operator)) throw new Error(`the store cannot compare with ${operator}`);
    const values = Array.isArray(value) ? value.map((each) => toValue(each)) : toValue(value);
    return {
      column: toColumn(field),
      operator: operator as IdentityCondition['operator'],
      // A list of tokens was read from the store, and is hashed already.
      value: field === 'token' && typeof values === 'string' ? digestOf(values) : values,
      connector,
    };
  });
}

function tokenOf(where: Where): string | undefined {
  const value = where.find(({ field, operator }) => field === 'token' && operator === 'eq')?.value;
  return typeof value === 'string' ? value : undefined;
}

function toRow(record: object): IdentityRow {
  return Object.fromEntries(
    Object.entries(record).map(([field, value]) => [
      toColumn(field),
      field === 'token' ? digestOf(String(value)) : toValue(value),
    ]),
  );
}

function toRecord(row: IdentityRow, token: string | undefined): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([column, value]) => {
      const field = column.replace(/_(\w)/g, (_match, letter: string) => letter.toUpperCase());
      if (field === 'token') return [field, token ?? value];
      if (value === null) return [field, null];
      if (FLAGS.has(field)) return [field, value !== 0];
      return [field, INSTANTS.has(field) ? new Date(Number(value)) : value];
    }),
  );
}

function toColumn(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function toValue(value: unknown): string | number | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return value.getTime();
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'string' || typeof value === 'number') return value;
  throw new Error(`the store cannot keep a ${typeof value}`);
}

function digestOf(token: string): string {
  return hash('sha256', token, 'hex');
}
