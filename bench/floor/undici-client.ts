/** The upstream client the gateway ships: undici's pooled `dispatch`, without its promises and streams. */
import { Pool } from 'undici';
import type { Dispatcher } from 'undici';
import type { AnswerSink, Exchange, UpstreamClient, UpstreamRequest } from './upstream-client.ts';

const CONNECTIONS_MAX = 1024;

export function undiciClient(origin: string): UpstreamClient {
  const pool = new Pool(origin, { connections: CONNECTIONS_MAX, pipelining: 1 });
  return { send: (request, sink) => dispatch(pool, request, sink) };
}

function dispatch(pool: Pool, request: UpstreamRequest, sink: AnswerSink): Exchange {
  let controller: Dispatcher.DispatchController | undefined;
  let aborted = false;
  const handler: Dispatcher.DispatchHandler = {
    onRequestStart: (started) => {
      controller = started;
      if (aborted) started.abort(new Error('aborted'));
    },
    onResponseStart: (_controller, status, headers) => sink.onHead(status, flatten(headers)),
    onResponseData: (started, data) => {
      if (!sink.onData(data)) started.pause();
    },
    onResponseEnd: () => sink.onEnd(),
    onResponseError: (_controller, error) => sink.onError(error),
  };
  const { path, body } = request;
  pool.dispatch({ path, method: 'POST', headers: [...request.headers], body }, handler);
  return {
    resume: () => controller?.resume(),
    abort: () => {
      aborted = true;
      controller?.abort(new Error('aborted'));
    },
  };
}

function flatten(headers: Record<string, string | string[] | undefined>): readonly string[] {
  const flat: string[] = [];
  for (const name in headers) {
    const value = headers[name];
    if (typeof value === 'string') flat.push(name, value);
    else if (value !== undefined) for (const one of value) flat.push(name, one);
  }
  return flat;
}
