/** Usage as a table for spreadsheets. Nothing in it can be taken for a formula. */
import { GatewayError, isoTime, instant } from '@arouter/core';
import type { UsageRow, UsageSums } from '../store/store.ts';
import type { ControlPlaneDeps } from './deps.ts';
import { shownUsd, type Call, type Handlers, type RawAnswer } from './handler.ts';
import { refuseTooFine } from './usage.ts';
import { readFilter } from './usage-filter.ts';
import { BUCKETS, windowPieces } from './usage-series.ts';

const ROWS_MAX = 100_000;
const COLUMNS = [
  'time',
  'provider',
  'model',
  'source',
  'provider_key_id',
  'api_key_id',
  'requests',
  'errors',
  'input_tokens',
  'output_tokens',
  'estimated_cost_usd',
  'unpriced',
] as const;

type Deps = Pick<ControlPlaneDeps, 'store' | 'snapshot' | 'providers' | 'clock'>;
type Row = UsageSums & Partial<UsageRow> & { readonly bucket?: number };

export function usageExportHandlers(deps: Deps): Handlers<'exportUsage'> {
  return { exportUsage: (call) => exportUsage(deps, call) };
}

async function exportUsage(deps: Deps, call: Call<'exportUsage'>): Promise<RawAnswer> {
  const granularity = call.query.granularity ?? 'daily';
  const filter = await readFilter(deps, call);
  refuseTooFine(filter, granularity);
  const dimensions = [
    BUCKETS[granularity],
    'provider',
    'model',
    'source',
    'provider_key',
    'api_key',
  ] as const;
  const lines = [COLUMNS.join(',')];
  for (const piece of windowPieces(filter, granularity)) {
    const rows = await deps.store.usage.sums(call.workspace, piece, dimensions);
    if (lines.length - 1 + rows.length > ROWS_MAX) throw tooLong();
    for (const row of rows) lines.push(cellsOf(row).map(cell).join(','));
  }
  return {
    headers: {
      'content-disposition': `attachment; filename="usage-${isoTime(filter.from).slice(0, 10)}.csv"`,
    },
    body: `${lines.join('\r\n')}\r\n`,
  };
}

function tooLong(): GatewayError {
  return new GatewayError(
    'invalid_request',
    `The table would have more than ${ROWS_MAX} rows. Ask for a shorter window, or by day or month.`,
  );
}

function cellsOf(row: Row): readonly (string | number)[] {
  return [
    isoTime(instant(row.bucket ?? 0)),
    row.provider ?? '',
    row.model ?? '',
    row.source ?? '',
    row.providerKeyId ?? '',
    row.apiKeyId ?? '',
    row.requests,
    row.errors,
    row.inputTokens,
    row.outputTokens,
    shownUsd(row.costNano),
    row.unpricedRequests,
  ];
}

/**
 * RFC 4180; text that a spreadsheet would compute begins with a quote mark instead. Where a semicolon parts the cells, as in much of
 * Europe, a cell may begin in the middle of ours, quoted or not.
 */
function cell(value: string | number): string {
  if (typeof value === 'number') return decimal(value);
  const harmless = value.replaceAll(/(^|[;\t\r\n])(?=[\s"']{0,4}[=+\-@\t\r＝＋－＠])/g, "$1'");
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** Without an exponent: spreadsheets of some countries read 1e-7 as text. */
function decimal(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(9).replace(/(?<!0)0+$/, '');
}
