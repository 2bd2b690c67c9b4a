/** What every refusal of bad input has in common, checked the same way in every table. */
import { expect } from 'vitest';
import { send, type Seen } from '../support/send.ts';
import type { Stage } from '../support/stage.ts';

/** Stands in every body and every credential of the tables: no message may hold it. */
export const CANARY = 'CANARY7f3aQx9Z';

export type Expected = {
  readonly status: number;
  readonly code: string;
  /** What the sentence must name: the field, the limit or the remedy. */
  readonly says: RegExp;
};

/** Longer is no sentence that a person reads. */
const MESSAGE_CHARACTERS_MAX = 400;

/** Status, one code at both places that clients read, one or two sentences that name what to do, and nothing secret. */
export function expectRefusal(
  answer: Seen,
  expected: Expected,
  dialect: 'openai' | 'anthropic' = 'openai',
): void {
  const shown = `${answer.status} ${answer.text.slice(0, 600)}`;
  expect(answer.status, shown).toBe(expected.status);
  const body = answer.json();
  expect(body.error.code, shown).toBe(expected.code);
  expect(body.code).toBe(expected.code);
  expect(body.message).toBe(body.error.message);
  expect(typeof body.error.type).toBe('string');
  if (dialect === 'anthropic') expect(body.type).toBe('error');
  expect(body.message).toMatch(expected.says);
  expect(body.message.length).toBeLessThanOrEqual(MESSAGE_CHARACTERS_MAX);
  expect(sentencesOf(body.message).length, body.message).toBeLessThanOrEqual(2);
  expect(body.message).toMatch(/[.!]$/);
  expect(answer.text).not.toContain(CANARY);
  expect(answer.header('x-request-id')).toMatch(/^req_/);
  expect(answer.header('x-should-retry')).toBe('false');
}

function sentencesOf(message: string): readonly string[] {
  return message.split(/(?<=(?<!e\.g)[.!?])\s+(?=[A-Z`"])/);
}

/** Nothing was stored, spent or counted, and no provider was called. */
export async function expectUnchanged(
  stage: Stage,
  workspaceId: string,
  act: () => Promise<void>,
): Promise<void> {
  const before = await readWorld(stage, workspaceId);
  await act();
  expect(await readWorld(stage, workspaceId)).toEqual(before);
}

type World = { readonly state: string; readonly upstreamCalls: number };

/** Everything that a refused request could have changed, as the operator reads it. */
async function readWorld({ gateway, sandbox }: Stage, workspaceId: string): Promise<World> {
  const paths = [
    `/api/v1/byok?workspace_id=${workspaceId}`,
    `/api/v1/keys?workspace_id=${workspaceId}&include_disabled=true&page_size=100`,
    `/api/v1/balance?workspace_id=${workspaceId}`,
    `/api/v1/transactions?workspace_id=${workspaceId}`,
    `/api/usage/summary?workspace_id=${workspaceId}`,
    '/api/v1/platform-keys',
    '/api/v1/workspaces',
    '/api/v1/prices',
  ];
  const headers = { authorization: `Bearer ${gateway.keys.operatorKey}` };
  const answers = await Promise.all(paths.map((path) => send(gateway.url + path, { headers })));
  for (const [index, { status, text }] of answers.entries())
    expect(status, `${paths[index]} ${text}`).toBe(200);
  return { state: answers.map(({ text }) => text).join('\n'), upstreamCalls: sandbox.journal.seen() };
}
