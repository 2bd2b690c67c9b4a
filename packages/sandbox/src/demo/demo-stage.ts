/** What every scenario stands on: the client, the sandbox, the narrator, and the keys made so far. */
import type { DemoClient, KeyFields, Served, ShownKey, ShownVerdict } from './demo-client.ts';
import type { Sandbox } from '../start-sandbox.ts';

export type DemoStage = {
  readonly client: DemoClient;
  readonly sandbox: Pick<
    Sandbox,
    'url' | 'journal' | 'behave' | 'clearBehaviours' | 'acceptKey' | 'revokeKey'
  >;
  readonly print: (line: string) => void;
  /** Says what was seen and whether it is what the design promises; a broken promise fails the demonstration. */
  readonly check: (promise: string, held: boolean) => void;
  readonly wait: (ms: number) => Promise<void>;
  /** Key id → label. */
  readonly labels: Map<string, string>;
  /** What earlier scenarios made, for later ones. */
  readonly keys: { production?: ShownKey; backup?: ShownKey };
};

/** A replica reads a changed configuration within a second. */
const CONFIG_MS_MAX = 1000;

/** Makes a key at the sandbox; its secret is worth nothing anywhere else. */
export async function addSandboxKey(
  stage: DemoStage,
  label: string,
  fields: KeyFields = {},
): Promise<ShownKey> {
  const key = await stage.client.addKey({ ...sandboxKeyFields(stage, label), ...fields });
  stage.labels.set(key.id, label);
  return key;
}

export function sandboxKeyFields({ sandbox }: DemoStage, label: string): KeyFields {
  return {
    provider: 'openai',
    credential_type: 'api_key',
    credential: { api_key: secretOf(label) },
    label,
    base_url: `${sandbox.url}/openai/v1`,
  };
}

export function secretOf(label: string): string {
  return `sk-sandbox-${label.toLowerCase().replaceAll(' ', '-')}`;
}

export async function configRead(stage: DemoStage): Promise<void> {
  await stage.wait(CONFIG_MS_MAX);
}

export async function askTimes(stage: DemoStage, times: number, text: string): Promise<readonly Served[]> {
  const served: Served[] = [];
  for (let count = 0; count < times; count += 1)
    served.push(await stage.client.ask(`${text} (${count + 1})`));
  return served;
}

/** `Production ×30, Backup ×10`; a refusal stands under its code. */
export function tally(stage: DemoStage, served: readonly Served[]): string {
  const counts = Map.groupBy(served, (each) => nameOf(stage, each));
  return [...counts].map(([name, list]) => `${name} ×${list.length}`).join(', ');
}

function nameOf({ labels }: DemoStage, { keyId, error }: Served): string {
  return error === null ? (labels.get(keyId ?? '') ?? keyId ?? 'unnamed') : `refused: ${error.code}`;
}

export function printVerdicts({ print, labels }: DemoStage, verdicts: readonly ShownVerdict[]): void {
  for (const { label, provider_key_id, source, kind, rank, share, reason } of verdicts) {
    const name = labels.get(provider_key_id) ?? (label || provider_key_id);
    const said =
      kind === 'ranked'
        ? `number ${rank} in line, ${Math.round((share ?? 0) * 100)} % of first tries`
        : `left out: ${reason?.message ?? reason?.code ?? 'no reason given'}`;
    print(`      ${name} (${source}): ${said}`);
  }
}

export function everyOk(served: readonly Served[]): boolean {
  return served.every((each) => each.status === 200);
}
