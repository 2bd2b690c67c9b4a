/** The secret of an invitation's link, in memory: it survives signing in, not a reload. */
let kept = '';

export function keepInvitation(token: string): void {
  kept = token;
}

export function readInvitation(): string {
  return kept;
}
