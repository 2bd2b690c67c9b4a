/**
 * Rule INV-13: at rest everything is back where it began. What is held is asked of the counters themselves, by demands that are granted only
 * where nothing is: a place that was never given back is a limit that never frees again.
 */
import { apiKeyPeriod, nanoUsd, RPM_WINDOW_MS, type Demand, type SpendScope } from '@arouter/core';
import type { SimulatedProcess } from './simulated-process.ts';
import { spentInCounters } from './spent-in-counters.ts';
import type { World } from './world.ts';

export function checkNothingHeld(world: World): void {
  const { process, audit, calls, dispatches, violated } = world;
  if (world.violation !== null || process === null || audit === null) return;
  if (audit.reservationsHeld > 0) violated('INV-11', `${audit.reservationsHeld} reservations are still held`);
  for (const probe of audit.probesHeld) violated('INV-13', `the probe of ${probe} was never given back`);
  if (process.tails.size > 0) violated('INV-13', `${process.tails.size} tails have not ended`);
  for (const { requestId, ended, fate } of dispatches.all)
    if (!ended) violated('INV-13', `the connection of ${requestId} (${fate.kind}) is still open`);
  for (const { requestId, signal } of calls.values())
    if (signal.listeners > 0)
      violated('INV-13', `${signal.listeners} still listen for ${requestId} to leave`);
  for (const demand of demandsOfNothing(world, process)) checkFree(world, process, demand);
}

/** Lets a minute pass, after which no request counts any more; what was promised and never sent counts for ever. */
export async function checkNothingPromised(world: World): Promise<void> {
  const { process, scheduler, keys, apiKeys } = world;
  if (world.violation !== null || process === null) return;
  await scheduler.pass(RPM_WINDOW_MS);
  for (const id of keys.keys())
    checkFree(world, process, { kind: 'rpm', owner: 'provider_key', id, limit: 1 });
  for (const { id } of apiKeys) checkFree(world, process, { kind: 'rpm', owner: 'api_key', id, limit: 1 });
}

function checkFree({ violated }: World, { counters }: SimulatedProcess, demand: Demand): void {
  if (counters.readings([demand])[0]?.kind !== 'free')
    violated('INV-13', `something is still held of ${JSON.stringify(demand)}`);
}

/** Each is free where nothing of its kind is held, and full where anything is. */
function demandsOfNothing({ keys, apiKeys, ledger }: World, process: SimulatedProcess): readonly Demand[] {
  const nothingOf = (scope: SpendScope): Demand => ({
    kind: 'spend',
    scope,
    limitNano: nanoUsd(spentInCounters(process.counters, scope)),
    holdNano: nanoUsd(0),
    enforcement: 'strict',
  });
  const ofKeys = [...keys.values()].flatMap(({ key: { id } }): readonly Demand[] => [
    { kind: 'concurrency', id, limit: 1 },
    nothingOf({ owner: 'provider_key', id, period: 'day' }),
    nothingOf({ owner: 'provider_key', id, period: 'month' }),
  ]);
  const ofApiKeys = apiKeys.map((apiKey) =>
    nothingOf({ owner: 'api_key', id: apiKey.id, period: apiKeyPeriod(apiKey) }),
  );
  const ofWorkspaces = [...new Set(apiKeys.map(({ workspaceId }) => workspaceId))].flatMap((workspace) => {
    const balance = ledger.balance({ workspace });
    return balance > 0 ? [{ kind: 'credits', workspace, holdNano: nanoUsd(balance) } as const] : [];
  });
  return [...ofKeys, ...ofApiKeys, ...ofWorkspaces];
}
