/** Waits for what another process does in its own time. */

const POLL_MS = 25;

/** Reads until the value is accepted, at most so long; then returns it, or throws with the last value. */
export async function eventually<Value>(
  read: () => Promise<Value> | Value,
  accept: (value: Value) => boolean,
  msMax: number,
): Promise<Value> {
  const deadline = performance.now() + msMax;
  for (;;) {
    const value = await read();
    if (accept(value)) return value;
    if (performance.now() > deadline) throw new Error(`not within ${msMax} ms; the last value: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
