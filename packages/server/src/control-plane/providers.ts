/** The providers as the dashboard draws them: what a key of theirs needs, and where to make one. */
import { GatewayError, type ProviderManifest } from '@arouter/core';
import type { ControlPlaneDeps } from './deps.ts';
import type { Handlers } from './handler.ts';

export function providerHandlers({
  providers,
}: Pick<ControlPlaneDeps, 'providers'>): Handlers<'listProviders' | 'listProviderModels'> {
  // The manifests do not change while the process runs.
  const data = [...providers.values()].map(shownProvider);
  return {
    listProviders: async () => ({ data }),
    listProviderModels: async ({ params }) => {
      const manifest = [...providers.values()].find(({ id }) => id === params.id);
      if (manifest === undefined) throw new GatewayError('not_found', 'There is no provider with this id.');
      return { data: manifest.models.map(({ id, name }) => ({ id, name })) };
    },
  };
}

function shownProvider(manifest: ProviderManifest) {
  return {
    id: manifest.id,
    name: manifest.name,
    aliases: [...manifest.aliases],
    model_count: manifest.models.length,
    is_byok_supported: manifest.credentialTypes.length > 0,
    keys_url: manifest.keysUrl,
    base_url: manifest.baseUrl,
    regions: Object.keys(manifest.regions),
    credential_types: manifest.credentialTypes.map(({ id, label, fields }) => ({
      id,
      label,
      fields: fields.map((field) => ({
        name: field.name,
        label: field.label,
        secret: field.secret,
        required: field.required,
        input: field.input,
        help: field.help,
        aliases: [...field.aliases],
      })),
    })),
  };
}
