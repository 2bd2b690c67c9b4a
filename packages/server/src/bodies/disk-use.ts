/** How many bytes the files of kept bodies take, by hour and workspace: known without asking the disk again. */
export type DiskUse = {
  /** `bytes` may be negative: a file has gone. */
  add(hour: number, workspace: string, bytes: number): void;
  has(hour: number, workspace: string): boolean;
  forget(hour: number, workspace: string): void;
  forgetHour(hour: number): void;
  /** Oldest first. */
  hours(): readonly number[];
  total(): number;
  ofWorkspace(workspace: string): number;
};

export function createDiskUse(): DiskUse {
  const sums = new Map<number, Map<string, number>>();
  let total = 0;

  function forget(hour: number, workspace: string): void {
    total -= sums.get(hour)?.get(workspace) ?? 0;
    sums.get(hour)?.delete(workspace);
  }

  return {
    add(hour, workspace, bytes) {
      const ofHour = sums.get(hour) ?? new Map<string, number>();
      sums.set(hour, ofHour.set(workspace, (ofHour.get(workspace) ?? 0) + bytes));
      total += bytes;
    },
    has: (hour, workspace) => sums.get(hour)?.has(workspace) === true,
    forget,
    forgetHour(hour) {
      for (const workspace of sums.get(hour)?.keys() ?? []) forget(hour, workspace);
      sums.delete(hour);
    },
    hours: () => [...sums.keys()].toSorted((a, b) => a - b),
    total: () => total,
    ofWorkspace: (workspace) =>
      [...sums.values()].reduce((bytes, ofHour) => bytes + (ofHour.get(workspace) ?? 0), 0),
  };
}
