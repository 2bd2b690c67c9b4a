/** Polls until something holds. Throws with what was last seen when it does not come true in time. */
export async function waitUntil<T>(
  read: () => T | Promise<T>,
  holds: (value: T) => boolean,
  msMax = 10_000,
): Promise<T> {
  const deadline = performance.now() + msMax;
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    if (performance.now() > deadline)
      throw new Error(`waited ${msMax} ms in vain; last seen: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
