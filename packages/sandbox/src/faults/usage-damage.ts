/** Usage that cannot be true, put where the true one was: in the JSON body, or in the events that carry it. */
import type { Fault, UsageDamage } from './behaviour.ts';
import { isObject } from '../sandbox-request.ts';
import { toBytes } from '../script.ts';
import type { Answer } from '../script.ts';

/** What becomes of each number of the usage; `infinite` is legal JSON that no double can hold. */
const NUMBERS: Readonly<Record<Exclude<UsageDamage, 'none' | 'twice'>, (value: string) => string>> = {
  zero: () => '0',
  negative: (value) => `-${value === '0' ? '1' : value}`,
  strings: (value) => `"${value}"`,
  huge: () => '9007199254740993000',
  infinite: () => '1e999',
  fraction: (value) => `${value}.5`,
  nulls: () => 'null',
};
const USAGE_FIELD = /"usage":(\{(?:[^{}]|\{[^{}]*\})*\})/;

export function damageUsage(answer: Answer, { damage = 'none', raw }: Fault & { kind: 'usage' }): Answer {
  const frames = answer.frames.flatMap((frame) => {
    const text = Buffer.from(toBytes(frame)).toString('utf8');
    if (!USAGE_FIELD.test(text)) return [frame];
    if (raw !== undefined) return [text.replace(USAGE_FIELD, () => `"usage":${raw}`)];
    if (damage === 'none') return withoutUsage(text, answer.streamed);
    if (damage === 'twice') return answer.streamed ? [text, text] : [text];
    return [text.replace(USAGE_FIELD, (_whole, usage: string) => `"usage":${damaged(usage, damage)}`)];
  });
  return { ...answer, frames };
}

function damaged(usage: string, damage: Exclude<UsageDamage, 'none' | 'twice'>): string {
  return usage.replace(/(?<=:)\d+(?=[,}])/g, NUMBERS[damage]);
}

/** An event that has nothing but usage is left out whole, as by a provider that does not know the option. */
function withoutUsage(text: string, streamed: boolean): string[] {
  if (streamed && text.includes('"choices":[]')) return [];
  const without = text
    .replace(USAGE_FIELD, '')
    .replace(/,\s*([,}])/g, '$1')
    .replace(/\{,/g, '{');
  const json = streamed ? without.slice(without.indexOf('{')).trim() : without;
  // The cut must leave JSON: a fault that breaks something else proves nothing.
  if (!isObject(JSON.parse(json))) throw new Error(`usage could not be cut out of ${json}`);
  return [without];
}
