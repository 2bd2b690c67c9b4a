/** POST /bootstrap: the first-run token → workspace and keys, once. Afterwards the path is 404 for ever. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { GatewayError } from '@arouter/core';
import { createTurns } from '../instance/create-turns.ts';
import { readBody } from '../http/caller.ts';
import { SECURITY_HEADERS } from '../http/security-headers.ts';
import type { FirstKeys } from './first-workspace.ts';

export type FirstRunDeps = {
  /** Resolves with null when the token is wrong, used or too old. */
  readonly claim: (token: string, workspaceName: string) => Promise<FirstKeys | null>;
};

const BODY_BYTES_MAX = 4096;
const NAME_LENGTH_MAX = 100;

export function createFirstRunHandler(
  deps: FirstRunDeps,
): (request: IncomingMessage, response: ServerResponse) => void {
  const inTurn = createTurns();
  // Of many claims that come together, one finds the token unused.
  const claimInTurn = (claim: Claim): Promise<FirstKeys | null> =>
    inTurn('claim', () => deps.claim(claim.token, claim.workspaceName));
  return (request, response) => {
    // Read before its turn: who sends slowly holds up nobody.
    readClaim(request).then(
      (claim) =>
        claimInTurn(claim).then(
          (keys) => answerKeys(response, keys),
          () => answer(response, 503, refusal('service_unavailable', 'The store cannot be used now.')),
        ),
      () =>
        answer(
          response,
          400,
          refusal('invalid_request', 'Send {"token": "…", "workspace_name": "…"} as JSON.'),
        ),
    );
  };
}

type Claim = { readonly token: string; readonly workspaceName: string };

async function readClaim(request: IncomingMessage): Promise<Claim> {
  // Another site's form can neither send JSON nor this origin.
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? ''))
    throw new GatewayError('unsupported_media_type', 'JSON only.');
  const body: unknown = JSON.parse((await readBody(request, BODY_BYTES_MAX)).toString());
  const { token, workspace_name: name } = (body ?? {}) as Readonly<Record<string, unknown>>;
  if (
    typeof token !== 'string' ||
    (name !== undefined && (typeof name !== 'string' || name.length > NAME_LENGTH_MAX))
  ) {
    throw new GatewayError('invalid_request', 'token and workspace_name');
  }
  return {
    token,
    workspaceName: typeof name === 'string' && name.trim() !== '' ? name.trim() : 'My workspace',
  };
}

function answerKeys(response: ServerResponse, keys: FirstKeys | null): void {
  if (keys === null) {
    const message =
      'The first-run link is not valid: it was used already, is older than an hour, or a newer one was printed. Where there is no workspace yet, a restart prints a new link.';
    answer(response, 404, refusal('not_found', message));
    return;
  }
  answer(response, 200, {
    workspace_id: keys.workspaceId,
    management_key: keys.managementKey,
    operator_key: keys.operatorKey,
    api_key: keys.apiKey,
  });
}

function refusal(code: string, message: string): object {
  return { error: { code, message } };
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    ...SECURITY_HEADERS,
  });
  response.end(JSON.stringify(body));
}
