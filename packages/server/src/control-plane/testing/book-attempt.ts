/** For tests: one settled attempt in the ledger, through the real store. */
import {
  instant,
  type ApiKeyRecord,
  type AttemptOpened,
  type AttemptSettled,
  type ModelId,
} from '@arouter/core';
import { sampleHeader, sampleOpened, sampleSettled } from '../../store/sample-rows.ts';
import { NOW, type TestInstance } from './open-test-instance.ts';

export async function book(
  instance: TestInstance,
  given: { key?: ApiKeyRecord; at?: number; model?: string } & Pick<
    Partial<AttemptOpened>,
    'source' | 'providerKeyId'
  >,
  settled: Partial<AttemptSettled> = {},
): Promise<string> {
  const { key = instance.inferenceKey, at = NOW, model = 'openai/gpt-5.4-mini', ...attempt } = given;
  const generation = sampleHeader({ workspaceId: key.workspaceId, apiKeyId: key.id, createdAt: instant(at) });
  const opened = sampleOpened({ generation, openedAt: instant(at), model: model as ModelId, ...attempt });
  await instance.store.ledger.open(opened);
  await instance.store.ledger.settle(sampleSettled(opened, settled));
  return generation.id;
}
