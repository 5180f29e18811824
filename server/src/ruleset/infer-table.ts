import type { TableName } from '../catalog/types.ts';
import type { Table } from './ruleset.ts';

const natTargets = /^(?:DNAT|SNAT|MASQUERADE|REDIRECT|NETMAP)$/;
const natChains =
  /^(?:KUBE-(?:(?:SVC|SVL|EXT|FW|XLB|SEP|MARK)-|POSTROUTING|NODE-PORT|LOAD-BALANCER)|CNI-(?:DN|SN|HOSTPORT)|cali-(?:PREROUTING|POSTROUTING|nat|fip))/;

/** Which table a part without `*table` is of, by what it holds: only nat rewrites addresses, and each table has its own built-in chains. */
export function inferTableName({ chains, targets }: Pick<Table, 'chains' | 'targets'>): TableName {
  for (const target of targets.keys()) if (natTargets.test(target)) return 'nat';
  const has = (name: string): boolean => {
    const chain = chains.get(name);
    return chain !== undefined && (chain.declarations.length > 0 || chain.rules.length > 0 || chain.mentions.length > 0);
  };
  for (const name of chains.keys()) if (natChains.test(name)) return 'nat';
  if (has('PREROUTING') || has('POSTROUTING')) {
    if (has('FORWARD')) return 'mangle';
    return has('POSTROUTING') || has('INPUT') ? 'nat' : 'raw';
  }
  return 'filter';
}
