/** The parts of a candidate's content, sorted into what the canonical form has places for. */
import { createHash } from 'node:crypto';
import { isObject, type JsonObject, objectOf, objectsOf, present, stringOf } from '../shared/json-values.ts';
import { fieldOf } from './field-of.ts';
import { codeText, dataUrl } from './parts-to-canonical.ts';
import { GEMINI_FORMAT, signatureDetail, signatureOf } from './signatures.ts';

/** One part → a canonical delta. Streams send it as it is; whole answers add the deltas up. */
export type PartDelta = {
  readonly text: string;
  readonly reasoning: string;
  readonly details: readonly JsonObject[];
  readonly calls: readonly JsonObject[];
  readonly images: readonly JsonObject[];
  readonly audio: JsonObject | undefined;
};

/** What has been seen of the candidate's answer so far. */
export type PartContext = {
  /** Makes minted call ids differ between answers. */
  readonly answerId: string;
  readonly candidate: number;
  readonly callsSeen: number;
  readonly detailsSeen: number;
};

const NOTHING: PartDelta = { text: '', reasoning: '', details: [], calls: [], images: [], audio: undefined };

export function partsOfCandidate(candidate: JsonObject): readonly JsonObject[] {
  return objectsOf(objectOf(candidate['content'])['parts']);
}

export function readPart(part: JsonObject, context: PartContext): PartDelta {
  const signature = signatureOf(part);
  const index = context.detailsSeen;
  if (part['thought'] === true) return readThought(part, signature, index);
  const call = fieldOf(part, 'functionCall');
  if (isObject(call)) return readCall(call, signature, context);
  const details = signature === undefined ? [] : [{ ...signatureDetail(signature), index }];
  const inline = fieldOf(part, 'inlineData');
  if (isObject(inline)) return { ...NOTHING, ...readMedia(inline), details };
  return { ...NOTHING, text: stringOf(part['text']) ?? codeText(part) ?? '', details };
}

function readThought(part: JsonObject, signature: string | undefined, index: number): PartDelta {
  const text = stringOf(part['text']) ?? '';
  const detail = present({ type: 'reasoning.text', text, signature, format: GEMINI_FORMAT, index });
  return text === '' && signature === undefined
    ? NOTHING
    : { ...NOTHING, reasoning: text, details: [detail] };
}

function readCall(call: JsonObject, signature: string | undefined, context: PartContext): PartDelta {
  const name = stringOf(call['name']) ?? '';
  const written = JSON.stringify(objectOf(call['args']));
  const id = stringOf(call['id']) || mintId(context, name, written);
  return {
    ...NOTHING,
    details:
      signature === undefined ? [] : [{ ...signatureDetail(signature, id), index: context.detailsSeen }],
    calls: [
      present({
        id,
        type: 'function',
        function: { name, arguments: written },
        extra_content: signature === undefined ? undefined : { google: { thought_signature: signature } },
      }),
    ],
  };
}

/** Older models give calls no ids; callers need them to differ over the whole conversation. */
function mintId({ answerId, candidate, callsSeen }: PartContext, name: string, written: string): string {
  const seed = [answerId, candidate, callsSeen, name, written].join('\n');
  return `call_${createHash('sha256').update(seed).digest('hex').slice(0, 24)}`;
}

function readMedia(blob: JsonObject): Pick<PartDelta, 'images' | 'audio'> {
  const { mediaType, url } = dataUrl(blob);
  if (!mediaType.startsWith('audio/'))
    return { images: [{ type: 'image_url', image_url: { url } }], audio: undefined };
  return { images: [], audio: { data: url.slice(url.indexOf(',') + 1), transcript: '' } };
}
