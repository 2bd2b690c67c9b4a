/** Long bodies are held until their requests are over, and all together within one bound. */
import { expect, test } from 'vitest';
import { openStage, QUESTION } from './testing/open-stage.ts';

test('a long body that finds no room is refused unsent, and finds it once the others are over', async () => {
  const stage = await openStage({
    AROUTER_BODY_BYTES_MAX: String(160 * 1024),
    AROUTER_BODIES_HELD_BYTES_MAX: String(160 * 1024),
  });
  try {
    await stage.addKey();
    const long = { ...QUESTION, messages: [{ role: 'user', content: 'x'.repeat(100 * 1024) }] };
    stage.sandbox.behave({ times: 1, fault: { kind: 'stall_before_headers' } });
    const leaving = new AbortController();
    const first = stage.ask(long, { signal: leaving.signal }).catch(() => null);
    await expect.poll(() => stage.sandbox.journal.entries().length).toBe(1);

    const second = await stage.ask(long);
    expect([second.status, second.json.error?.['code']]).toEqual([503, 'service_unavailable']);
    expect(second.headers.get('retry-after')).toBe('1');
    expect((await stage.ask()).status).toBe(200);
    expect(stage.sandbox.journal.entries()).toHaveLength(2);

    leaving.abort();
    await first;
    await expect.poll(async () => (await stage.ask(long)).status, { timeout: 10_000 }).toBe(200);
  } finally {
    await stage.close();
  }
});
