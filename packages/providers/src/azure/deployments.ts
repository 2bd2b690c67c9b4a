/**
 * Deployments of a resource: each has a name of its own and serves one model. A key knows its deployments, so that one
 * key may serve several models, and every model is called by the name of its deployment.
 */
import type { Endpoint, KeyPlace, ModelFacts, ProviderKeyRecord } from '@arouter/core';
import { findModel } from '../manifest/find-model.ts';

/** Deployment → model; '' where nobody said which. */
export type Deployments = Readonly<Record<string, string>>;

type Key = KeyPlace & Pick<ProviderKeyRecord, 'supportedModels'>;

const VERSION_SUFFIX = /-\d{4}-\d{2}-\d{2}$/;

export function deploymentsOf({ options }: Pick<KeyPlace, 'options'>): Deployments {
  const { deployments } = options;
  return typeof deployments === 'object' ? deployments : {};
}

/** `endpointAt` of the manifest. A key without deployments takes models by their names: that is how many name them. */
export function deploymentEndpoint(
  models: readonly ModelFacts[],
): (endpoint: Endpoint, key: Key) => Endpoint | null {
  return (endpoint, key) => {
    const deployments = deploymentsOf(key);
    const asked = endpoint.upstreamModel;
    if (Object.keys(deployments).length === 0) return endpoint;
    const named = Object.hasOwn(deployments, asked)
      ? asked
      : Object.keys(deployments).find((name) => isSame(modelOf(name, deployments, key), asked));
    if (named === undefined) return null;
    const model = findModel({ models }, modelOf(named, deployments, key));
    return { ...endpoint, upstreamModel: named, price: endpoint.price ?? model?.price ?? undefined };
  };
}

/** What the key says, else the one model that its owner lists for it. */
function modelOf(deployment: string, deployments: Deployments, { supportedModels }: Key): string {
  const stated = deployments[deployment] ?? '';
  if (stated !== '') return stated;
  const [only, ...more] = supportedModels ?? [];
  const single = only !== undefined && more.length === 0 && !only.includes('*');
  return single && Object.keys(deployments).length === 1 ? bareName(only) : '';
}

/** `gpt-4o` is served by a deployment of any version of it, and a version by a deployment that names none. */
function isSame(deployed: string, asked: string): boolean {
  if (deployed === '') return false;
  if (deployed === asked) return true;
  const plain = deployed.replace(VERSION_SUFFIX, '');
  return plain === asked.replace(VERSION_SUFFIX, '') && (plain === deployed || plain === asked);
}

/** `openai/gpt-4o` → `gpt-4o`. */
export function bareName(model: string): string {
  return model.slice(model.lastIndexOf('/') + 1);
}
