/** The rows of users, sessions and their proofs, for the authentication library; each call is one statement. */
import { sql, type RawBuilder } from 'kysely';
import { rawQuery } from './sql-executor.ts';
import type { SqlExecutor } from './sql-executor.ts';
import type { IdentityCondition, IdentityRow, IdentityStore, IdentityTable } from './people-ports.ts';

/** A person has few sessions and proofs; a list longer than this is cut. */
const ROWS_MAX = 1000;

export function createIdentityStore(executor: SqlExecutor): IdentityStore {
  const write = async (statement: RawBuilder<unknown>): Promise<readonly IdentityRow[]> => {
    const [result] = await executor.write(rawQuery(statement));
    return (result?.rows ?? []) as readonly IdentityRow[];
  };
  return {
    async insert(table, row) {
      const columns = sql.join(Object.keys(row).map((name) => sql.ref(name)));
      const [stored] = await write(
        sql`INSERT INTO ${sql.table(table)} (${columns}) VALUES (${sql.join(Object.values(row))}) RETURNING *`,
      );
      if (stored === undefined) throw new Error(`no row was stored in ${table}`);
      return stored;
    },
    find(table, where, { limit = ROWS_MAX, offset = 0, sort } = {}) {
      const order =
        sort === undefined
          ? sql``
          : sql`ORDER BY ${sql.ref(sort.column)} ${sql.raw(sort.direction === 'desc' ? 'DESC' : 'ASC')}`;
      return executor.read(
        rawQuery<IdentityRow>(
          sql`SELECT * FROM ${sql.table(table)} ${whereOf(where)} ${order}
            LIMIT ${Math.min(limit, ROWS_MAX)} OFFSET ${offset}`,
        ),
      );
    },
    update(table, where, { set = {}, increment = {} }) {
      const changes = [
        ...Object.entries(set).map(([column, value]) => sql`${sql.ref(column)} = ${value}`),
        ...Object.entries(increment).map(
          ([column, by]) => sql`${sql.ref(column)} = coalesce(${sql.ref(column)}, 0) + ${by}`,
        ),
      ];
      return write(sql`UPDATE ${sql.table(table)} SET ${sql.join(changes)} ${whereOf(where)} RETURNING *`);
    },
    remove: (table, where) => write(sql`DELETE FROM ${sql.table(table)} ${whereOf(where)} RETURNING *`),
    consume: (table, where) => write(consumeOne(table, where)),
    async count(table, where) {
      const [row] = await executor.read(
        rawQuery<{ readonly count: number }>(
          sql`SELECT count(*) AS count FROM ${sql.table(table)} ${whereOf(where)}`,
        ),
      );
      return row?.count ?? 0;
    },
  };
}

function consumeOne(table: IdentityTable, where: readonly IdentityCondition[]): RawBuilder<unknown> {
  return sql`DELETE FROM ${sql.table(table)}
    WHERE id = (SELECT id FROM ${sql.table(table)} ${whereOf(where)} LIMIT 1) RETURNING *`;
}

/** All of the ANDs, and one of the ORs where there are any: how the library means its lists. */
function whereOf(conditions: readonly IdentityCondition[]): RawBuilder<unknown> {
  const ands = conditions.filter(({ connector }) => connector === 'AND').map(conditionOf);
  const ors = conditions.filter(({ connector }) => connector === 'OR').map(conditionOf);
  const all = ors.length === 0 ? ands : [...ands, sql`(${sql.join(ors, sql` OR `)})`];
  return all.length === 0 ? sql`` : sql`WHERE ${sql.join(all, sql` AND `)}`;
}

const COMPARISONS = { ne: '<>', lt: '<', lte: '<=', gt: '>', gte: '>=', eq: '=' } as const;

function conditionOf({ column, operator, value }: IdentityCondition): RawBuilder<unknown> {
  const name = sql.ref(column);
  switch (operator) {
    case 'in':
    case 'not_in': {
      const values = Array.isArray(value) ? value : [value];
      if (values.length === 0) return operator === 'in' ? sql`0` : sql`1`;
      return sql`${name} ${sql.raw(operator === 'in' ? 'IN' : 'NOT IN')} (${sql.join(values)})`;
    }
    case 'eq':
    case 'ne':
      if (value === null) return sql`${name} ${sql.raw(operator === 'eq' ? 'IS NULL' : 'IS NOT NULL')}`;
      return sql`${name} ${sql.raw(COMPARISONS[operator])} ${value}`;
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return sql`${name} ${sql.raw(COMPARISONS[operator])} ${value}`;
  }
}
