/** One request over plain HTTP with exact bytes, and the answer with exact bytes. */

export type HttpAnswer = {
  readonly status: number;
  readonly body: Buffer;
  header(name: string): string | null;
};

export async function askOverHttp(
  url: string,
  token: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): Promise<HttpAnswer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    body,
  });
  return {
    status: response.status,
    body: Buffer.from(await response.arrayBuffer()),
    header: (name) => response.headers.get(name),
  };
}

/** Runs the tasks, so many at once; each is started in its order. */
export async function inParallel<Item>(
  items: readonly Item[],
  width: number,
  run: (item: Item, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      const item = items[index];
      if (item !== undefined) await run(item, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
}
