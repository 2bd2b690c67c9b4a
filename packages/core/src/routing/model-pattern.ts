/** `supported_models` and allow-lists: exact ids or `*` globs, bare or with the provider in front, in any case. */
import type { ModelId } from '../values.ts';
import type { Endpoint } from './route-plan.ts';

export function matchesModelPattern(pattern: string, names: readonly string[]): boolean {
  const wanted = pattern.toLowerCase();
  return names.some((name) => matchesGlob(wanted, name.toLowerCase()));
}

export function matchesAnyModelPattern(patterns: readonly string[], names: readonly string[]): boolean {
  return patterns.some((pattern) => matchesModelPattern(pattern, names));
}

/** All the names under which a pattern may mean this endpoint of the model: its provider's and its author's, bare or not. */
export function namesOfEndpoint(
  { provider, upstreamModel, alsoNamed = [] }: Pick<Endpoint, 'provider' | 'upstreamModel' | 'alsoNamed'>,
  model: ModelId,
): readonly string[] {
  const author = model.slice(0, model.indexOf('/'));
  return [
    upstreamModel,
    `${provider}/${upstreamModel}`,
    model,
    model.slice(author.length + 1),
    ...alsoNamed.flatMap((name) => [name, `${author}/${name}`, `${provider}/${name}`]),
  ];
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
