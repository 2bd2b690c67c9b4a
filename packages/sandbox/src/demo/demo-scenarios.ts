/**
 * The demonstration: what ARouter does with provider keys, shown on the sandbox in about half a minute. Each scenario says
 * what it does, does it over the public HTTP API, prints what happened and why, and checks what the design promises.
 */
import { DEMO_MODEL, createDemoClient } from './demo-client.ts';
import type { DemoAccess } from './demo-client.ts';
import {
  addSandboxKey,
  askTimes,
  configRead,
  everyOk,
  printVerdicts,
  sandboxKeyFields,
  secretOf,
  tally,
} from './demo-stage.ts';
import type { DemoStage } from './demo-stage.ts';

export type DemoContext = DemoAccess & {
  /** The gateway must be allowed to reach it: `AROUTER_EGRESS_ALLOW` holds its URL. */
  readonly sandbox: DemoStage['sandbox'];
  readonly print: (line: string) => void;
  readonly wait?: (ms: number) => Promise<void>;
};
export type DemoSummary = {
  readonly checks: readonly { readonly promise: string; readonly held: boolean }[];
  readonly ok: boolean;
};
export type DemoScenario = { readonly title: string; readonly run: (stage: DemoStage) => Promise<void> };

export const DEMO_SCENARIOS: readonly DemoScenario[] = [
  { title: 'Two keys share the load 3:1', run: weights },
  { title: 'A key that answers 429 cools down, and nobody notices', run: rateLimited },
  { title: 'A limit of requests per minute moves the rest to other keys', run: requestsPerMinute },
  { title: 'A key whose budget is spent hands over to the next', run: budget },
  { title: 'A revoked key is put aside, and says so', run: revoked },
  { title: '"Always use this key": refused rather than paid by someone else', run: deny },
  { title: 'Fallback allowed: the platform key serves, and the answer says why', run: allow },
  { title: 'What it cost, and who paid', run: usage },
];

/** Runs every scenario in order on an empty workspace. Throws where the gateway refuses to be set up. */
export async function runDemoScenarios({
  sandbox,
  print,
  wait = sleep,
  ...access
}: DemoContext): Promise<DemoSummary> {
  const checks: { promise: string; held: boolean }[] = [];
  const stage: DemoStage = {
    client: createDemoClient(access),
    sandbox,
    print,
    check(promise, held) {
      checks.push({ promise, held });
      print(`   ${held ? '✓' : '✗ NOT SO:'} ${promise}`);
    },
    wait,
    labels: new Map(),
    keys: {},
  };
  for (const [index, { title, run }] of DEMO_SCENARIOS.entries()) {
    print('');
    print(`${index + 1}. ${title}`);
    sandbox.clearBehaviours();
    await run(stage);
  }
  printEnd(stage, checks);
  return { checks, ok: checks.every((check) => check.held) };
}

async function weights(stage: DemoStage): Promise<void> {
  stage.keys.production = await addSandboxKey(stage, 'Production', { weight: 3 });
  stage.keys.backup = await addSandboxKey(stage, 'Backup', { weight: 1 });
  await configRead(stage);
  stage.print('   The plan for a request, before any is sent:');
  printVerdicts(stage, await stage.client.preview());
  const served = await askTimes(stage, 40, 'Hello');
  stage.print(`   40 requests: ${tally(stage, served)}.`);
  const byProduction = served.filter((each) => each.keyId === stage.keys.production?.id).length;
  stage.check('all 40 were answered', everyOk(served));
  // Four standard deviations around 30: a fair draw falls outside once in 15,000 runs.
  stage.check('the split is 3:1 within chance (30 ± 11)', byProduction >= 19 && byProduction < 40);
}

async function rateLimited(stage: DemoStage): Promise<void> {
  const production = need(stage.keys.production);
  stage.sandbox.behave({
    match: { key: secretOf('Production') },
    fault: { kind: 'error', preset: 'rate_limited', retryAfter: '3' },
  });
  const refusedBefore = refusals(stage, 429);
  const served = await askTimes(stage, 12, 'Rate limits');
  const tries = refusals(stage, 429) - refusedBefore;
  stage.print(`   The provider now answers 429 to Production. 12 requests: ${tally(stage, served)}.`);
  stage.print(`   Production was tried ${tries} time(s); then it rested, as its Retry-After asked.`);
  printVerdicts(stage, await stage.client.preview());
  stage.check('the application saw no error', everyOk(served));
  stage.check('a resting key is not asked again', tries === 1);
  stage.sandbox.clearBehaviours();
  await stage.wait(3200);
  const after = await askTimes(stage, 12, 'Back again');
  stage.print(`   Three seconds later: ${tally(stage, after)}.`);
  stage.check(
    'Production is back by itself',
    after.some((each) => each.keyId === production.id),
  );
}

