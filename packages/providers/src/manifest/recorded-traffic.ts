/** Reads recorded provider traffic for tests; it lies beside the project and is no part of it. Only tests import this. */
// oxlint-disable-next-line no-restricted-imports -- a test's own reading of files; no product module imports this one
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
// oxlint-disable-next-line no-restricted-imports -- see above
import { join } from 'node:path';

export type Exchange = {
  readonly provider: string;
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly request_body?: unknown;
  readonly response_headers?: Readonly<Record<string, string>>;
  readonly response_body?: unknown;
  readonly response_text?: string;
  readonly response_base64?: string;
};
export type Recorded = {
  /** `provider/file#index`. */
  readonly name: string;
  readonly exchange: Exchange;
};

/** `AROUTER_TRAFFIC_DIR`, default `../shared/traffic` beside the project; null when it is not there. */
export function trafficFolder(): string | null {
  // oxlint-disable-next-line no-restricted-globals -- where the traffic lies is told by the environment of a test
  const { env } = process;
  const folder = env['AROUTER_TRAFFIC_DIR'] ?? join(import.meta.dirname, '../../../../../shared/traffic');
  return existsSync(join(folder, 'recorded')) ? folder : null;
}

/** Every exchange of one provider, in the order of file names. */
export function recordedExchanges(provider: string): readonly Recorded[] {
  const folder = trafficFolder();
  const files = folder === null ? null : join(folder, 'recorded', provider);
  if (files === null || !existsSync(files)) return [];
  return readdirSync(files)
    .toSorted()
    .flatMap((file) => {
      const { exchanges } = JSON.parse(readFileSync(join(files, file), 'utf8')) as { exchanges: Exchange[] };
      return exchanges.map((exchange, index) => ({ name: `${provider}/${file}#${index}`, exchange }));
    });
}

/** The answers that were errors. */
export function recordedFailures(provider: string): readonly Recorded[] {
  return recordedExchanges(provider).filter(
    ({ exchange }) => exchange.status < 200 || exchange.status >= 300,
  );
}

export function recordedProviders(): readonly string[] {
  const folder = trafficFolder();
  if (folder === null) return [];
  return readdirSync(join(folder, 'recorded'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}

export function headerOf(exchange: Exchange): (name: string) => string | undefined {
  const headers = new Map(
    Object.entries(exchange.response_headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
  return (name) => headers.get(name);
}

export function bodyBytes(exchange: Exchange): Uint8Array {
  if (exchange.response_base64 !== undefined) return Buffer.from(exchange.response_base64, 'base64');
  const text =
    exchange.response_text ??
    (typeof exchange.response_body === 'string'
      ? exchange.response_body
      : JSON.stringify(exchange.response_body));
  return new TextEncoder().encode(text);
}

/** So many exchanges were there when the pages of evidence were written; of other recordings they say nothing. */
const EXCHANGES_OF_THE_PAGES = 1226;

/**
 * What `docs/evidence/NAME.md` must say, and says; null for recordings that it is not about. `AROUTER_WRITE_EVIDENCE=1`
 * writes it first.
 */
export function evidencePage(name: string, content: string, exchanges: number): string | null {
  if (exchanges !== EXCHANGES_OF_THE_PAGES) return null;
  const file = join(import.meta.dirname, '../../../../docs/evidence', `${name}.md`);
  // oxlint-disable-next-line no-restricted-globals -- whether to write is told by the environment of a test
  const { env } = process;
  if (env['AROUTER_WRITE_EVIDENCE'] === '1') writeFileSync(file, content);
  return readFileSync(file, 'utf8');
}

/** A Markdown table whose columns are the members of its rows. */
export function evidenceTable(
  first: string,
  rows: ReadonlyMap<string, Readonly<Record<string, number>>>,
): string {
  const [columns = {}] = rows.values();
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
  const names = Object.keys(columns);
  return [
    line([first, ...names]),
    line(['---', ...names.map(() => '---:')]),
    ...[...rows].map(([name, row]) => line([name, ...Object.values(row)])),
  ].join('\n');
}
