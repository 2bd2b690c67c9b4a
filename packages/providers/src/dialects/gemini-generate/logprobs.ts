/** Log probabilities between Gemini (`logprobsResult`) and OpenAI (`logprobs.content`). */
import { isObject, type JsonObject, numberOf, objectOf, objectsOf, stringOf } from '../shared/json-values.ts';

export function logprobsToCanonical(result: unknown): JsonObject | null {
  if (!isObject(result)) return null;
  const top = objectsOf(result['topCandidates']);
  const content = objectsOf(result['chosenCandidates']).map((chosen, at) => ({
    ...tokenFrom(chosen),
    top_logprobs: objectsOf(objectOf(top[at])['candidates']).map(tokenFrom),
  }));
  return { content, refusal: null };
}

export function logprobsFromCanonical(logprobs: unknown): JsonObject | undefined {
  const tokens = objectsOf(objectOf(logprobs)['content']);
  if (tokens.length === 0) return undefined;
  return {
    chosenCandidates: tokens.map(tokenTo),
    topCandidates: tokens.map((token) => ({ candidates: objectsOf(token['top_logprobs']).map(tokenTo) })),
  };
}

function tokenFrom(candidate: JsonObject): JsonObject {
  const { token, logProbability } = candidate;
  return { token: stringOf(token) ?? '', logprob: numberOf(logProbability) ?? 0, bytes: null };
}

function tokenTo({ token, logprob }: JsonObject): JsonObject {
  return { token: stringOf(token) ?? '', logProbability: numberOf(logprob) ?? 0 };
}
