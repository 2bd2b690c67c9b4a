/**
 * One thing after another where looking and writing are two steps: of many that come at once, none acts on what another is about to
 * change. Enough for an instance, for it is one process.
 */
export type InTurn = <Result>(subject: string, work: () => Promise<Result>) => Promise<Result>;

/** Work on one subject waits for what came before it, however that ended; work on others does not. */
export function createTurns(): InTurn {
  const last = new Map<string, Promise<void>>();
  return (subject, work) => {
    const result = (last.get(subject) ?? Promise.resolve()).then(work);
    const ended = result.then(
      () => undefined,
      () => undefined,
    );
    last.set(subject, ended);
    void ended.then(() => {
      if (last.get(subject) === ended) last.delete(subject);
    });
    return result;
  };
}
