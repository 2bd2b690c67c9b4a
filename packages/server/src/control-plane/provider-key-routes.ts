/** Which operation answers which route: the workspace's own keys under byok, the operator's under platform-keys. */
import type { ControlPlaneDeps } from './deps.ts';
import type { Handlers } from './handler.ts';
import { providerKeyOperations } from './provider-keys.ts';

type ByokRoute =
  | 'listByok'
  | 'createByok'
  | 'testUnsavedByok'
  | 'getByok'
  | 'updateByok'
  | 'deleteByok'
  | 'testByok'
  | 'reenableByok'
  | 'restoreByok';
type PlatformRoute =
  | 'listPlatformKeys'
  | 'createPlatformKey'
  | 'testUnsavedPlatformKey'
  | 'getPlatformKey'
  | 'updatePlatformKey'
  | 'deletePlatformKey'
  | 'testPlatformKey'
  | 'reenablePlatformKey'
  | 'restorePlatformKey';

export function providerKeyRouteHandlers(deps: ControlPlaneDeps): Handlers<ByokRoute | PlatformRoute> {
  const byok = providerKeyOperations(deps, 'byok');
  const platform = providerKeyOperations(deps, 'platform');
  return {
    listByok: byok.list,
    createByok: byok.create,
    testUnsavedByok: byok.testUnsaved,
    getByok: byok.get,
    updateByok: byok.update,
    deleteByok: byok.delete,
    testByok: byok.testSaved,
    reenableByok: byok.reenable,
    restoreByok: byok.restore,
    listPlatformKeys: platform.list,
    createPlatformKey: platform.create,
    testUnsavedPlatformKey: platform.testUnsaved,
    getPlatformKey: platform.get,
    updatePlatformKey: platform.update,
    deletePlatformKey: platform.delete,
    testPlatformKey: platform.testSaved,
    reenablePlatformKey: platform.reenable,
    restorePlatformKey: platform.restore,
  };
}
