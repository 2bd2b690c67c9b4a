/** One call to a webhook destination, through the guarded transport. Nothing of the answer but its status is kept. */
import { TransportFault, type Transport, type WireHeaders } from '@arouter/core';

const CONNECT_MS_MAX = 5000;
const ANSWER_MS_MAX = 15_000;
const ANSWER_BYTES_MAX = 64 * 1024;

export type WebhookCall = {
  readonly url: string;
  readonly method: 'POST' | 'PUT';
  readonly headers: WireHeaders;
  readonly body: string;
};
export type WebhookResult =
  | { readonly kind: 'answered'; readonly status: number }
  | { readonly kind: 'failed'; readonly error: string };

const WORDS: Readonly<Record<string, string>> = {
  egress_denied: 'The address is not allowed: it is private, or not https.',
  dns_failed: 'The host name could not be resolved.',
  connect_refused: 'The host refused the connection.',
  connect_timeout: 'The host did not accept the connection in time.',
  tls_failed: 'The TLS certificate is not valid for the host.',
  first_byte_timeout: 'The host did not answer in time.',
  total_timeout: 'The host did not answer in time.',
};

export async function sendWebhook(
  transport: Pick<Transport, 'send'>,
  { url, method, headers, body }: WebhookCall,
): Promise<WebhookResult> {
  const { origin, pathname, search } = new URL(url);
  const limits = {
    connectMs: CONNECT_MS_MAX,
    firstByteMs: ANSWER_MS_MAX,
    idleMs: ANSWER_MS_MAX,
    totalMs: ANSWER_MS_MAX,
  };
  const bytes = new TextEncoder().encode(body);
  const own: WireHeaders = [
    ['content-type', 'application/json'],
    ['user-agent', 'ARouter-Webhooks'],
    ...headers,
  ];
  try {
    const response = await transport.send(
      { method, origin, path: pathname + search, headers: own, body: bytes },
      limits,
    );
    const { status } = response;
    // Read so that the connection can be used again; a longer answer is cut off.
    await Promise.resolve(response.readAll(ANSWER_BYTES_MAX)).catch(() => response.cancel());
    return { kind: 'answered', status };
  } catch (fault) {
    if (!(fault instanceof TransportFault)) throw fault;
    return { kind: 'failed', error: WORDS[fault.code] ?? 'The connection broke.' };
  }
}
