/** A small JSON call to a gateway on loopback. */

type ApiCall = {
  readonly port: number;
  readonly method: string;
  readonly path: string;
  readonly token: string;
  readonly body?: object;
};
type ApiAnswer = { readonly status: number; readonly text: string };

const CALL_MS_MAX = 10_000;

/** Never throws for a status; rejects when there is no answer. */
export async function callApi(call: ApiCall): Promise<ApiAnswer> {
  const headers = { authorization: `Bearer ${call.token}`, 'content-type': 'application/json' };
  const answer = await fetch(`http://127.0.0.1:${call.port}${call.path}`, {
    method: call.method,
    headers,
    signal: AbortSignal.timeout(CALL_MS_MAX),
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
  });
  return { status: answer.status, text: await answer.text() };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
