/**
 * Argon2id in PHC form. At most a few run at once: each takes tens of MiB and half a core, and an unauthenticated
 * caller can ask for one. Beyond the queue, callers are refused rather than kept.
 */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { GatewayError } from '@arouter/core';

/** KiB; above OWASP's floor (19 MiB, 2 passes, 1 lane). One hash takes about 0.1 s of one core. */
const MEMORY_KIB = 32 * 1024;
const PASSES = 3;
const LANES = 1;
const SALT_BYTES = 16;
const TAG_BYTES = 32;
const RUNNING_MAX = 2;
const WAITING_MAX = 32;
/** A stored hash may come from another version with other costs, but not with unbounded ones. */
const MEMORY_KIB_MAX = 256 * 1024;
const PASSES_MAX = 16;

const run = promisify(argon2);

export type PasswordHasher = {
  hash(password: string): Promise<string>;
  /** False for what is not a hash of ours. */
  verify(given: { readonly hash: string; readonly password: string }): Promise<boolean>;
};

export function createPasswordHasher(): PasswordHasher {
  const inTurn = createTurns();
  return {
    hash: (password) =>
      inTurn(async () => {
        const salt = randomBytes(SALT_BYTES);
        const tag = await derive(password, salt, { memory: MEMORY_KIB, passes: PASSES, lanes: LANES });
        return `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=${LANES}$${base64(salt)}$${base64(tag)}`;
      }),
    verify: ({ hash, password }) =>
      inTurn(async () => {
        const parsed = parseHash(hash);
        if (parsed === null) return false;
        const tag = await derive(password, parsed.salt, parsed, parsed.tag.length);
        return timingSafeEqual(tag, parsed.tag);
      }),
  };
}

type Costs = { readonly memory: number; readonly passes: number; readonly lanes: number };

async function derive(
  password: string,
  salt: Uint8Array,
  { memory, passes, lanes }: Costs,
  tagLength: number = TAG_BYTES,
): Promise<Buffer> {
  return run('argon2id', {
    message: Buffer.from(password.normalize('NFKC')),
    nonce: salt,
    parallelism: lanes,
    tagLength,
    memory,
    passes,
  });
}

function parseHash(text: string): (Costs & { readonly salt: Buffer; readonly tag: Buffer }) | null {
  const parts = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d)\$([\w+/-]{20,86})\$([\w+/-]{40,86})$/.exec(
    text,
  );
  if (parts === null) return null;
  const [, memory, passes, lanes, salt = '', tag = ''] = parts;
  const costs = { memory: Number(memory), passes: Number(passes), lanes: Number(lanes) };
  if (costs.memory > MEMORY_KIB_MAX || costs.passes > PASSES_MAX) return null;
  return { ...costs, salt: Buffer.from(salt, 'base64'), tag: Buffer.from(tag, 'base64') };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('base64')
    .replace(/(?<!=)=+$/, '');
}

/** Runs a few at once, lets some wait, refuses the rest. */
function createTurns(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= RUNNING_MAX) {
      if (waiting.length >= WAITING_MAX) {
        throw new GatewayError('rate_limit_exceeded', 'Too many people sign in at this moment; try again.', {
          retryAfterMs: 5000,
        });
      }
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
    running += 1;
    try {
      return await work();
    } finally {
      running -= 1;
      waiting.shift()?.();
    }
  };
}
