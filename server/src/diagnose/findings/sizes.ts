import { mayHaveMoreTables } from '../../ruleset/completeness.ts';
import type { Asked } from '../journey.ts';
import { atOnce, type Looked, type NodeFinding, nothing } from '../node-finding.ts';
import type { Subject } from '../subject.ts';

/** How large the rules are: nothing wrong by itself, and what people ask about slow syncs and connections. */
export const sizes: NodeFinding = { codes: {}, look: atOnce(look) };

/** From this many on a way through KUBE-SERVICES is felt. */
const manyServices = 1000;

function look({ ruleset }: Subject, _asked: Asked | null): Looked {
  let rules = 0;
  let proxyRules = 0;
  let entries = 0;
  let services = 0;
  for (const table of ruleset.tables) {
    for (const chain of table.chains.values()) {
      rules += chain.rules.length;
      if (table.name !== 'nat' || !chain.name.startsWith('KUBE-')) continue;
      proxyRules += chain.rules.length;
      if (/^KUBE-SV[CL]-/.test(chain.name)) services += 1;
      if (chain.name === 'KUBE-SERVICES') entries = Math.max(entries, chain.rules.length);
    }
  }
  const isAllShown = ruleset.dumps.every((dump) => !mayHaveMoreTables(ruleset, dump));
  const shown = isAllShown ? `There ${rules === 1 ? 'is' : 'are'} ${ruleCount(rules)}` : `The text shows ${ruleCount(rules)}`;
  if (services === 0) return { ...nothing, fine: [`${shown}.`] };
  const each = Math.round(proxyRules / services);
  const advice =
    entries > manyServices
      ? "; kube-proxy's nftables mode looks an address up in one step, and Services without clusterIP, NodePorts that nobody uses and allocateLoadBalancerNodePorts: false save some"
      : '';
  // Of an excerpt nobody knows how long KUBE-SERVICES is.
  const compared = isAllShown ? `; the first packet of a connection to none of them is compared with ${entries}${advice}` : '';
  return {
    ...nothing,
    fine: [
      `${shown}, of which kube-proxy has ${proxyRules} for ${services} Service ${services === 1 ? 'port' : 'ports'} in nat${services === 1 ? '' : ` (about ${each} each)`}${compared}.`,
    ],
  };
}

function ruleCount(rules: number): string {
  return rules === 1 ? '1 rule' : `${rules} rules`;
}
