import type { TableName } from '../catalog/types.ts';
import type { Table } from './ruleset.ts';

const natTargets = /^(?:DNAT|SNAT|MASQUERADE|REDIRECT|NETMAP)$/;
const natChains =
  /^(?:KUBE-(?:(?:SVC|SVL|EXT|FW|XLB|SEP|MARK)-|POSTROUTING|NODE-PORT|LOAD-BALANCER)|CNI-(?:DN|SN|HOSTPORT)|cali-(?:PREROUTING|POSTROUTING|nat|fip))/;

/** Jumps from a built-in chain that stand in nat alone, though both chains may have their like in another table. */
const natJumps: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['PREROUTING', new Set(['KUBE-SERVICES', 'DOCKER', 'CNI-HOSTPORT-DNAT', 'NETAVARK-HOSTPORT-DNAT'])],
  ['POSTROUTING', new Set(['KUBE-POSTROUTING'])],
]);

/** Whether only nat has a chain of this name. */
export function isNatName(name: string): boolean {
  return natChains.test(name) && !name.startsWith('cali-P');
}

/** Whether only a rule of nat has this target in a chain of this name. */
export function isNatJump(chain: string, target: string): boolean {
  return natTargets.test(target) || isNatName(target) || natJumps.get(chain)?.has(target) === true;
}

/** Which table a part without `*table` is of, by what it holds: only nat rewrites addresses, and each table has its own built-in chains. */
export function inferTableName({ chains, targets }: Pick<Table, 'chains' | 'targets'>): TableName {
  for (const target of targets.keys()) if (natTargets.test(target)) return 'nat';
  const has = (name: string): boolean => {
    const chain = chains.get(name);
    return chain !== undefined && (chain.declarations.length > 0 || chain.rules.length > 0 || chain.mentions.length > 0);
  };
  for (const name of chains.keys()) if (natChains.test(name)) return 'nat';
  for (const [name, to] of natJumps) if (chains.get(name)?.jumps.some((chain) => to.has(chain.name)) === true) return 'nat';
  if (has('PREROUTING') || has('POSTROUTING')) {
    if (has('FORWARD')) return 'mangle';
    return has('POSTROUTING') || has('INPUT') ? 'nat' : 'raw';
  }
  return 'filter';
}
