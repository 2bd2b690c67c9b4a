/** Whether, how long and how much of requests and answers may be kept. Off unless the operator says so. */
import { integerBetween, oneOf, type Setting } from './setting.ts';

export type BodyRules = {
  /** False: no workspace may turn it on, and what was kept before is not shown. */
  readonly isAllowed: boolean;
  readonly keptMs: number;
  /** Of one body, in bytes; what is beyond it is cut off. */
  readonly bodyBytesMax: number;
  /** Of all files together, in bytes on disk; the oldest go first. */
  readonly sumBytesMax: number;
};

const DAY_MS = 86_400_000;

export const KEPT_BODY_SETTINGS = [
  {
    env: 'AROUTER_KEEP_BODIES',
    key: 'keep_bodies',
    fallback: 'false',
    help: 'true: workspaces may turn on that the bodies of their requests and answers are kept, encrypted. Each has it off until an owner or admin turns it on.',
    check: oneOf(['true', 'false']),
  },
  {
    env: 'AROUTER_KEPT_BODY_DAYS',
    key: 'kept_body_days',
    fallback: '7',
    help: 'After how many days kept bodies are deleted, at most 90.',
    check: integerBetween(1, 90),
  },
  {
    env: 'AROUTER_KEPT_BODY_BYTES_MAX',
    key: 'kept_body_bytes_max',
    fallback: '262144',
    help: 'Of a body more than this is not kept, in bytes; at most 4 MiB.',
    check: integerBetween(1024, 4_194_304),
  },
  {
    env: 'AROUTER_KEPT_BODIES_BYTES_MAX',
    key: 'kept_bodies_bytes_max',
    fallback: '1073741824',
    help: 'What all kept bodies may take on disk, in bytes; beyond it the oldest are deleted.',
    check: integerBetween(1_048_576, 9_999_999_999),
  },
] as const satisfies readonly Setting[];

type Name = (typeof KEPT_BODY_SETTINGS)[number]['env'];

export function readBodyRules(text: (env: Name) => string): BodyRules {
  return {
    isAllowed: text('AROUTER_KEEP_BODIES') === 'true',
    keptMs: Number(text('AROUTER_KEPT_BODY_DAYS')) * DAY_MS,
    bodyBytesMax: Number(text('AROUTER_KEPT_BODY_BYTES_MAX')),
    sumBytesMax: Number(text('AROUTER_KEPT_BODIES_BYTES_MAX')),
  };
}
