import { createMemory } from '../../base/memory.ts';
import { command } from '../../base/shell-text.ts';
import type { Steps } from '../../base/steps.ts';
import { type ServiceProxy, serviceProxyOf, serviceProxySteps, serviceProxyText } from '../../kube/proxy/mode.ts';
import type { Dump, Ruleset } from '../../ruleset/ruleset.ts';
import { tableAt } from '../../ruleset/ruleset.ts';
import type { NodeCommand } from '../mending/fix.ts';
import { restartKubeProxy } from '../mending/node-commands.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';
import { lastNamePlace } from '../support/line-place.ts';

/** Who does Services on the node, where it is not kube-proxy in iptables mode or its rules are gone: the dump does not show them, and why is said once. */
export const serviceProxy: LintRule = {
  codes: {
    'service-proxy':
      'Services of this node are not in iptables: kube-proxy runs in ipvs or nftables mode, or another program does its work.',
    'nat-flushed': 'The nat table was emptied under kube-proxy: no Service works until kube-proxy writes it again.',
    'ipvs-leftovers': 'kube-proxy runs in ipvs mode, and chains of its iptables mode are left.',
  },
  check,
};

function* check({ ruleset }: LintInput, report: (finding: Finding) => void): Steps<void> {
  const said = new Set<string>();
  yield* serviceProxySteps(ruleset);
  for (const dump of ruleset.dumps) {
    yield;
    const proxy = serviceProxyOf(ruleset, dump);
    if (proxy.kind === 'ipvs') reportLeftovers(ruleset, dump, report);
    const code = codeOf(proxy, ruleset);
    // Both families of a node have one kube-proxy.
    if (code === undefined || said.has(`${code} ${proxy.name}`)) continue;
    said.add(`${code} ${proxy.name}`);
    const line = proxy.line ?? dump.tables.find(({ name }) => name === 'nat')?.firstLine ?? dump.tables[0]?.firstLine ?? 0;
    const severity = code === 'nat-flushed' ? 'warning' : 'info';
    const onNode = code === 'nat-flushed' ? restartKubeProxy() : [];
    const more = { table: tableAt(ruleset, line), onNode };
    report(finding(lastNamePlace(ruleset, line), code, severity, serviceProxyText(proxy), more));
  }
}

function codeOf({ kind }: ServiceProxy, ruleset: Ruleset): string | undefined {
  switch (kind) {
    case 'ipvs':
    case 'nftables':
    case 'userspace':
    case 'other':
      return 'service-proxy';
    case 'flushed':
      return 'nat-flushed';
    case 'absent':
      // On a machine without kubelet there need be no Services.
      return hasKubelet(ruleset) ? 'service-proxy' : undefined;
    case 'iptables':
    case 'unknown':
      return undefined;
  }
}

const kubeletBefore = createMemory<Ruleset, boolean>();

/** Whether a file shows that kubelet runs: 1.18 or later makes its canary in every table. */
export function hasKubelet(ruleset: Ruleset): boolean {
  let has = kubeletBefore.get(ruleset);
  if (has === undefined) {
    has = ruleset.tables.some(({ chains }) => chains.has('KUBE-KUBELET-CANARY'));
    kubeletBefore.set(ruleset, has);
  }
  return has;
}

const cleanup: readonly NodeCommand[] = [
  {
    command: command`crictl exec $(crictl ps --name '^kube-proxy$' -q) kube-proxy --cleanup`,
    does: 'removes all that kube-proxy wrote in any of its modes; until it is started again no Service works on the node',
  },
  ...restartKubeProxy(),
];

/** kubernetes/kubernetes#102314: chains of iptables mode after a switch to ipvs. */
function reportLeftovers(ruleset: Ruleset, dump: Dump, report: (finding: Finding) => void): void {
  const nat = dump.tables.find(({ name }) => name === 'nat');
  if (nat === undefined) return;
  let first: number | undefined;
  let left = 0;
  for (const chain of nat.chains.values()) {
    if (!chain.name.startsWith('KUBE-SVC-') || chain.rules.length === 0) continue;
    left += 1;
    first ??= chain.declarations[0] ?? chain.rules[0];
  }
  if (first === undefined) return;
  const message = `kube-proxy runs in ipvs mode here, but ${left === 1 ? '1 Service chain' : `${left} Service chains`} of its iptables mode are left: kube-proxy --cleanup removes them`;
  report(finding(lastNamePlace(ruleset, first), 'ipvs-leftovers', 'warning', message, { table: nat, onNode: cleanup }));
}
