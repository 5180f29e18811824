/** The rules that refuse a Service port's traffic for want of endpoints: all that there is of many a Service. */
import { type Steps, statementsBetweenPauses } from '../../base/steps.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import type { Chain, Ruleset } from '../../ruleset/ruleset.ts';
import type { ChainService } from '../identity/chain-identity.ts';
import { serviceComment } from '../identity/comments.ts';
import { commentOf, destinationPort, protocolOf, singleAddress } from '../proxy/rule-values.ts';

/** What tells one port of a Service from another. */
export type PortFacts = Pick<ChainService, 'port' | 'protocol' | 'portNumber' | 'clusterIP'>;

export interface Refusal extends PortFacts {
  readonly namespace: string;
  readonly service: string;
  readonly chain: Chain;
  readonly line: number;
}

/** The chains of the filter table that refuse, the one that says most of a Service port first. */
const refusingChains = ['KUBE-SERVICES', 'KUBE-EXTERNAL-SERVICES', 'KUBE-NODEPORTS'];

function refusalOf(ruleset: Ruleset, chain: Chain, line: number): Refusal | undefined {
  // Few rules are: the rest need not be read.
  if (ruleset.lines.at(line)?.text.includes(' endpoints') !== true) return undefined;
  const rule = ruleAt(ruleset, line);
  const comment = rule === undefined ? undefined : serviceComment(commentOf(rule));
  if (rule === undefined || (comment?.use !== 'no-endpoints' && comment?.use !== 'no-local-endpoints')) return undefined;
  const { namespace, service, port } = comment;
  const address = singleAddress(rule, '--destination');
  return {
    namespace,
    service,
    port,
    protocol: protocolOf(rule),
    // A NodePort is not the Service's own port.
    portNumber: address === undefined ? null : (destinationPort(rule) ?? null),
    clusterIP: chain.name === 'KUBE-SERVICES' ? (address ?? null) : null,
    chain,
    line,
  };
}

/** Every such rule of a ruleset. Pauses every few tables and rules: a text may open thousands of tables. */
export function* refusalsOf(ruleset: Ruleset): Steps<readonly Refusal[]> {
  const refusals: Refusal[] = [];
  let seen = 0;
  for (const table of ruleset.tables) {
    seen += 1;
    if (seen % statementsBetweenPauses === 0) yield;
    if (table.name !== 'filter') continue;
    for (const name of refusingChains) {
      const chain = table.chains.get(name);
      for (const line of chain?.rules ?? []) {
        seen += 1;
        if (seen % statementsBetweenPauses === 0) yield;
        const refusal = chain === undefined ? undefined : refusalOf(ruleset, chain, line);
        if (refusal !== undefined) refusals.push(refusal);
      }
    }
  }
  return refusals;
}
