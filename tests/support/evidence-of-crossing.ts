/** `docs/evidence/crossed-through-the-server.md`: what came out equal, as it is now and as the page has it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EqualityTable } from './equality-table.ts';

const FILE = join(import.meta.dirname, '../../docs/evidence/crossed-through-the-server.md');
/** So many questions there were when the page was written; of other recordings it says nothing. */
const QUESTIONS_OF_THE_PAGE = 938;
const ASPECTS = ['question', 'answer', 'usage', 'record', 'cost'] as const;

/** `asked`: questions, those that were refused among them. `kept` is `now` for recordings that the page is not about. */
export function evidenceOfCrossing(
  table: EqualityTable,
  refused: ReadonlyMap<string, readonly string[]>,
  asked: number,
): { readonly now: string; readonly kept: string } {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
  const rows = table.rows().map(([name, counts]) => {
    const cells = ASPECTS.map((aspect) => {
      const { tried, equal } = counts.get(aspect) ?? { tried: 0, equal: 0 };
      return tried === 0 ? '–' : `${equal} of ${tried}`;
    });
    return line([name, refused.get(name)?.length ?? 0, ...cells]);
  });
  const reasons = table.reasons().map(({ reason, many }) => `* ${many}: ${reason}`);
  const now = `<!-- Written by AROUTER_WRITE_EVIDENCE=1 npm test -- recorded-crossed-responses; held by that test. Do not edit. -->
# Recorded conversations, crossed with responses, through the real server

Caller → provider. Every recorded exchange of the provider's format is asked in the caller's, by the vendor's own library, of a
gateway that runs as its users run it; the recording is what the provider answers. Refused is how many questions have no form in the
caller's format and are refused in words. Equal of tried: what reaches the provider means what was recorded; what the library reads
means what the provider said; the usage in the answer, and the one in the record, is the provider's own; the cost is its list price.
A dash: not compared.

${line(['Caller → provider', 'refused', ...ASPECTS])}
${line(['---', '---:', ...ASPECTS.map(() => '---:')])}
${rows.join('\n')}

Rightly not equal:

${reasons.join('\n')}
`;
  if (asked !== QUESTIONS_OF_THE_PAGE) return { now, kept: now };
  if (process.env['AROUTER_WRITE_EVIDENCE'] === '1') writeFileSync(FILE, now);
  return { now, kept: readFileSync(FILE, 'utf8') };
}
