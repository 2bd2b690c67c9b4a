/** The secret of a one-use link stands behind `#`, so that no server and no log sees it. It is taken out of the history too. */
export function takeTokenFromAddress(): string {
  const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? '';
  if (token !== '') history.replaceState(history.state, '', location.pathname + location.search);
  return token;
}
