/** `arouter demo`: a sandbox, a gateway allowed to reach it, the scenarios; then everything is taken down again. */
import { runDemoScenarios } from './demo-scenarios.ts';
import type { DemoAccess } from './demo-client.ts';
import { startSandbox } from '../start-sandbox.ts';

export type DemoGateway = DemoAccess & { readonly close: () => Promise<void> };
/** Starts a gateway on an empty data directory. `egressAllow`: origins on private addresses that it may call. */
export type StartDemoGateway = (needs: { readonly egressAllow: readonly string[] }) => Promise<DemoGateway>;

export type DemoIo = {
  readonly print: (line: string) => void;
  /** Where a person is watching: resolves when they have seen enough. Until then the gateway stays up to be looked at. */
  readonly untilDone?: () => Promise<void>;
};

/** Resolves with the exit code: 0 when every promise was kept. */
export async function runDemo(io: DemoIo, startGateway: StartDemoGateway): Promise<0 | 1> {
  const sandbox = await startSandbox();
  try {
    const { close, ...access } = await startGateway({ egressAllow: [sandbox.url] });
    try {
      io.print(`A stand-in for the providers listens at ${sandbox.url}, ARouter at ${access.gatewayUrl}.`);
      const { ok } = await runDemoScenarios({ ...access, sandbox, print: io.print });
      if (io.untilDone !== undefined) {
        io.print('');
        io.print(
          `Still running at ${access.gatewayUrl} with management key ${access.managementKey}. Ctrl-C ends it.`,
        );
        await io.untilDone();
      }
      return ok ? 0 : 1;
    } finally {
      await close();
    }
  } finally {
    await sandbox.close();
  }
}
