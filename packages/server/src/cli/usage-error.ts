/** The command line was used wrongly, or what it asked for cannot be: one sentence and an exit code. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly exitCode: number | undefined;
  constructor(message: string, exitCode?: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** What the argument parser refused, as a sentence; undefined for any other error. Repeats options, never their values. */
export function usageErrorOf(error: unknown, command: string): UsageError | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  const option = /'(?:-\w, )?(--?[\w-]+)/.exec(error.message)?.[1] ?? 'an option';
  const more = `"arouter ${command} --help" says more.`;
  switch (error.code) {
    case 'ERR_PARSE_ARGS_UNKNOWN_OPTION':
      return new UsageError(`"arouter ${command}" has no option ${option}. ${more}`);
    case 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE':
      return new UsageError(`The option ${option} is a switch without a value, or lacks its value. ${more}`);
    case 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL':
      return new UsageError(`"arouter ${command}" takes no further argument. ${more}`);
    default:
      return undefined;
  }
}

/** An option's number; absent stays absent. What is no number must not become "no limit" on its way through JSON. */
export function numberOption(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new UsageError(`The option ${option} must be a number.`);
}
