/** `supported_models` and allow-lists: exact ids or `*` globs, bare or with the provider in front, in any case. */
export function matchesModelPattern(pattern: string, bareName: string, prefixedId: string): boolean {
  const wanted = pattern.toLowerCase();
  return matchesGlob(wanted, bareName.toLowerCase()) || matchesGlob(wanted, prefixedId.toLowerCase());
}

export function matchesAnyModelPattern(
  patterns: readonly string[],
  bareName: string,
  prefixedId: string,
): boolean {
  return patterns.some((pattern) => matchesModelPattern(pattern, bareName, prefixedId));
}

/** Greedy matching with one point of return: linear in practice, never exponential, no regular expression. */
function matchesGlob(glob: string, text: string): boolean {
  let atGlob = 0;
  let atText = 0;
  let starAt = -1;
  let resumeAt = 0;
  while (atText < text.length) {
    if (glob[atGlob] === '*') {
      starAt = atGlob;
      resumeAt = atText;
      atGlob += 1;
    } else if (atGlob < glob.length && glob[atGlob] === text[atText]) {
      atGlob += 1;
      atText += 1;
    } else if (starAt >= 0) {
      resumeAt += 1;
      atText = resumeAt;
      atGlob = starAt + 1;
    } else {
      return false;
    }
  }
  while (glob[atGlob] === '*') atGlob += 1;
  return atGlob === glob.length;
}
