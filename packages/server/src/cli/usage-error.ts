/** The command line was used wrongly, or what it asked for cannot be: one sentence and an exit code. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly exitCode: number | undefined;
  constructor(message: string, exitCode?: number) {
    super(message);
    this.exitCode = exitCode;
  }
}
