/** All stores over one executor of statements and one journal: what the product and its tests have in common, however they reach SQLite. */
import type { AttemptSettled, Clock } from '@arouter/core';
import { createApiKeyStore, fromApiKeyRow, selectApiKeys } from './api-key-store.ts';
import { createConfigWriter } from './config-writer.ts';
import { createCreditStore } from './credit-store.ts';
import { createGenerationStore } from './generation-store.ts';
import {
  createHealthStore,
  createPriceStore,
  createVaultRowStore,
  fromPriceRow,
  selectPrices,
} from './instance-stores.ts';
import { notedWrites } from './noted-writes.ts';
import { createProviderKeyStore, fromProviderKeyRow, selectProviderKeys } from './provider-key-store.ts';
import { createRecoveryStore } from './recovery-store.ts';
import { createSideStores } from './side-stores.ts';
import { sqliteQueries } from './sql-executor.ts';
import type { SqlExecutor } from './sql-executor.ts';
import { createSqliteLedger, type LedgerOptions } from './sqlite/sqlite-ledger.ts';
import type { ConfigRows, Store } from './store.ts';
import type { ApiKeyTable, ProviderKeyTable, Tables, WorkspaceTable } from './tables.ts';
import { createUsageStore } from './usage-store.ts';
import { verifyStore } from './verify-store.ts';
import { createWorkspaceStore, fromWorkspaceRow, selectWorkspaces } from './workspace-store.ts';

export type StoresOverOptions = Omit<LedgerOptions, 'findSequence'> & {
  readonly clock: Clock;
  readonly executor: SqlExecutor;
  /** How many generations one question looks at; of the generation store's own choice where absent. */
  readonly rowsLookedAtMax?: number;
};

export function storesOver(options: StoresOverOptions): Omit<Store, 'ping' | 'close'> {
  const { journal, lastSequence, clock, log, closing, rowsLookedAtMax } = options;
  const executor = notedWrites(options.executor);
  const config = createConfigWriter(executor);
  const ledger = createSqliteLedger({
    journal,
    lastSequence,
    findSequence: (row) => findSequence(executor, row),
    clock,
    log,
    closing,
  });
  return {
    ledger,
    workspaces: createWorkspaceStore(executor, config),
    apiKeys: createApiKeyStore(executor, config),
    providerKeys: createProviderKeyStore(executor, config),
    prices: createPriceStore(executor, config),
    vaultRows: createVaultRowStore(executor),
    credits: createCreditStore(executor),
    generations: createGenerationStore({
      executor,
      startedAt: clock.now(),
      ...(rowsLookedAtMax === undefined ? {} : { rowsLookedAtMax }),
    }),
    usage: createUsageStore(executor),
    health: createHealthStore(executor),
    recovery: createRecoveryStore({ executor, settleOpened: ledger.settleOpened, lastSequence }),
    ...createSideStores(executor),
    loadConfig: () => loadConfig(executor),
    onConfigChange: config.onChange,
    verify: () => verifyStore(executor),
  };
}

async function loadConfig(executor: SqlExecutor): Promise<ConfigRows> {
  const [versions, workspaces, apiKeys, providerKeys, prices] = await executor.readTogether<
    [{ value: number }, WorkspaceTable, ApiKeyTable, ProviderKeyTable, Tables['price_overrides']]
  >(
    sqliteQueries.selectFrom('instance').select('value').where('name', '=', 'config_version'),
    selectWorkspaces,
    selectApiKeys,
    selectProviderKeys,
    selectPrices,
  );
  return {
    version: versions[0]?.value ?? 0,
    workspaces: workspaces.map(fromWorkspaceRow),
    apiKeys: apiKeys.map(fromApiKeyRow),
    providerKeys: providerKeys.map(fromProviderKeyRow),
    prices: prices.map(fromPriceRow),
  };
}

async function findSequence(executor: SqlExecutor, row: AttemptSettled): Promise<number | undefined> {
  const { generation, attemptNo } = row;
  const [found] = await executor.read(
    sqliteQueries
      .selectFrom('attempts')
      .select('sequence')
      .where('workspace_id', '=', generation.workspaceId)
      .where('created_at', '=', generation.createdAt)
      .where('generation_id', '=', generation.id)
      .where('attempt_no', '=', attemptNo),
  );
  return found?.sequence;
}
