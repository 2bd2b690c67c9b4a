/** What a vector is for, in Google's words and in the canonical ones (Cohere's, with Google's own where there are none). */
const PURPOSES: readonly (readonly [task: string, purpose: string])[] = [
  ['RETRIEVAL_QUERY', 'search_query'],
  ['RETRIEVAL_DOCUMENT', 'search_document'],
  ['CLASSIFICATION', 'classification'],
  ['CLUSTERING', 'clustering'],
  ['SEMANTIC_SIMILARITY', 'semantic_similarity'],
  ['QUESTION_ANSWERING', 'question_answering'],
  ['FACT_VERIFICATION', 'fact_verification'],
  ['CODE_RETRIEVAL_QUERY', 'code_retrieval_query'],
  // As others call the first two.
  ['RETRIEVAL_QUERY', 'query'],
  ['RETRIEVAL_DOCUMENT', 'document'],
  ['RETRIEVAL_DOCUMENT', 'passage'],
];

/** Undefined for what Google does not know: then it is not said. */
export function taskOf(purpose: unknown): string | undefined {
  return PURPOSES.find(([, known]) => known === purpose)?.[0];
}

export function purposeOf(task: unknown): string | undefined {
  return PURPOSES.find(([known]) => known === task)?.[1];
}
