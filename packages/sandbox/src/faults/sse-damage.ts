/** Event streams that are unusual but legal, and ones that are broken. The specification is WHATWG HTML § 9.2.6. */
import type { SseDamage } from './behaviour.ts';
import { toBytes } from '../script.ts';
import type { Answer } from '../script.ts';

const HUGE_LINE_CHARACTERS = 2 * 1024 * 1024;

type Frames = readonly (string | Uint8Array)[];

export function damageEvents(answer: Answer, damage: SseDamage): Answer {
  const texts = answer.frames.map((frame) => Buffer.from(toBytes(frame)).toString('utf8'));
  return { ...answer, frames: DAMAGES[damage](texts) };
}

const DAMAGES: Readonly<Record<SseDamage, (frames: readonly string[]) => Frames>> = {
  crlf: (frames) => frames.map((frame) => frame.replaceAll('\n', '\r\n')),
  cr_only: (frames) => frames.map((frame) => frame.replaceAll('\n', '\r')),
  no_space: (frames) => frames.map((frame) => frame.replaceAll(/^(data|event): /gm, '$1:')),
  byte_order_mark: (frames) => frames.map((frame, index) => (index === 0 ? `\uFEFF${frame}` : frame)),
  split_utf8: (frames) => frames.flatMap(splitInsideCharacter),
  byte_by_byte: (frames) =>
    frames.flatMap((frame) => [...Buffer.from(frame)].map((byte) => Uint8Array.of(byte))),
  one_write: (frames) => [frames.join('')],
  comments: (frames) => frames.flatMap((frame) => [': SANDBOX PROCESSING\n\n', frame]),
  no_colon: (frames) => insertAt(frames, 1, 'this line has no colon\n\n'),
  nul: (frames) => insertAt(frames, 1, ': a nul \u0000 in a comment\n\n'),
  invalid_json: (frames) => insertAt(frames, 2, 'data: {"choices":[{"index":0,"delta":{"content":"bro\n\n'),
  huge_line: (frames) => insertAt(frames, 1, `: ${'a'.repeat(HUGE_LINE_CHARACTERS)}\n\n`),
  extra_fields: (frames) =>
    frames.map((frame, index) => `id: ${index}\nretry: 1000\nunknown: field\n${frame}`),
};

/** In two, inside the first character of more than one byte; a frame of ASCII only in the middle. */
function splitInsideCharacter(frame: string): Uint8Array[] {
  const bytes = Buffer.from(frame);
  const lead = bytes.findIndex((byte) => byte >= 0xc0);
  const at = lead === -1 ? Math.floor(bytes.length / 2) : lead + 1;
  return [bytes.subarray(0, at), bytes.subarray(at)];
}

function insertAt(frames: readonly string[], index: number, frame: string): string[] {
  return [...frames.slice(0, index), frame, ...frames.slice(index)];
}
