import { nearestNames } from '../../base/nearest-names.ts';
import type { Steps } from '../../base/steps.ts';
import type { Resolution } from '../identity/chain-identity.ts';
import { frontendSteps } from './frontends.ts';

const mostOffered = 5;

/**
 * The Services of a dump and its cluster that a name without a namespace may mean, as "shop/web": those that are called so, at most five, else the
 * nearest.
 */
export function* servicesCalled(resolution: Resolution, name: string): Steps<readonly string[]> {
  const names = new Set<string>();
  for (const { service } of yield* frontendSteps(resolution))
    if (service !== null) names.add(`${service.namespace}/${service.name}`);
  for (const service of resolution.cluster.services) names.add(`${service.namespace}/${service.name}`);
  const same = [...names].filter((each) => each.endsWith(`/${name}`)).sort();
  return same.length > 0 ? same.slice(0, mostOffered) : nearestNames(name, names);
}
