/** A generation's id carries the second of its creation (`gen-<unix seconds>-<24 hex>`): the way to its rows. */

const GENERATION_ID = /^gen-(\d{10})-[0-9a-f]{24}$/;
/** The id and `createdAt` may be read from the clock a moment apart. */
const SLACK_MS = 60_000;

/** Between which moments (`to` excluded) the generation was created; null when it is not one of our ids. */
export function creationWindow(id: string): { readonly from: number; readonly to: number } | null {
  const match = GENERATION_ID.exec(id);
  if (match === null) return null;
  const second = Number(match[1]) * 1000;
  return { from: second - SLACK_MS, to: second + 1000 + SLACK_MS };
}
