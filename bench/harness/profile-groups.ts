/**
 * Reads a V8 CPU profile (`node --cpu-prof`) as self time by group: our folders, Node's modules, undici, SQLite,
 * garbage collection, the kernel. Pure.
 */

/** The parts of the `.cpuprofile` format that are used. Times in microseconds. */
export type CpuProfile = {
  readonly nodes: readonly ProfileNode[];
  /** On the steady clock of the machine, so that a window measured elsewhere can be cut out. */
  readonly startTime: number;
  readonly samples: readonly number[];
  /** Before each sample, since the one before. */
  readonly timeDeltas: readonly number[];
};
type ProfileNode = {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string };
  readonly children?: readonly number[];
};

export type TimeWindow = { readonly fromUs: number; readonly toUs: number };
export type GroupTime = {
  readonly group: string;
  readonly selfUs: number;
  /** The functions that cost most, dearest first. */
  readonly top: readonly { readonly name: string; readonly selfUs: number }[];
};

const TOP_FUNCTIONS = 4;
const IDLE = '(idle)';
/** Native functions of a socket: mostly the system call behind them. */
const SOCKET_CALLS = new Set([
  'writev',
  'writeBuffer',
  'writeUtf8String',
  'writeLatin1String',
  'writeAsciiString',
  'shutdown',
  'connect',
  'readStart',
  'readStop',
  'close',
]);
const NODE_MODULES: readonly (readonly [RegExp, string])[] = [
  [/^node:(_http|internal\/http|internal\/freelist)/, 'node: http'],
  [/^node:(net|internal\/stream_base|internal\/net)/, 'node: net'],
  [/^node:(_stream|stream|internal\/streams|string_decoder|events)/, 'node: streams and events'],
  [/^node:(buffer|internal\/buffer|internal\/util|util|internal\/encoding)/, 'node: buffers and utilities'],
  [
    /^node:(timers|internal\/timers|internal\/process|internal\/async_hooks|async_hooks)/,
    'node: timers and ticks',
  ],
  [/^node:(internal\/)?crypto/, 'node: crypto'],
  [/^node:(internal\/)?(worker|per_context\/messageport)/, 'node: worker messages'],
];

/** Idle time is left out. Groups come dearest first. */
export function groupSelfTime(profile: CpuProfile, window: TimeWindow, root: string): readonly GroupTime[] {
  const frames = describeNodes(profile, root);
  const groups = new Map<string, Map<string, number>>();
  let at = profile.startTime;
  for (let i = 0; i < profile.samples.length; i++) {
    // A sample's time is up to the next one.
    at += profile.timeDeltas[i] ?? 0;
    const selfUs = profile.timeDeltas[i + 1] ?? 0;
    const frame = frames.get(profile.samples[i] ?? -1);
    if (frame === undefined || frame.group === IDLE || at < window.fromUs || at >= window.toUs) continue;
    const functions = groups.get(frame.group) ?? new Map<string, number>();
    functions.set(frame.name, (functions.get(frame.name) ?? 0) + Math.max(0, selfUs));
    groups.set(frame.group, functions);
  }
  return [...groups].map(([group, functions]) => sumOf(group, functions)).toSorted(dearestFirst);
}

function sumOf(group: string, functions: ReadonlyMap<string, number>): GroupTime {
  const all = [...functions].map(([name, selfUs]) => ({ name, selfUs })).toSorted(dearestFirst);
  const selfUs = all.reduce((sum, one) => sum + one.selfUs, 0);
  return { group, selfUs, top: all.slice(0, TOP_FUNCTIONS) };
}

function dearestFirst(a: { readonly selfUs: number }, b: { readonly selfUs: number }): number {
  return b.selfUs - a.selfUs;
}

type Frame = { readonly group: string; readonly name: string };

/** Group and name of every node. A native function without a home counts where it was called from. */
function describeNodes(profile: CpuProfile, root: string): ReadonlyMap<number, Frame> {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const frames = new Map<number, Frame>();
  const childIds = new Set(profile.nodes.flatMap((node) => node.children ?? []));
  const open = profile.nodes
    .filter((node) => !childIds.has(node.id))
    .map((node) => ({ node, from: 'other' }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { functionName, url } = next.node.callFrame;
    const group = groupOf(functionName, url, root) ?? next.from;
    frames.set(next.node.id, { group, name: functionName === '' ? '(anonymous)' : functionName });
    for (const id of next.node.children ?? []) {
      const node = nodes.get(id);
      if (node !== undefined) open.push({ node, from: group });
    }
  }
  return frames;
}

/** Null: belongs to its caller. */
function groupOf(functionName: string, url: string, root: string): string | null {
  if (functionName === IDLE) return IDLE;
  if (functionName === '(garbage collector)') return 'garbage collection';
  if (functionName === '(program)') return 'event loop, kernel, native code';
  if (functionName === '(root)') return 'other';
  if (url === '') return SOCKET_CALLS.has(functionName) ? 'socket system calls' : null;
  if (url.startsWith('wasm:')) return 'llhttp (wasm)';
  if (url.startsWith('node:')) {
    return NODE_MODULES.find(([pattern]) => pattern.test(url))?.[1] ?? 'node: other';
  }
  return ownGroup(url, root);
}

/** A dependency by its name; our own files by package and first folder. */
function ownGroup(url: string, root: string): string {
  const dependency = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  if (dependency !== undefined) return dependency;
  const path = url.replace('file://', '').replace(`${root}/`, '');
  const own = /^packages\/([^/]+)\/src\/(?:([^/]+)\/)?/.exec(path);
  if (own !== null) return `our ${own[1]}${own[2] === undefined ? '' : `/${own[2]}`}`;
  return `our ${path.split('/').slice(0, -1).join('/')}`;
}
