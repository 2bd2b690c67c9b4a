/** The command line as a client of a running gateway. The management key comes from the environment, never from argv. */
import { UsageError } from './usage-error.ts';

export type ManagementClient = {
  /** Resolves with the parsed body; throws UsageError with the gateway's own sentence. */
  call(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body?: object,
  ): Promise<Readonly<Record<string, unknown>>>;
};

const ANSWER_MS_MAX = 30_000;

export const CONNECTION_HELP = `
AROUTER_URL              where the gateway runs [http://127.0.0.1:8080]
AROUTER_MANAGEMENT_KEY   a management key (lr_mgmt_…); keys on the command line would show in process lists
`;

export function createManagementClient(
  environment: Readonly<Record<string, string | undefined>>,
): ManagementClient {
  const base = (environment['AROUTER_URL'] ?? 'http://127.0.0.1:8080').replace(/\/$/, '');
  const key = environment['AROUTER_MANAGEMENT_KEY'];
  if (key === undefined || key === '') {
    throw new UsageError(
      'Set AROUTER_MANAGEMENT_KEY to a management key (lr_mgmt_…); "arouter init" printed one.',
    );
  }
  return {
    async call(method, path, body) {
      const response = await fetch(base + path, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        redirect: 'error',
        signal: AbortSignal.timeout(ANSWER_MS_MAX),
      }).catch(() => {
        throw new UsageError(
          `No gateway answers at ${base}. Start it with "arouter serve", or set AROUTER_URL.`,
          1,
        );
      });
      const answer = (await response.json().catch(() => ({}))) as Readonly<Record<string, unknown>>;
      if (!response.ok)
        throw new UsageError(
          String(answer['message'] ?? `The gateway answered with HTTP ${response.status}.`),
          1,
        );
      return answer;
    },
  };
}

type Row = Readonly<Record<string, unknown>>;

/** All rows of a list, page after page. The path has a query already. */
export async function listAll(client: ManagementClient, path: string): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (;;) {
    const { data, total_count: total } = await client.call('GET', `${path}&offset=${rows.length}`);
    const page = data as readonly Row[];
    rows.push(...page);
    if (page.length === 0 || rows.length >= Number(total)) return rows;
  }
}

/** Rows as a table for people. */
export function table(
  rows: readonly Readonly<Record<string, unknown>>[],
  columns: readonly string[],
): string {
  if (rows.length === 0) return 'none yet\n';
  const cells = [
    columns.map((column) => column.replaceAll('_', ' ')),
    ...rows.map((row) => columns.map((column) => shown(row[column]))),
  ];
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => row[index]?.length ?? 0)));
  return `${cells
    .map((row) =>
      row
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')}\n`;
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return '-';
  if (typeof value === 'object' && 'state' in value) return String(value.state);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** All of standard input: how a secret reaches the command line. */
export async function readStandardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString().trim();
}
