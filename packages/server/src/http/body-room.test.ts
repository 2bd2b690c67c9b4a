import { expect, test } from 'vitest';
import { createBodyRoom } from './body-room.ts';

test('what does not fit beside the others is refused and takes nothing; a request that is over makes room', () => {
  const room = createBodyRoom(100);
  const [first, second] = [room.place(), room.place()];
  first.grow(60);
  second.grow(40);
  expect(() => second.grow(1)).toThrow(
    expect.objectContaining({ code: 'service_unavailable', retryAfterMs: 1000 }),
  );
  expect(room.held).toBe(100);
  first.leave();
  first.leave();
  expect(room.held).toBe(40);
  second.grow(60);
  second.leave();
  expect(room.held).toBe(0);
});