async function requestsPerMinute(stage: DemoStage): Promise<void> {
  const small = await addSandboxKey(stage, 'Small plan', { weight: 1000, rpm_limit: 3 });
  await configRead(stage);
  const served = await askTimes(stage, 8, 'Per minute');
  const bySmall = served.filter((each) => each.keyId === small.id).length;
  stage.print(
    `   "Small plan" may take 3 requests a minute and comes first. 8 requests: ${tally(stage, served)}.`,
  );
  printVerdicts(stage, await stage.client.preview());
  stage.check(
    'it took no more than 3, and the rest went elsewhere',
    bySmall <= 3 && bySmall > 0 && everyOk(served),
  );
  await stage.client.deleteKey(small.id);
}

async function budget(stage: DemoStage): Promise<void> {
  const pocket = await addSandboxKey(stage, 'Pocket money', { weight: 1000, daily_budget_usd: 0.0008 });
  await configRead(stage);
  const served = await askTimes(stage, 10, 'Write 15 words');
  const { spent_today_usd: spent } = await stage.client.readKey(pocket.id);
  stage.print(
    `   "Pocket money" may spend $0.0008 a day and comes first. 10 requests: ${tally(stage, served)}.`,
  );
  stage.print(`   It has spent $${spent.toFixed(6)}.`);
  printVerdicts(stage, await stage.client.preview());
  const byPocket = served.filter((each) => each.keyId === pocket.id).length;
  stage.check(
    'it served until the budget was reached, and then others did',
    byPocket > 0 && byPocket < 10 && everyOk(served),
  );
  stage.check('its spend is on the books', spent > 0);
  await stage.client.deleteKey(pocket.id);
}

async function revoked(stage: DemoStage): Promise<void> {
  const key = await addSandboxKey(stage, 'Stale', { weight: 1000 });
  stage.sandbox.revokeKey(secretOf('Stale'));
  await configRead(stage);
  const served = await askTimes(stage, 5, 'Revoked');
  const { health } = await stage.client.readKey(key.id);
  stage.print(`   The provider has revoked "Stale". 5 requests: ${tally(stage, served)}.`);
  stage.print(
    `   Its health: ${health.state}. The provider said: ${health.last_error?.message ?? 'nothing'}`,
  );
  stage.check('the application saw no error', everyOk(served));
  stage.check(
    'the key is unhealthy until somebody edits, tests or re-enables it',
    health.state === 'unhealthy',
  );
  stage.check('the secret is not in the message', !JSON.stringify(health).includes(secretOf('Stale')));
  stage.sandbox.acceptKey(secretOf('Stale'));
  await stage.client.reenableKey(key.id);
  await configRead(stage);
  const again = await askTimes(stage, 3, 'Good again');
  stage.print(`   Made good at the provider and re-enabled. 3 requests: ${tally(stage, again)}.`);
  stage.check(
    'a re-enabled key serves again',
    again.some((each) => each.keyId === key.id),
  );
  await stage.client.deleteKey(key.id);
}

async function deny(stage: DemoStage): Promise<void> {
  const platform = await stage.client.addPlatformKey(sandboxKeyFields(stage, 'Platform'));
  stage.labels.set(platform.id, 'Platform');
  await stage.client.deleteKey(need(stage.keys.backup).id);
  await stage.client.editKey(need(stage.keys.production).id, { always_use: true });
  stage.sandbox.behave({
    match: { key: secretOf('Production') },
    fault: { kind: 'error', preset: 'rate_limited', retryAfter: '30' },
  });
  await configRead(stage);
  const served = await askTimes(stage, 2, 'Only this key');
  const refused = served.at(-1);
  stage.print(
    '   Only Production is left, it is rate limited, and it says "always use this key". A platform key stands by.',
  );
  stage.print(
    `   Answer ${refused?.status}, ${refused?.error?.code}, Retry-After ${refused?.retryAfter ?? 'none'}:`,
  );
  stage.print(`      ${refused?.error?.message ?? 'no error'}`);
  stage.check(
    'the request is refused with a reason, not paid from the platform key',
    served.every((each) => each.status !== 200),
  );
  stage.check('the platform key was never asked', keyRequests(stage, 'Platform') === 0);
}

