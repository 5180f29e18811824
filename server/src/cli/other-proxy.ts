import { otherProxyRemark } from '../kube/flow/resolve-target.ts';
import type { Resolution } from '../kube/identity/chain-identity.ts';
import { say } from './output.ts';

/** Who does the Services of a Kubernetes node where the dump does not show them; empty elsewhere. */
export function otherProxyNote(resolution: Resolution): string {
  const { ruleset, cluster } = resolution;
  const isNode =
    cluster.source.kind !== 'none' ||
    ruleset.tables.some(({ chains }) => {
      for (const name of chains.keys()) if (name.startsWith('KUBE-')) return true;
      return false;
    });
  return isNode ? otherProxyRemark(resolution) : '';
}

/** Says on standard error what `otherProxyNote` has to say of a file. */
export function sayOtherProxy(file: string, resolution: Resolution): void {
  const note = otherProxyNote(resolution);
  if (note !== '') say(`${file}: ${note}`);
}
