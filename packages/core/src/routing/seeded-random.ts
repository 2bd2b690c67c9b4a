/** Reproducible chance for one request: the seed is stored with the plan, so the same draws can be replayed. */
export function seededUniform(seed: number): () => number {
  let state = seed | 0;
  // mulberry32: 32 bits of state, passes what a handful of draws needs; not for secrets.
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
