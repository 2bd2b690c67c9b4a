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

/** True when a generation of this id and time will be found again. Asked for each one that is opened, hence digit by digit. */
export function carriesCreationTime(id: string, createdAt: number): boolean {
  if (id.length !== GENERATION_ID_LENGTH || !id.startsWith('gen-')) return false;
  let second = 0;
  for (let index = SECOND_START; index < SECOND_END; index += 1) {
    const digit = id.charCodeAt(index) - DIGIT_ZERO;
    if (!(digit >= 0 && digit <= 9)) return false;
    second = second * 10 + digit;
  }
  const sinceMs = createdAt - second * 1000;
  return sinceMs >= -SLACK_MS && sinceMs < 1000 + SLACK_MS;
}
const DIGIT_ZERO = 0x30;
const SECOND_START = 'gen-'.length;
const SECOND_END = SECOND_START + 10;
const GENERATION_ID_LENGTH = SECOND_END + '-'.length + 24;
