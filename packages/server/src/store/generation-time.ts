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

/** True when a generation of this id and time will be found again. Asked for each one that is opened. */
export function carriesCreationTime(id: string, createdAt: number): boolean {
  if (id.length !== GENERATION_ID_LENGTH || !id.startsWith('gen-')) return false;
  const sinceMs = createdAt - Number(id.slice(SECOND_START, SECOND_END)) * 1000;
  return sinceMs >= -SLACK_MS && sinceMs < 1000 + SLACK_MS;
}
const SECOND_START = 'gen-'.length;
const SECOND_END = SECOND_START + 10;
const GENERATION_ID_LENGTH = SECOND_END + '-'.length + 24;
