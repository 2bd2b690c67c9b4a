/** `arouter serve`: runs until SIGTERM or SIGINT, then lets what is under way finish. */
import { parseArgs } from 'node:util';
import { readSettings, settingsHelp } from '../config/settings.ts';
import { importPlatformKeys } from '../first-run/import-platform-keys.ts';
import { createLog } from '../log/create-log.ts';
import { startServer, type RunningServer } from '../start-server.ts';
import { endOnFault } from './end-on-fault.ts';

const HELP = `Usage: arouter serve

Starts the gateway. Settings come from the environment, or from a YAML file named by AROUTER_CONFIG:

${settingsHelp()}

Provider keys found in the environment at the first start (OPENAI_API_KEY, ANTHROPIC_API_KEY, …) become platform keys.
`;

export async function serve(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { help: { type: 'boolean', short: 'h' } } });
  if (values.help === true) {
    process.stdout.write(HELP);
    return;
  }
  const environment = { ...process.env };
  const settings = readSettings(environment);
  const server = await startServer(settings);
  endOnFault(server, createLog(settings.logLevel));
  // Before anyone is told that it listens: who is told may stop it at once.
  const stopped = untilStopped(server, settings.timeLimits.stopMs);
  try {
    greet(server, await importPlatformKeys(server, environment));
  } catch (error) {
    // Or it would go on listening without having said so.
    await server.close(0);
    throw error;
  }
  await stopped;
}

function greet({ url, firstRunUrl, instance }: RunningServer, imported: readonly string[]): void {
  const lines = [`ARouter listens on ${url}`];
  if (instance.newRootKeyFile !== null) {
    lines.push(
      `A new root key was made: ${instance.newRootKeyFile}. Back it up apart from the database; without it stored provider keys cannot be read.`,
    );
  }
  for (const variable of imported)
    lines.push(`${variable} was found in the environment and is now a platform key.`);
  if (firstRunUrl !== null) lines.push(`First run, open within an hour: ${firstRunUrl}`);
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** The first signal stops gently; the second does not wait for streams that are still running. */
async function untilStopped(server: RunningServer, stopMs: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let stopping = false;
    const stop = (): void => {
      if (stopping) {
        process.exit(130);
      }
      stopping = true;
      server.close(stopMs).then(resolve, reject);
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
  });
  // Idle keep-alive sockets of callers must not hold the process.
  process.exit(0);
}
