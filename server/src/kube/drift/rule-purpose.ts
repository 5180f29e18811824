/** What a rule of a dump does for its Service port, and which kind of difference it makes. */
import type { RulePurpose } from '../expected/rule.ts';
import type { DumpRule } from './dump-side.ts';
import type { DriftKind } from './finding.ts';

/** What a rule of the dump does, told by its chain and its text. */
export function purposeOf({ table, chain, key }: DumpRule, clusterIP: string): RulePurpose {
  if (table === 'filter') {
    if (chain === 'KUBE-PROXY-FIREWALL') return 'source-ranges';
    return chain === 'KUBE-NODEPORTS' ? 'health-check' : 'refuse';
  }
  if (chain === 'KUBE-NODEPORTS') return 'node-port';
  if (chain === 'KUBE-SERVICES') {
    if (key.includes(' -j KUBE-FW-')) return 'load-balancer-ip';
    if (key.includes(' -j KUBE-SVC-') || key.includes(' -j KUBE-SVL-') || key.includes(` -d ${clusterIP}/`)) return 'cluster-ip';
    return 'external-ip';
  }
  switch (chain.slice(0, 9)) {
    case 'KUBE-EXT-':
      return 'external-policy';
    case 'KUBE-SEP-':
      return key.includes(' -j DNAT') ? 'dnat' : 'hairpin';
    case 'KUBE-SVC-':
    case 'KUBE-SVL-':
      if (key.endsWith(' -j KUBE-MARK-MASQ')) return 'masquerade';
      if (key.endsWith(' -j KUBE-MARK-DROP')) return 'refuse';
      return key.includes(' -m recent ') ? 'affinity' : 'balance';
    default:
      return 'source-ranges';
  }
}

/** What it is called where rules of a purpose differ. */
export const kinds: Readonly<Record<RulePurpose, DriftKind>> = {
  'cluster-ip': 'cluster-ip',
  masquerade: 'masquerade',
  'external-ip': 'external-ip',
  'load-balancer-ip': 'load-balancer-ip',
  'node-port': 'node-port',
  'health-check': 'health-check',
  'source-ranges': 'source-ranges',
  'external-policy': 'external-policy',
  affinity: 'affinity',
  balance: 'shares',
  hairpin: 'endpoint-rules',
  dnat: 'endpoint-rules',
  refuse: 'refusal',
};

/** Those that others follow from come first. */
export const purposes: readonly RulePurpose[] = [
  'cluster-ip',
  'external-policy',
  'source-ranges',
  'external-ip',
  'load-balancer-ip',
  'node-port',
  'health-check',
  'affinity',
  'balance',
  'dnat',
  'hairpin',
  'masquerade',
  'refuse',
];
