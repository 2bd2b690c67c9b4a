/** undici's and Node's errors as the core's words. The connector's own faults do not pass here. */
import type { TransportFaultCode } from '@arouter/core';

/** @param hasHead True when the head of the answer had arrived: then the wrong length means that the rest is lost. */
export function faultCodeOf(error: Error, hasHead: boolean): TransportFaultCode {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  switch (code) {
    case 'UND_ERR_HEADERS_OVERFLOW':
      return 'answer_malformed';
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
      return hasHead ? 'connection_reset' : 'answer_malformed';
    case 'UND_ERR_SOCKET':
      // "bad response" and "bad upgrade" are undici's words for an answer that nobody asked for, like 100 or 101.
      return error.message.startsWith('bad ') ? 'answer_malformed' : 'connection_reset';
    case 'UND_ERR_ABORTED':
    case 'UND_ERR_CLOSED':
    case 'UND_ERR_DESTROYED':
      return 'cancelled';
    case 'UND_ERR_INVALID_ARG':
    case 'UND_ERR_NOT_SUPPORTED':
      // A header or path that must not be sent, e.g. a line break in a value; nothing has left.
      return 'egress_denied';
    default:
      // The parser's errors carry no usable code; the one at the end of the input means that the rest is missing.
      if (error.name === 'HTTPParserError') {
        return error.message.includes('EOF') ? 'connection_reset' : 'answer_malformed';
      }
      // A provider that asks for a client certificate says so after the handshake.
      return code.startsWith('ERR_SSL_') ? 'tls_failed' : 'connection_reset';
  }
}
