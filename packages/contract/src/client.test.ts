import { describe, expect, test } from 'vitest';
import { createManagementClient, ManagementError, type Fetch } from './client.ts';
import { ROUTES } from './routes.ts';

type Sent = { url: string; method: string; headers: Record<string, string>; body: string | undefined };

function clientAnswering(status: number, text: string, headers: Record<string, string> = {}) {
  const sent: Sent[] = [];
  const fetch: Fetch = async (url, { method, headers: given, body }) => {
    sent.push({ url, method, headers: given, body });
    return {
      ok: status < 300,
      status,
      headers: { get: (name) => headers[name] ?? null },
      text: async () => text,
    };
  };
  return {
    sent,
    client: createManagementClient({
      baseUrl: 'http://127.0.0.1:8080/',
      apiKey: 'lr_mgmt_x',
      fetch,
      routes: ROUTES,
    }),
  };
}

describe('the management client', () => {
  test('puts parameters into the path, the query and the body where the route wants them', async () => {
    const { client, sent } = clientAnswering(200, '{"data":{"deleted":true}}');
    await client.call('updateByok', {
      params: { id: 'pk_a/b' },
      query: { workspace_id: 'ws 1' },
      body: { weight: 3 },
    });
    expect(sent).toEqual([
      {
        url: 'http://127.0.0.1:8080/api/v1/byok/pk_a%2Fb?workspace_id=ws%201',
        method: 'PATCH',
        headers: { authorization: 'Bearer lr_mgmt_x', 'content-type': 'application/json' },
        body: '{"weight":3}',
      },
    ]);
  });

  test('sends no body and no content type where there is none', async () => {
    const { client, sent } = clientAnswering(200, '{"data":[],"total_count":0}');
    const { data } = await client.call('listByok', {});
    expect(data).toEqual([]);
    expect(sent[0]).toMatchObject({
      method: 'GET',
      body: undefined,
      headers: { authorization: 'Bearer lr_mgmt_x' },
    });
    expect(sent[0]?.headers).not.toHaveProperty('content-type');
  });

  test('turns an error answer into its code, message and request id', async () => {
    const body = {
      error: {
        message: 'no',
        type: 't',
        code: 'wrong_key_kind',
        request_id: 'req_1',
        metadata: { fields: ['weight', 7] },
      },
      code: 'wrong_key_kind',
      message: 'no',
    };
    const { client } = clientAnswering(403, JSON.stringify(body), { 'retry-after': '7' });
    const error: unknown = await client.call('listByok', {}).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ManagementError);
    expect(error).toMatchObject({
      status: 403,
      code: 'wrong_key_kind',
      message: 'no',
      requestId: 'req_1',
      retryAfterSeconds: 7,
      fields: ['weight'],
    });
  });

  test.each(['<html>bad gateway</html>', '', 'null', '{"error":"x"}', '{"error":{"code":5,"message":"x"}}'])(
    'survives %j from something that is not the gateway',
    async (text) => {
      const { client } = clientAnswering(502, text);
      await expect(client.call('listByok', {})).rejects.toMatchObject({ status: 502, code: 'unknown_error' });
    },
  );
});
