/** How long a sound file may last, from its bytes alone: exact for WAV, a range for what is compressed. */
import { asBuffer } from '../shared/scan-json.ts';

/** No format in use packs speech denser than this (Opus at 4 kbit/s). */
const BYTES_PER_SECOND_MIN = 500;
/** For estimates, which err high: most speech is stored at 32 kbit/s or more. */
const BYTES_PER_SECOND_LIKELY = 4000;
const WAV_HEADER_BYTES = 44;

/** Both in seconds. */
export function soundSeconds(file: Uint8Array): { readonly likely: number; readonly most: number } {
  const exact = wavSeconds(file);
  if (exact !== null) return { likely: exact, most: exact };
  return {
    likely: Math.ceil(file.length / BYTES_PER_SECOND_LIKELY),
    most: Math.ceil(file.length / BYTES_PER_SECOND_MIN),
  };
}

/** From the byte rate in the header and the bytes that are there; null when it is no WAV file. */
function wavSeconds(file: Uint8Array): number | null {
  const bytes = asBuffer(file);
  if (bytes.length < WAV_HEADER_BYTES) return null;
  const isWav = bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 16) === 'WAVEfmt ';
  const rate = isWav ? bytes.readUInt32LE(28) : 0;
  // A header that claims a rate beyond any sound would make a long file look short.
  return rate >= BYTES_PER_SECOND_MIN && rate <= 1_000_000 ? Math.ceil(bytes.length / rate) : null;
}
