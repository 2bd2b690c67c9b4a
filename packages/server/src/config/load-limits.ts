/** How much callers may bring at once. */
import { integerBetween, type Setting } from './setting.ts';

export type LoadLimits = {
  readonly bodyBytesMax: number;
  readonly bodiesHeldBytesMax: number;
  readonly connectionsMax: number;
};

export const LOAD_LIMIT_SETTINGS = [
  {
    env: 'AROUTER_BODY_BYTES_MAX',
    key: 'body_bytes_max',
    fallback: '20971520',
    help: 'Largest request body, in bytes.',
    check: integerBetween(1024, 268_435_456),
  },
  {
    env: 'AROUTER_BODIES_HELD_BYTES_MAX',
    key: 'bodies_held_bytes_max',
    fallback: '536870912',
    help: 'Bytes of request bodies and whole answers over 64 KiB held at the same time; beyond it such requests get 503. Of several workspaces each holds at most as much as it leaves free. At least the largest body.',
    check: integerBetween(1024, 68_719_476_736),
  },
  {
    env: 'AROUTER_CONNECTIONS_MAX',
    key: 'connections_max',
    fallback: '10000',
    help: 'Connections of callers open at the same time. At the bound those that nobody uses are closed; where all are in use, who comes is closed at once.',
    check: integerBetween(10, 1_000_000),
  },
] as const satisfies readonly Setting[];

export function readLoadLimits(
  number: (env: (typeof LOAD_LIMIT_SETTINGS)[number]['env']) => number,
): LoadLimits {
  return {
    bodyBytesMax: number('AROUTER_BODY_BYTES_MAX'),
    bodiesHeldBytesMax: number('AROUTER_BODIES_HELD_BYTES_MAX'),
    connectionsMax: number('AROUTER_CONNECTIONS_MAX'),
  };
}
