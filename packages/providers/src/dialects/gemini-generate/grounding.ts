/** What Gemini says its answer rests on → `url_citation` annotations. Source: ai.google.dev "GroundingMetadata". */
import { Buffer } from 'node:buffer';
import { type JsonObject, numberOf, objectOf, objectsOf, present, stringOf } from '../shared/json-values.ts';

/** Of a candidate, over its whole text. Google counts in UTF-8 bytes, OpenAI in UTF-16 units. */
export function annotationsOf(candidate: JsonObject, text: string): readonly JsonObject[] {
  const grounding = objectOf(candidate['groundingMetadata']);
  const sources = objectOf(candidate['citationMetadata']);
  const spot = spotsIn(text);
  return [
    ...groundingAnnotations(grounding, text.length, spot),
    ...objectsOf(sources['citationSources'] ?? sources['citations']).flatMap((citation) =>
      annotation(citation, spot(citation)),
    ),
  ];
}

type Spot = { readonly start: number; readonly end: number };
type FindSpot = (segment: JsonObject) => Spot;

function spotsIn(text: string): FindSpot {
  const bytes = Buffer.from(text, 'utf8');
  const place = (at: number): number =>
    bytes.length === text.length ? Math.min(at, text.length) : bytes.toString('utf8', 0, at).length;
  return (segment) => ({
    start: place(numberOf(segment['startIndex']) ?? 0),
    end: place(numberOf(segment['endIndex']) ?? bytes.length),
  });
}

function groundingAnnotations(grounding: JsonObject, length: number, spot: FindSpot): readonly JsonObject[] {
  const chunks = objectsOf(grounding['groundingChunks']).map(sourceOf);
  const supports = objectsOf(grounding['groundingSupports']);
  // Sources without a place stand for the whole answer.
  if (supports.length === 0) return chunks.flatMap((chunk) => annotation(chunk, { start: 0, end: length }));
  return supports.flatMap((support) => {
    const indices: unknown = support['groundingChunkIndices'];
    const spotted = spot(objectOf(support['segment']));
    return (Array.isArray(indices) ? indices : []).flatMap((index: unknown) =>
      annotation(objectOf(chunks[numberOf(index) ?? -1]), spotted),
    );
  });
}

function sourceOf(chunk: JsonObject): JsonObject {
  return objectOf(chunk['web'] ?? chunk['maps'] ?? chunk['retrievedContext']);
}

function annotation(source: JsonObject, { start, end }: Spot): readonly JsonObject[] {
  const url = stringOf(source['uri']);
  if (url === undefined || url === '') return [];
  const cited = present({
    url,
    title: stringOf(source['title']) ?? '',
    content: stringOf(source['text']),
    start_index: start,
    end_index: end,
  });
  return [{ type: 'url_citation', url_citation: cited }];
}
