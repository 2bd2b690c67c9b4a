/** Claude's own API at Vertex AI names its version in the body. Source: cloud.google.com "Request predictions with Claude". */
import type { WireRequest } from '@arouter/core';
import { scanJsonObject } from '../dialects/shared/scan-json.ts';
import { spliceJson } from '../dialects/shared/splice.ts';

export const CLAUDE_VERSION = 'vertex-2023-10-16';

/** For a request whose body keeps its model, which the path does not name. */
export function withClaudeVersion(request: WireRequest): WireRequest {
  const { body } = request;
  if (body === null) return request;
  const edit = { kind: 'set', key: 'anthropic_version', json: JSON.stringify(CLAUDE_VERSION) } as const;
  return { ...request, body: spliceJson(body, scanJsonObject(body), [edit]) };
}
