/** Typed changes become the request, and nothing else does. */
import { describe, expect, test } from 'vitest';
import { changesOf, compare, shownNumber, type OwnKey, type Verdict } from './what-if.ts';

const KEY = {
  id: 'pk_1',
  enabled: true,
  always_use: false,
  weight: 3,
  rpm_limit: null,
  daily_budget_usd: 2.5,
  monthly_budget_usd: null,
} as OwnKey;

describe('what if', () => {
  test('only what differs is asked', () => {
    expect(changesOf([KEY], {})).toEqual([]);
    expect(changesOf([KEY], { pk_1: { weight: '3', enabled: true, rpmLimit: ' ' } })).toEqual([]);
    expect(
      changesOf([KEY], {
        pk_1: { weight: '7', alwaysUse: true, dailyBudget: '', rpmLimit: '60' },
        pk_2: { weight: '1' },
      }),
    ).toEqual([
      { provider_key_id: 'pk_1', weight: 7, daily_budget_usd: null, rpm_limit: 60, always_use: true },
    ]);
    expect(changesOf([KEY], { pk_1: { monthlyBudget: '0,5' } })).toEqual([
      { provider_key_id: 'pk_1', monthly_budget_usd: 0.5 },
    ]);
  });

  test('a field shows what is typed, else what the key has', () => {
    expect([shownNumber(KEY, {}, 'weight'), shownNumber(KEY, {}, 'rpmLimit')]).toEqual(['3', '']);
    expect(shownNumber(KEY, { weight: '' }, 'weight')).toBe('');
  });

  test('now stands beside then, key by key', () => {
    const verdict = (id: string, share: number) => ({ provider_key_id: id, label: id, share }) as Verdict;
    expect(
      compare([verdict('a', 0.5), verdict('b', 0.5)], [verdict('b', 1)]).map(({ id, now, after }) => [
        id,
        now?.share,
        after?.share,
      ]),
    ).toEqual([
      ['b', 0.5, 1],
      ['a', 0.5, undefined],
    ]);
  });
});
