/** What every answer of this address tells browsers and caches, beside what it is. The pages have a policy of their own. */

/**
 * Nothing is kept by a cache: a key may stand in a header that no cache knows to be one. And a provider's words come from our own
 * address: a browser must not take them for a script or a page, whatever they look like.
 */
export const KEPT_NOWHERE = ['cache-control', 'no-store', 'x-content-type-options', 'nosniff'] as const;

/** Of whatever a browser may be led to by an address alone: it runs nothing, shows nothing in a frame, and is no part of another page. */
export const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;
