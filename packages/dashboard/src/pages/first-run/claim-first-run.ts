/** The one-use token of the first-run link, and its exchange for the first keys. */
export type FirstKeys = {
  readonly workspace_id: string;
  readonly management_key: string;
  readonly operator_key: string;
  readonly api_key: string;
};

/** Reads the token once and takes it out of the address bar and the history. */
export function takeTokenFromAddress(): string {
  const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? '';
  if (token !== '') history.replaceState(null, '', location.pathname);
  return token;
}

export async function claimFirstRun(token: string, workspaceName: string): Promise<FirstKeys> {
  const response = await fetch('/bootstrap', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token, workspace_name: workspaceName }),
  });
  const answer = (await response.json()) as FirstKeys | { readonly error: { readonly message: string } };
  if ('error' in answer) throw new Error(answer.error.message);
  return answer;
}