async function allow(stage: DemoStage): Promise<void> {
  const production = need(stage.keys.production);
  await stage.client.editKey(production.id, { always_use: false });
  // Should the edit have ended the rest of the key, the provider refuses it once more.
  stage.sandbox.behave({
    match: { key: secretOf('Production') },
    fault: { kind: 'error', preset: 'rate_limited', retryAfter: '30' },
  });
  await configRead(stage);
  const served = await stage.client.ask('Any key');
  stage.print('   The same, with fallback allowed:');
  stage.print(
    `   Answer ${served.status}; x-arouter-source: ${served.source}; x-arouter-provider-key: ${served.keyId};`,
  );
  stage.print(`   x-arouter-fallback-reason: ${served.fallbackReason}`);
  stage.check('the platform key served', served.status === 200 && served.source === 'platform');
  stage.check('the answer names the reason', (served.fallbackReason ?? '').includes(production.id));
  if (served.generationId === null) return;
  const { route } = await stage.client.generation(served.generationId);
  stage.print(`   GET /api/v1/generation?id=${served.generationId} explains it later, too:`);
  for (const plan of route.plans) printVerdicts(stage, plan.verdicts);
  for (const attempt of route.attempts) {
    const name = stage.labels.get(attempt.provider_key_id) ?? attempt.provider_key_id;
    stage.print(
      `      attempt on ${name}: ${attempt.outcome}${attempt.failure === null ? '' : `, ${attempt.failure.class}`}`,
    );
  }
  stage.check('its last attempt is the platform’s', route.attempts.at(-1)?.source === 'platform');
}

async function usage(stage: DemoStage): Promise<void> {
  const sums = await stage.client.usage();
  stage.print(
    `   Requests: ${sums.total_requests} (own keys ${sums.byok_requests}, platform ${sums.platform_requests}).`,
  );
  stage.print(
    `   Spend: $${sums.estimated_byok_spend_usd.toFixed(6)} on own keys (estimated), $${sums.platform_spend_usd.toFixed(6)} on the platform key.`,
  );
  if (sums.byok_error_rate !== null)
    stage.print(`   Failed attempts on own keys: ${(sums.byok_error_rate * 100).toFixed(1)} %.`);
  const seen = stage.sandbox.journal.entries().filter((entry) => entry.method === 'POST').length;
  const booked = await stage.client.attemptsInLedger();
  stage.print(`   Attempts: ${booked} in the ledger, ${seen} seen by the provider.`);
  stage.check('every request that the provider saw is in the ledger, and no other', booked === seen);
  stage.check(
    'the platform key is charged for what it served, and for nothing else',
    sums.platform_requests === keyRequests(stage, 'Platform') && sums.platform_spend_usd > 0,
  );
  stage.check('own keys served nearly everything', sums.byok_requests > sums.platform_requests);
}

function printEnd(stage: DemoStage, checks: DemoSummary['checks']): void {
  const held = checks.filter((check) => check.held).length;
  stage.print('');
  stage.print(
    `${held} of ${checks.length} promises kept, with ${stage.sandbox.journal.seen()} requests at the provider.`,
  );
  stage.print('');
  stage.print('What to do next');
  stage.print('   1. npm start                    starts your own gateway at http://127.0.0.1:8080');
  stage.print('   2. POST /api/v1/byok            takes your provider keys (README: First request)');
  stage.print(
    `   3. base URL …/v1, model ${DEMO_MODEL}   in any OpenAI client, with the API key it gave you`,
  );
}

/** How often the provider was asked with this key. */
function keyRequests({ sandbox }: DemoStage, label: string): number {
  const secret = secretOf(label);
  return sandbox.journal.entries().filter((entry) => entry.key === secret && entry.method === 'POST').length;
}

function refusals({ sandbox }: DemoStage, status: number): number {
  return sandbox.journal.entries().filter((entry) => entry.status === status).length;
}

function need<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the scenarios build on each other: run them in order');
  return value;
}

async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
