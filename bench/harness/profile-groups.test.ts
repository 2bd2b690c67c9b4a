import { describe, expect, it } from 'vitest';
import { groupSelfTime } from './profile-groups.ts';
import type { CpuProfile } from './profile-groups.ts';

const ROOT = '/project';
const frame = (functionName: string, url: string) => ({ functionName, url });

/** One sample of 100 µs in each node, in the order of the nodes. */
const PROFILE: CpuProfile = {
  startTime: 1000,
  nodes: [
    { id: 1, callFrame: frame('(root)', ''), children: [2, 3, 4, 5] },
    { id: 2, callFrame: frame('(idle)', '') },
    { id: 3, callFrame: frame('(garbage collector)', '') },
    {
      id: 4,
      callFrame: frame('planRoute', 'file:///project/packages/core/src/routing/plan-route.ts'),
      children: [6],
    },
    { id: 5, callFrame: frame('onread', 'node:internal/stream_base_commons'), children: [7, 8] },
    { id: 6, callFrame: frame('sort', '') },
    { id: 7, callFrame: frame('writev', '') },
    { id: 8, callFrame: frame('dispatch', 'file:///project/node_modules/undici/lib/dispatcher/pool.js') },
  ],
  samples: [2, 3, 4, 5, 6, 7, 8, 1],
  timeDeltas: [0, 100, 100, 100, 100, 100, 100, 100],
};

function times(fromUs: number, toUs: number): Record<string, number> {
  const groups = groupSelfTime(PROFILE, { fromUs, toUs }, ROOT);
  return Object.fromEntries(groups.map(({ group, selfUs }) => [group, selfUs]));
}

describe('self time by group', () => {
  it('names our folders, dependencies, modules of Node and system calls, and leaves idle time out', () => {
    expect(times(0, Infinity)).toEqual({
      'garbage collection': 100,
      'our core/routing': 200, // with the built-in function it called
      'node: net': 100,
      'socket system calls': 100,
      undici: 100,
      other: 0,
    });
  });
  it('counts only samples inside the window', () => {
    expect(times(1200, 1300)).toEqual({ 'our core/routing': 100 });
  });
  it('lists the dearest functions of a group first', () => {
    const [first] = groupSelfTime(PROFILE, { fromUs: 0, toUs: Infinity }, ROOT);
    expect(first?.top.map(({ name }) => name)).toEqual(['planRoute', 'sort']);
  });
});
