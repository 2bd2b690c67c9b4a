/**
 * The sums that must agree, each as one query whose rows are the disagreements. Reads the whole ledger: for
 * `arouter doctor` and tests, not for requests. All queries see one moment.
 */
import { CompiledQuery } from 'kysely';
import type { SqlExecutor } from './sql-executor.ts';

/** Shown per rule; one broken rule usually breaks many rows. */
const EXAMPLES_MAX = 5;

const HOUR = '(a.opened_at - a.opened_at % 3600000)';
const FAILED = `s.outcome IN ('failed', 'interrupted')`;

const RULES: readonly { readonly rule: string; readonly sql: string }[] = [
  {
    rule: 'INV-2: a settlement has no attempt',
    sql: `SELECT s.sequence FROM settlements s LEFT JOIN attempts a ON a.sequence = s.sequence
      WHERE a.sequence IS NULL`,
  },
  {
    rule: 'INV-2: a generation has more than one final settlement',
    sql: `SELECT a.generation_id, count(*) AS finals FROM settlements s JOIN attempts a ON a.sequence = s.sequence
      WHERE s.final = 1 GROUP BY a.workspace_id, a.generation_id HAVING count(*) > 1`,
  },
  { rule: 'INV-12: rollups differ from the ledger', sql: compareRollups() },
  {
    rule: 'INV-12: daily rollups differ from the hourly ones',
    sql: compareDays('daily_rollups', 'workspace_id, day, provider_key_id, provider, model, source'),
  },
  {
    rule: 'INV-12: daily rollups of API keys differ from the hourly ones',
    sql: compareDays(
      'api_key_daily_rollups',
      'workspace_id, api_key_id, day, provider_key_id, provider, model, source',
    ),
  },
  {
    rule: 'INV-12: daily sums of API keys differ from the hourly rollups',
    sql: compareDays('api_key_day_sums', 'workspace_id, day, api_key_id, source'),
  },
  {
    rule: 'INV-4: a balance differs from the sum of its entries',
    sql: `WITH entries AS (
        SELECT workspace_id,
          sum(CASE WHEN kind = 'grant' THEN amount_nano ELSE 0 END) AS granted_nano,
          -sum(CASE WHEN kind = 'usage' THEN amount_nano ELSE 0 END) AS used_nano
        FROM credit_entries GROUP BY workspace_id)
      SELECT * FROM (SELECT workspace_id, granted_nano, used_nano FROM credit_balances EXCEPT SELECT * FROM entries)
      UNION ALL
      SELECT * FROM (SELECT * FROM entries EXCEPT SELECT workspace_id, granted_nano, used_nano FROM credit_balances)`,
  },
  {
    rule: 'INV-4: a balance is below zero',
    sql: 'SELECT workspace_id FROM credit_balances WHERE granted_nano < used_nano',
  },
  {
    rule: 'INV-2: a charge differs from its credit entry',
    sql: `SELECT a.generation_id, a.attempt_no, s.charged_nano, e.amount_nano
      FROM settlements s JOIN attempts a ON a.sequence = s.sequence
        LEFT JOIN credit_entries e ON e.id = 'txn_' || a.generation_id || '_' || a.attempt_no
      WHERE s.charged_nano <> -coalesce(e.amount_nano, 0)
        OR (e.id IS NOT NULL AND e.workspace_id <> a.workspace_id)`,
  },
  {
    rule: 'INV-2: a usage entry has no settlement',
    sql: `SELECT id FROM credit_entries WHERE kind = 'usage' AND id NOT IN (
      SELECT 'txn_' || a.generation_id || '_' || a.attempt_no
      FROM settlements s JOIN attempts a ON a.sequence = s.sequence WHERE s.charged_nano > 0)`,
  },
];

/** One sentence per broken rule, with examples; an empty list is good. */
export async function verifyStore(executor: SqlExecutor): Promise<readonly string[]> {
  const [integrity = [], ...broken] = await executor.readTogether<Record<string, unknown>[]>(
    raw('PRAGMA quick_check'),
    ...RULES.map(({ sql }) => raw(`${sql} LIMIT ${EXAMPLES_MAX}`)),
  );
  const damage = integrity.map((row) => String(row['quick_check'])).filter((line) => line !== 'ok');
  const disagreements = RULES.flatMap(({ rule }, index) => {
    const examples = broken[index] ?? [];
    return examples.length === 0 ? [] : [`${rule}, for instance ${JSON.stringify(examples[0])}`];
  });
  return [...damage.map((line) => `quick_check: ${line}`), ...disagreements];
}

function raw(sql: string) {
  const query = CompiledQuery.raw(sql) as CompiledQuery<Record<string, unknown>>;
  return { compile: () => query };
}

function compareRollups(): string {
  const columns = `workspace_id, hour, api_key_id, provider_key_id, provider, model, source, requests, errors,
    attempts, failed_attempts, input_tokens, output_tokens, cost_nano, unpriced_requests, last_used_at`;
  const ledger = `SELECT a.workspace_id, ${HOUR} AS hour, a.api_key_id, a.provider_key_id, a.provider, a.model, a.source,
      sum(s.final) AS requests,
      sum(s.final = 1 AND ${FAILED}) AS errors,
      count(*) AS attempts,
      sum(${FAILED}) AS failed_attempts,
      sum(coalesce(s.input_tokens, 0)) AS input_tokens,
      sum(coalesce(s.output_tokens, 0)) AS output_tokens,
      sum(coalesce(s.cost_nano, 0)) AS cost_nano,
      sum(s.final = 1 AND s.outcome = 'succeeded' AND s.cost_nano IS NULL) AS unpriced_requests,
      max(a.opened_at) AS last_used_at
    FROM settlements s JOIN attempts a ON a.sequence = s.sequence
    GROUP BY a.workspace_id, ${HOUR}, a.api_key_id, a.provider_key_id, a.provider, a.model, a.source`;
  return `WITH ledger AS (${ledger})
    SELECT 'missing' AS rollup, * FROM (SELECT ${columns} FROM ledger EXCEPT SELECT ${columns} FROM rollups)
    UNION ALL
    SELECT 'extra' AS rollup, * FROM (SELECT ${columns} FROM rollups EXCEPT SELECT ${columns} FROM ledger)`;
}

/** `names` are the columns before the sums, in the order of the table. */
function compareDays(table: string, names: string): string {
  const sums = [
    'requests',
    'errors',
    'attempts',
    'failed_attempts',
    'input_tokens',
    'output_tokens',
    'cost_nano',
  ]
    .concat('unpriced_requests')
    .map((column) => `sum(${column})`);
  return `WITH hours AS (
      SELECT ${names}, ${sums.join(', ')} FROM (SELECT *, hour - hour % 86400000 AS day FROM rollups) GROUP BY ${names}),
    days AS (SELECT * FROM ${table})
    SELECT 'missing' AS day_rollup, * FROM (SELECT * FROM hours EXCEPT SELECT * FROM days)
    UNION ALL
    SELECT 'extra' AS day_rollup, * FROM (SELECT * FROM days EXCEPT SELECT * FROM hours)`;
}
