import { createHash, randomBytes } from 'node:crypto';
import type { ApiKeyId, ApiKeyRecord, ConfigSnapshot } from '@arouter/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createToken } from './api-key-token.ts';
import { createKeyVerifier } from './key-verifier.ts';

function recordOf(id: ApiKeyId, mac: Uint8Array): ApiKeyRecord {
  return { id, mac, disabled: false } as ApiKeyRecord;
}

/** A snapshot of these keys that counts how often it was asked. */
function snapshotOf(version: number, ...records: ApiKeyRecord[]) {
  let asked = 0;
  const snapshot = {
    version,
    apiKey(id: string) {
      asked += 1;
      return records.find((record) => record.id === id);
    },
  } as ConfigSnapshot;
  return { snapshot, asked: () => asked };
}

describe('verifying an API key', () => {
  const verifier = createKeyVerifier(randomBytes(32));
  const { token, id } = createToken('live');
  const record = recordOf(id, verifier.macOf(token));

  it('finds the record of a good token, first time and from memory', () => {
    const { snapshot } = snapshotOf(1, record);
    for (let turn = 0; turn < 3; turn += 1) expect(verifier.verify(token, snapshot)).toBe(record);
  });

  it('never accepts a token with one character changed, even with a fresh checksum elsewhere', () => {
    const { snapshot } = snapshotOf(1, record);
    expect(verifier.verify(token, snapshot)).toBe(record);
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.stringMatching(/^[0-9A-Za-z_]$/), (index, character) => {
        fc.pre(token[index] !== character);
        expect(
          verifier.verify(token.slice(0, index) + character + token.slice(index + 1), snapshot),
        ).toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
  });

  it('does not accept another secret for the same id, nor another pepper', () => {
    const { snapshot } = snapshotOf(1, record);
    const other = createToken('live');
    const forged = snapshotOf(2, recordOf(other.id, record.mac)).snapshot;
    expect(verifier.verify(other.token, forged)).toBeUndefined();
    expect(createKeyVerifier(randomBytes(32)).verify(token, snapshot)).toBeUndefined();
  });

  it('does not accept a row that somebody wrote into the database with a plain hash', () => {
    const mine = createToken('live');
    for (const mac of [
      createHash('sha256').update(mine.token).digest(),
      new Uint8Array(32),
      new Uint8Array(0),
      Buffer.from(mine.token),
    ]) {
      expect(verifier.verify(mine.token, snapshotOf(9, recordOf(mine.id, mac)).snapshot)).toBeUndefined();
    }
  });

  it('asks nothing for a malformed token', () => {
    const { snapshot, asked } = snapshotOf(1, record);
    for (const text of [
      '',
      'Bearer',
      token.slice(0, -1),
      `${token.slice(0, -1)}~`,
      `lr_live_${'0'.repeat(12)}_${'0'.repeat(49)}`,
    ]) {
      expect(verifier.verify(text, snapshot)).toBeUndefined();
    }
    expect(asked()).toBe(0);
  });

  it('forgets a revoked key with the snapshot that revokes it', () => {
    expect(verifier.verify(token, snapshotOf(1, record).snapshot)).toBe(record);
    expect(verifier.verify(token, snapshotOf(2).snapshot)).toBeUndefined();
    const replaced = recordOf(id, randomBytes(32));
    expect(verifier.verify(token, snapshotOf(3, record).snapshot)).toBe(record);
    expect(verifier.verify(token, snapshotOf(4, replaced).snapshot)).toBeUndefined();
  });

  it('sees a change of the record at once', () => {
    const disabled = { ...record, disabled: true };
    expect(verifier.verify(token, snapshotOf(1, record).snapshot)).toBe(record);
    expect(verifier.verify(token, snapshotOf(2, disabled).snapshot)).toBe(disabled);
  });

  it('takes a pepper of the right length only', () => {
    expect(() => createKeyVerifier(new Uint8Array(16))).toThrow(RangeError);
  });
});
