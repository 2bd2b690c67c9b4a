/**
 * A sealed field of a row: `LR` ‖ version 1 ‖ flags 0 ‖ data key version (u32) ‖ box. The plaintext is padded to
 * steps of 64 bytes, so that the length says little about the secret. The context binds workspace, table, column, row,
 * data key version and the origin that the secret may be sent to.
 */
import type { KeyObject } from 'node:crypto';
import { openBox, sealBox } from './sealed-box.ts';
import { VaultError } from './vault-error.ts';

export type FieldContext = {
  readonly workspaceId: string;
  readonly table: string;
  readonly column: string;
  readonly rowId: string;
  /** `https://host:port`. */
  readonly destination: string;
};
export type DataKey = { readonly version: number; readonly key: KeyObject };

const HEADER = Buffer.from([0x4c, 0x52, 0x01, 0x00]);
const HEADER_BYTES = 8;
const PADDING_STEP_BYTES = 64;
const LENGTH_BYTES = 4;

export function sealField(dataKey: DataKey, context: FieldContext, plaintext: Uint8Array): Uint8Array {
  const version = Buffer.alloc(4);
  version.writeUInt32BE(dataKey.version);
  const padded = pad(plaintext);
  const box = sealBox(dataKey.key, contextOf(context, dataKey.version), padded);
  padded.fill(0);
  return Buffer.concat([HEADER, version, box]);
}

/** Throws VaultError. `dataKeyOf` throws one when it has no such key. */
export function openField(
  dataKeyOf: (version: number) => KeyObject,
  context: FieldContext,
  blob: Uint8Array,
): Buffer {
  // SQLite keeps whatever type was written: text in this column is damage like any other.
  if (!(blob instanceof Uint8Array)) throw new VaultError('secret_format');
  const bytes = Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength);
  if (bytes.length < HEADER_BYTES || !bytes.subarray(0, HEADER.length).equals(HEADER)) {
    throw new VaultError('secret_format');
  }
  const version = bytes.readUInt32BE(HEADER.length);
  const padded = openBox(dataKeyOf(version), contextOf(context, version), bytes.subarray(HEADER_BYTES));
  return padded.subarray(LENGTH_BYTES, LENGTH_BYTES + padded.readUInt32BE());
}

function contextOf(context: FieldContext, version: number): readonly string[] {
  const { workspaceId, table, column, rowId, destination } = context;
  return ['lr/field/v1', workspaceId, table, column, rowId, String(version), destination];
}

function pad(plaintext: Uint8Array): Buffer {
  const bytes = Math.ceil((plaintext.length + LENGTH_BYTES) / PADDING_STEP_BYTES) * PADDING_STEP_BYTES;
  const padded = Buffer.alloc(bytes);
  padded.writeUInt32BE(plaintext.length);
  padded.set(plaintext, LENGTH_BYTES);
  return padded;
}
