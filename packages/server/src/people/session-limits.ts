/** How long a session lives and what its cookies are called. */

export const SESSION_IDLE_MS_MAX = 12 * 3_600_000;
/** After it a person signs in again, however busy. */
export const SESSION_AGE_MS_MAX = 7 * 24 * 3_600_000;

/** `__Host-`: the browser takes the cookie over https only, from this host only, for all paths. */
export function cookieNames(secure: boolean): { readonly session: string; readonly secondFactor: string } {
  const prefix = secure ? '__Host-' : '';
  return { session: `${prefix}arouter_session`, secondFactor: `${prefix}arouter_second_factor` };
}
