/** Changes and looks of administrators during a soak, one after the other, each undone by a later one. */
import type { Tenant } from '../../tests/support/tenant.ts';
import type { StagedKey } from '../../tests/support/stage.ts';

export type SoakTenant = { readonly tenant: Tenant; readonly keys: readonly StagedKey[] };

/** Does the `nth` thing. Throws with the gateway's sentence where it is refused. */
export async function administer({ tenant, keys }: SoakTenant, nth: number): Promise<void> {
  const key = keys[nth % keys.length];
  if (key === undefined) throw new RangeError('a tenant without keys');
  switch (nth % 6) {
    case 0:
      // A key that a provider refused stays out until a person puts it back.
      for (const each of keys) await tenant.reenableKey(each.id);
      return;
    case 1:
      await tenant.editKey(key.id, { weight: 1 + (nth % 9), label: `Soak ${nth % 7}` });
      return;
    case 2: {
      const { hash } = await tenant.addApiKey({ name: 'short-lived' });
      await tenant.manage('DELETE', `/api/v1/keys/${hash}`);
      return;
    }
    case 3:
      await tenant.usage();
      await tenant.manage('GET', '/api/v1/generations');
      return;
    case 4:
      await tenant.editKey(key.id, { enabled: false });
      await tenant.editKey(key.id, { enabled: true });
      return;
    default:
      await tenant.call('POST', `/api/v1/byok/${key.id}/test`);
  }
}
