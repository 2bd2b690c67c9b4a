import type { WorkspaceId } from '@arouter/core';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createBodyRoom, type BodyPlace } from './body-room.ts';

const [ONE, TWO, THREE] = ['ws_one', 'ws_two', 'ws_three'] as WorkspaceId[] as [
  WorkspaceId,
  WorkspaceId,
  WorkspaceId,
];
const FULL = expect.objectContaining({ code: 'service_unavailable', retryAfterMs: 1000 });
const roomOf = (bytesMax: number, isShared = true) => createBodyRoom({ bytesMax, isShared: () => isShared });

test('what does not fit beside the others is refused and takes nothing; a request that is over makes room', () => {
  const room = roomOf(100);
  const [first, second] = [room.place(), room.place()];
  first.grow(60, ONE);
  second.grow(40, TWO);
  expect(() => room.place().grow(1, THREE)).toThrow(FULL);
  expect(room.held).toBe(100);
  first.leave();
  first.leave();
  expect(room.held).toBe(40);
  second.grow(60, TWO);
  second.leave();
  expect(room.held).toBe(0);
});

test('who is refused in the middle gives back what it held: of several who grow together, no more are refused than must be', () => {
  const room = roomOf(100);
  const places = [room.place(), room.place(), room.place()];
  for (const place of places) place.grow(16, ONE);
  expect(isRefused(() => places[0]?.grow(5, ONE))).toBe(true);
  expect(room.held).toBe(32);
  for (const place of places.slice(1)) place.grow(9, ONE);
  expect(room.held).toBe(50);
});

test('one workspace takes half of the room with many requests, the next ones a half of what is left, and so on', () => {
  const room = roomOf(800);
  const taken = [ONE, TWO, THREE].map((workspace) => takenWith(room.place, workspace));
  expect(taken).toEqual([400, 200, 100]);
});

test('a request that is the only one of its workspace may take all that is free; a second one then finds no place', () => {
  const room = roomOf(100);
  const only = room.place();
  only.grow(90, ONE);
  expect(() => room.place().grow(1, ONE)).toThrow(FULL);
  room.place().grow(10, TWO);
  expect(() => only.grow(1, ONE)).toThrow(FULL);
});

test('a workspace that is the only one there is has the whole room', () => {
  expect(takenWith(roomOf(100, false).place, ONE)).toBe(100);
});

test('however requests come, grow and leave: never more than the room, no book is left open, and who holds nothing finds as much as the largest holds', () => {
  const step = fc.record({
    workspace: fc.constantFrom(ONE, TWO, THREE),
    request: fc.nat({ max: 3 }),
    bytes: fc.integer({ min: 1, max: 60 }),
    leaves: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const room = roomOf(400);
      const open = new Map<
        string,
        { readonly place: BodyPlace; readonly workspace: WorkspaceId; bytes: number }
      >();
      for (const { workspace, request, bytes, leaves } of steps) {
        const name = `${workspace} ${request}`;
        const mine = open.get(name) ?? { place: room.place(), workspace, bytes: 0 };
        open.set(name, mine);
        if (leaves) {
          mine.place.leave();
          open.delete(name);
          continue;
        }
        const others = [...open.values()].filter((other) => other.workspace === workspace && other !== mine);
        const ofOthers = others.reduce((sum, other) => sum + other.bytes, 0);
        if (isRefused(() => mine.place.grow(bytes, workspace))) {
          open.delete(name);
          continue;
        }
        mine.bytes += bytes;
        if (ofOthers > 0) expect(400 - room.held).toBeGreaterThanOrEqual(ofOthers + mine.bytes);
      }
      const held = [...open.values()].reduce((sum, { bytes }) => sum + bytes, 0);
      expect(room.held).toBe(held);
      expect(room.held).toBeLessThanOrEqual(400);
      for (const { place } of open.values()) place.leave();
      expect(room.held).toBe(0);
    }),
  );
});

/** How much a workspace gets with requests of ten bytes each that stay. */
function takenWith(place: () => BodyPlace, workspace: WorkspaceId): number {
  let taken = 0;
  while (!isRefused(() => place().grow(10, workspace))) taken += 10;
  return taken;
}

function isRefused(grow: () => void): boolean {
  try {
    grow();
    return false;
  } catch (error) {
    expect(error).toEqual(FULL);
    return true;
  }
}
