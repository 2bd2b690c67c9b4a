/**
 * Changes top-level members of a JSON object in its bytes. What is not named stays as it was written: key order, white
 * space, number spelling, unknown fields.
 */
import { Buffer } from 'node:buffer';
import { asBuffer, findMember, type JsonMember } from './scan-json.ts';

/** `json` is JSON text. `set` replaces the value where the key stands, else adds the member at the end. */
export type JsonEdit =
  | { readonly kind: 'set'; readonly key: string; readonly json: string }
  | { readonly kind: 'remove'; readonly key: string };

/**
 * The bytes with the edits applied; the very same bytes when they change nothing. `members` are those of
 * `scanJsonObject(body)`. At most one edit per key.
 */
export function spliceJson(
  body: Uint8Array,
  members: readonly JsonMember[],
  edits: readonly JsonEdit[],
): Uint8Array {
  if (edits.length === 0) return body;
  const changes = new Map<JsonMember, JsonEdit>();
  let added = '';
  for (const edit of edits) {
    const member = findMember(members, edit.key);
    if (member !== undefined) changes.set(member, edit);
    else if (edit.kind === 'set') added += `,${JSON.stringify(edit.key)}:${edit.json}`;
  }
  if (changes.size === 0 && added === '') return body;
  return assemble(asBuffer(body), members, changes, added);
}

function assemble(
  body: Buffer,
  members: readonly JsonMember[],
  changes: ReadonlyMap<JsonMember, JsonEdit>,
  added: string,
): Buffer {
  const kept = members.filter((member) => changes.get(member)?.kind !== 'remove');
  const pieces: Uint8Array[] = [body.subarray(0, members[0]?.keyStart ?? afterBrace(body))];
  for (const member of kept) {
    const change = changes.get(member);
    if (change?.kind === 'set') {
      pieces.push(body.subarray(member.keyStart, member.valueStart), Buffer.from(change.json));
    } else {
      pieces.push(body.subarray(member.keyStart, member.valueEnd));
    }
    // A kept member brings the comma and the white space that follow it, unless nothing kept follows.
    const next = members[members.indexOf(member) + 1];
    if (next !== undefined && member !== kept.at(-1))
      pieces.push(body.subarray(member.valueEnd, next.keyStart));
  }
  if (added !== '') pieces.push(Buffer.from(kept.length === 0 ? added.slice(1) : added));
  pieces.push(body.subarray(members.at(-1)?.valueEnd ?? afterBrace(body)));
  return Buffer.concat(pieces);
}

function afterBrace(body: Buffer): number {
  return body.indexOf('{') + 1;
}
