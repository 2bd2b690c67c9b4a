/** Where to go once signed in, and why single sign-on failed. */
export type SignInSearch = { readonly to?: string; readonly error?: string };

export function readSignInSearch({ to, error }: Readonly<Record<string, unknown>>): SignInSearch {
  return {
    ...(typeof to === 'string' && isOwnPath(to) ? { to } : {}),
    ...(typeof error === 'string' ? { error } : {}),
  };
}

/** A link must not lead whoever signs in to another site. */
function isOwnPath(path: string): boolean {
  return /^\/(?![/\\])/.test(path);
}
