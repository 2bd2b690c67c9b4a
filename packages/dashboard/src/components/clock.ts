/** One tick a second for everything on screen that counts; it stands still while nothing listens. */
const TICK_MS = 1_000;

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let now = Math.floor(Date.now() / 1000);

export const clock = {
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    timer ??= setInterval(tick, TICK_MS);
    tick();
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    };
  },
  /** Seconds since 1970. */
  seconds: (): number => now,
};

function tick(): void {
  const next = Math.floor(Date.now() / 1000);
  if (next === now) return;
  now = next;
  for (const listener of listeners) listener();
}
