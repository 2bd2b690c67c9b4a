/**
 * What must be true when a call has ended, and when the world is at rest. Rules: INV-1 and INV-2 (everything settled
 * once), INV-8 (bytes), INV-9 (secrets), INV-12 (totals), INV-13 (nothing left over, with `nothing-held.ts`), and a client
 * that got content is billed.
 */
import { GatewayError, periodAt, type SpendScope } from '@arouter/core';
import type { Call } from './callers.ts';
import { isOverstated } from './faulty-transport.ts';
import { checkNothingHeld } from './nothing-held.ts';
import { dialectOfKey, UNPRICED_MODEL } from './tenants.ts';
import type { World } from './world.ts';
import { spentInCounters } from './spent-in-counters.ts';

export function checkCall(world: World, call: Call): void {
  const { ledger, violated, dispatches } = world;
  const { requestId } = call;
  if (call.end === 'bug') return violated('no fault of ours', `${requestId}: ${describe(call.fault)}`);
  const shown = `${call.received} ${call.fault instanceof GatewayError ? call.fault.message : ''}`;
  if (shown.includes('canary')) violated('INV-9', `${requestId} was shown a secret: ${shown}`);
  if (call.end !== 'complete') return;
  const { finals } = ledger.count(requestId);
  if (finals !== 1) violated('INV-1', `${requestId} is complete with ${finals} final settlements`);
  if (ledger.finalOutcome(requestId) !== 'succeeded')
    violated('INV-1', `${requestId} is complete and recorded as ${ledger.finalOutcome(requestId)}`);
  const last = dispatches.of(requestId).at(-1);
  if (last === undefined) return violated('INV-1', `${requestId} is complete and was never sent`);
  const same = dialectOfKey(world.keys, last.secret)?.id === call.dialect.id;
  if (same && last.fate.kind === 'answer' && call.received !== last.body)
    violated('INV-8', `${requestId} got other bytes than were sent:\n${call.received}\n---\n${last.body}`);
}

function describe(fault: unknown): string {
  return fault instanceof Error ? (fault.stack ?? fault.message) : String(fault);
}

export function checkAtRest(world: World): void {
  const { process, ledger, violated } = world;
  if (world.violation !== null) return;
  if (process === null) return violated('start', 'the process did not start');
  const open = ledger.openAttempts();
  if (open > 0) violated('INV-1', `${open} attempts are not settled`);
  if (ledger.chargedForFailed() > 0) violated('INV-4', 'a failed attempt was charged in credits');
  for (const call of world.calls.values()) checkEnd(world, call);
  checkSpends(world);
  checkHardBudgets(world);
  checkNothingHeld(world);
}

/** What `arouter doctor` checks. Of use at the end alone: its tables only grow, and what once disagrees does so for ever. */
export async function checkTables({
  violation,
  process,
  scheduler,
  weather,
  violated,
}: World): Promise<void> {
  if (violation !== null || process === null) return;
  weather.fails = false;
  const verified = process.store.verify();
  await scheduler.step();
  for (const finding of await verified) violated('verify', finding);
}

function checkEnd({ ledger, violated, dispatches }: World, call: Call): void {
  const { requestId, end } = call;
  if (end === 'waiting') return violated('INV-13', `${requestId} was never answered`);
  const { attempts, settled, finals } = ledger.count(requestId);
  if (attempts !== settled) violated('INV-1', `${requestId}: ${settled} of ${attempts} attempts are settled`);
  if (attempts > 0 && finals !== 1) violated('INV-2', `${requestId} has ${finals} final settlements`);
  if (attempts < dispatches.of(requestId).length)
    violated('INV-1', `${requestId} was sent more often than it has attempts`);
  const gotContent = call.received.includes('word') && end !== 'lost' && call.models[0] !== UNPRICED_MODEL;
  if (gotContent && ledger.cost(requestId) === 0)
    violated('never zero after content', `${requestId} (${end}) got content and cost nothing`);
}

/**
 * INV-3: with providers that keep to the caller's cap, what was spent never exceeds a hard budget; with others, by no more than they
 * said above what was held. That a grant never stands on more than there is, is checked at each of them (`counter-audit.ts`).
 */
function checkHardBudgets({ keys, ledger, violated, dispatches }: World): void {
  const areOverstated = dispatches.all.some(({ fate }) => isOverstated(fate));
  for (const { key } of keys.values()) {
    if (!key.hardBudget) continue;
    const { day, month } = ledger.fullestPeriods(key.id);
    const above = areOverstated ? ledger.aboveReserved(key.id) : 0;
    if (day > (key.dailyBudgetNano ?? Infinity) + above) violated('INV-3', `${key.id} spent ${day} in a day`);
    if (month > (key.monthlyBudgetNano ?? Infinity) + above)
      violated('INV-3', `${key.id} spent ${month} in a month`);
  }
}

/** Ledger = counters, for every limit that is in force. */
function checkSpends(world: World): void {
  const { process, keys, calls } = world;
  if (process === null) return;
  const scopes: SpendScope[] = [];
  for (const { key } of keys.values()) {
    if (key.dailyBudgetNano !== null) scopes.push({ owner: 'provider_key', id: key.id, period: 'day' });
    if (key.monthlyBudgetNano !== null) scopes.push({ owner: 'provider_key', id: key.id, period: 'month' });
  }
  for (const apiKey of new Set([...calls.values()].map((call) => call.apiKey))) {
    if (apiKey.limitNano === null) continue;
    const period = { daily: 'day', weekly: 'week', monthly: 'month' } as const;
    scopes.push({
      owner: 'api_key',
      id: apiKey.id,
      period: apiKey.limitReset === null ? 'lifetime' : period[apiKey.limitReset],
    });
  }
  for (const scope of scopes) {
    const { from, to } = periodAt(scope.period, process.clock.now());
    const inLedger = world.ledger.spent(scope, world.byokCounts(scope.id), { from, to: to ?? Infinity });
    const inCounters = spentInCounters(process.counters, scope);
    if (inLedger !== inCounters)
      world.violated('INV-12', `${scope.id} ${scope.period}: ledger ${inLedger}, counters ${inCounters}`);
  }
}
