/** What a typed destination becomes. */
import { describe, expect, test } from 'vitest';
import {
  bodyOf,
  draftOf,
  losesHeaders,
  newDraft,
  problemsOf,
  type Destination,
} from './destination-draft.ts';

const STORED: Destination = {
  id: 'wh_1',
  name: 'Mine',
  url: 'https://hooks.example.com/in',
  method: 'PUT',
  headers: { Authorization: '••••' },
  privacy_mode: true,
  sampling_rate: 0.07,
  api_key_ids: ['key1'],
  event_types: ['budget.reached'],
  disabled: false,
  created_at: '',
  updated_at: '',
};

describe('a destination', () => {
  test('that is edited and not changed becomes what it was, and its headers are not sent', () => {
    expect(bodyOf(draftOf(STORED))).toEqual({
      name: 'Mine',
      url: 'https://hooks.example.com/in',
      method: 'PUT',
      privacy_mode: true,
      sampling_rate: 0.07,
      api_key_ids: ['key1'],
      event_types: ['budget.reached'],
    });
    expect(draftOf({ ...STORED, sampling_rate: 0 }).sample).toBe('100');
  });

  test('that is new tells everything of everybody', () => {
    const draft = {
      ...newDraft(),
      name: ' New ',
      url: ' https://x.example ',
      headers: [{ name: ' A ', value: 'b' }],
    };
    expect(bodyOf({ ...draft, headers: [...draft.headers, { name: '', value: 'lost' }] })).toMatchObject({
      name: 'New',
      url: 'https://x.example',
      sampling_rate: 1,
      event_types: null,
      api_key_ids: null,
      headers: { A: 'b' },
    });
    expect(bodyOf(newDraft()).headers).toBeNull();
  });

  test('says what is missing', () => {
    expect(Object.keys(problemsOf({ ...newDraft(), events: [], apiKeys: [], sample: '0' }))).toEqual([
      'name',
      'url',
      'sample',
      'events',
      'apiKeys',
    ]);
    expect(problemsOf(draftOf(STORED))).toEqual({});
  });

  test('loses stored headers at another origin, not at another path', () => {
    const draft = draftOf(STORED);
    expect(losesHeaders({ ...draft, url: 'https://hooks.example.com/other' }, STORED)).toBe(false);
    expect(losesHeaders({ ...draft, url: 'https://other.example.com/in' }, STORED)).toBe(true);
    expect(losesHeaders({ ...draft, url: 'https://o.example', headers: [] }, STORED)).toBe(false);
    expect(losesHeaders({ ...draft, url: 'https://o.example' }, { ...STORED, headers: null })).toBe(false);
  });
});
