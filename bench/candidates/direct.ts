/** No gateway: the load generator talks to the mock. The zero of every latency figure. */
import type { Candidate } from '../harness/candidate.ts';

export const direct: Candidate = {
  id: 'direct',
  start: async (bench) => ({
    kind: 'running',
    gateway: {
      id: 'direct',
      port: bench.mockPort,
      path: '/v1/chat/completions',
      token: null,
      headers: [],
      pid: null,
      version: 'no gateway',
      notes: [],
      stop: async () => {},
    },
  }),
};
