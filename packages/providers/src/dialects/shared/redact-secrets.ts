/**
 * Takes key material out of text that came from a provider, before anything keeps or shows it: OpenAI, xAI and Google
 * echo the key they refuse. Every pattern is linear: no repetition stands inside another.
 */

/** Of a provider's message as it is kept and shown. */
export const MESSAGE_CHARS_MAX = 2000;
/** Of raw text that is looked through at all. */
const TEXT_CHARS_MAX = 16_384;

export function redactSecrets(text: string): string {
  let clean = text.slice(0, TEXT_CHARS_MAX);
  for (const [pattern, replacement] of PATTERNS) clean = clean.replace(pattern, replacement);
  return clean.slice(0, MESSAGE_CHARS_MAX);
}

const REDACTED = '[redacted]';
/** Keys are also echoed masked (`sk-ab***yz`, `xa***`), so asterisks and dots belong to them. */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z0-9 ]{1,40}-----[\s\S]*?(?:-----END [A-Z0-9 ]{1,40}-----|$)/g, REDACTED],
  [/\b(Bearer|Basic)\s+[^\s"',;]{4,}/gi, `$1 ${REDACTED}`],
  // `x-api-key: …`, `api_key:…`, `API key provided: …`, `token=…`
  [
    /\b((?:x-)?(?:goog-)?api[-_ ]?key(?: provided)?|access[-_ ]?key|access_token|client_secret|password|token)(["']?\s{0,4}[:=]\s{0,4}["']?)(?!\[redacted\])[^\s"',;)}\]]{4,}/gi,
    `$1$2${REDACTED}`,
  ],
  [
    /\b(?:sk|rk|pk|gsk|xai|hf|pplx|csk|nvapi|lr|r8|fw|tgp|dsk|key|whsec|bedrock-api-key)[-_](?=[\w.*-]{0,100}[\d*])[\w.*-]{8,}/g,
    REDACTED,
  ],
  [/\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9*]{8,}/g, REDACTED],
  [/\bABSK[\w+/=*-]{16,}/g, REDACTED],
  [/\b(?:AIza|ya29\.|AQ\.)[\w.*-]{6,}/g, REDACTED],
  // A token of JSON, and what else begins like one: looking for its dot from every place would cost the square of the length.
  [/\beyJ[\w.-]{16,}/g, REDACTED],
  [/\b[A-Za-z]{2}[\w-]{0,12}\*{3,}[\w.*-]{0,64}/g, REDACTED],
  // Keys without a prefix (Mistral, Azure): long runs that mix letters and digits. Ids of requests are shorter.
  [/\b(?=[A-Za-z]{0,400}\d)(?=\d{0,400}[A-Za-z])[A-Za-z0-9]{32,}\b/g, REDACTED],
];
