/** The rules that refuse a Service port's traffic for want of endpoints: all that there is of many a Service. */
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

/** Every such rule of a ruleset. */
export function refusalsOf(ruleset: Ruleset): readonly Refusal[] {
  return ruleset.tables
    .filter(({ name }) => name === 'filter')
    .flatMap((table) => refusingChains.flatMap((name) => table.chains.get(name) ?? []))
    .flatMap((chain) => chain.rules.flatMap((line) => refusalOf(ruleset, chain, line) ?? []));
}
