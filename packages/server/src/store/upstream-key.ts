/**
 * The look-up of a generation by the provider's own id, without an index on random strings. Such an index dirties one
 * page per row: at 500 000 rows it doubled the cost of a settlement. Here the key begins with the row's segment (1024
 * consecutive sequences), so that inserts fall into the same few pages; a look-up probes each segment, newest first,
 * and compares the id itself, so that a shared hash does no harm.
 */
const SEGMENT_ROWS = 1024;
/** 22 bits: with 2³⁰ segments (10¹² rows) the key stays below 2⁵³. */
const HASH_SPAN = 2 ** 22;

/** FNV-1a, folded to 22 bits. It spreads; it protects nothing. */
export function upstreamHash(upstreamId: string): number {
  let hash = 0x81_1c_9d_c5;
  for (let index = 0; index < upstreamId.length; index += 1) {
    hash = Math.imul(hash ^ upstreamId.charCodeAt(index), 0x01_00_01_93);
  }
  return (hash ^ (hash >>> 22)) & (HASH_SPAN - 1);
}

export function upstreamKey(sequence: number, upstreamId: string): number {
  return Math.floor(sequence / SEGMENT_ROWS) * HASH_SPAN + upstreamHash(upstreamId);
}

/** `CROSS JOIN` keeps SQLite from reading the tables first. Parameters: the upstream id's hash, the upstream id, the workspace, how many. */
export const FIND_BY_UPSTREAM_ID = `
  WITH RECURSIVE segments (segment) AS (
    SELECT (SELECT coalesce(max(sequence), 0) FROM attempts) / ${SEGMENT_ROWS}
    UNION ALL SELECT segment - 1 FROM segments WHERE segment > 0
  )
  SELECT a.generation_id, a.created_at
  FROM segments
    CROSS JOIN settlements s ON s.upstream_key = segments.segment * ${HASH_SPAN} + ?
    CROSS JOIN attempts a ON a.sequence = s.sequence
  WHERE s.upstream_id = ? AND a.workspace_id = ?
  LIMIT ?`;
