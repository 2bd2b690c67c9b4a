/** The switch for kept bodies, and what was kept, as a signed-in person asks for them. */
import type { SignedInAs } from './open-dashboard.ts';
import type { Gateway } from './start-gateway.ts';

export type KeptContent = {
  readonly status: number;
  /** Of a 404. */
  readonly reason: string | null;
  readonly request: string | null;
  readonly answer: string | null;
};

/** In the first workspace, by somebody who may; the gateway must run with `AROUTER_KEEP_BODIES`. */
export async function keepBodies(
  gateway: Pick<Gateway, 'url'>,
  session: SignedInAs,
  keep = true,
): Promise<void> {
  const answer = await fetch(`${gateway.url}/api/v1/workspace/bodies`, {
    method: 'PATCH',
    headers: { ...headersOf(gateway, session), 'content-type': 'application/json' },
    body: JSON.stringify({ keep }),
  });
  if (!answer.ok) throw new Error(`the switch was answered ${answer.status}: ${await answer.text()}`);
}

export async function readContent(
  gateway: Pick<Gateway, 'url'>,
  session: SignedInAs,
  generation: string,
): Promise<KeptContent> {
  const url = `${gateway.url}/api/v1/generation/content?id=${generation}`;
  const answer = await fetch(url, { headers: headersOf(gateway, session) });
  const body = (await answer.json()) as {
    readonly data?: {
      readonly request: { readonly text: string };
      readonly answer: { readonly text: string };
    };
    readonly error?: { readonly metadata?: { readonly reason?: string } };
  };
  return {
    status: answer.status,
    reason: body.error?.metadata?.reason ?? null,
    request: body.data?.request.text ?? null,
    answer: body.data?.answer.text ?? null,
  };
}

function headersOf({ url }: Pick<Gateway, 'url'>, { cookies }: SignedInAs): Record<string, string> {
  return { origin: url, cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; ') };
}
