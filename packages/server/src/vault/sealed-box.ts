/**
 * Authenticated encryption, in one place: AES-256-GCM with a random 96-bit nonce and a bound context. The nonce comes
 * from the system and not from the Random port: a seeded run must never repeat one. The tag length is always given,
 * because Node otherwise accepts a tag of four bytes.
 */
import { createCipheriv, createDecipheriv, randomBytes, type KeyObject } from 'node:crypto';
import { VaultError } from './vault-error.ts';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const OVERHEAD_BYTES = NONCE_BYTES + TAG_BYTES;

/** nonce ‖ ciphertext ‖ tag. Opens only with the same key and the same context. */
export function sealBox(key: KeyObject, context: readonly string[], plaintext: Uint8Array): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(contextBytes(context));
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** Throws VaultError `secret_format` or `secret_auth_failed`. */
export function openBox(key: KeyObject, context: readonly string[], box: Uint8Array): Buffer {
  if (box.length < OVERHEAD_BYTES) throw new VaultError('secret_format');
  const decipher = createDecipheriv(ALGORITHM, key, box.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(contextBytes(context));
  decipher.setAuthTag(box.subarray(box.length - TAG_BYTES));
  const plaintext = decipher.update(box.subarray(NONCE_BYTES, box.length - TAG_BYTES));
  try {
    decipher.final();
  } catch {
    // The library's error says nothing that the code does not.
    plaintext.fill(0);
    throw new VaultError('secret_auth_failed');
  }
  return plaintext;
}

/** Every part with its length before it: ("a", "bc") and ("ab", "c") differ. */
function contextBytes(context: readonly string[]): Buffer {
  return Buffer.concat(
    context.flatMap((part) => {
      const bytes = Buffer.from(part);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}
