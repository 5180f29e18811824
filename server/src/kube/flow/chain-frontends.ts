/** Services of whose chains a text shows no rule that leads to them: their flow is drawn from the chain on. */
import { createMemory } from '../../base/memory.ts';
import type { Steps } from '../../base/steps.ts';
import { mayHaveMoreReferences } from '../../ruleset/completeness.ts';
import { rulesOf } from '../../ruleset/rules.ts';
import type { Chain, Ruleset } from '../../ruleset/ruleset.ts';
import type { ChainService, Resolution } from '../identity/chain-identity.ts';
import { hashedPrefix } from '../identity/chain-names.ts';
import { isAllShown } from '../proxy/endpoint-shares.ts';
import { dnatDestination, protocolOf } from '../proxy/rule-values.ts';
import type { Frontend } from './frontends.ts';

const chainsBetweenPauses = 256;

/** The protocol that an endpoint's DNAT is for; empty where it does not say. */
function dnatProtocol(ruleset: Ruleset, chain: Chain): string {
  for (const { rule } of rulesOf(ruleset, chain)) if (dnatDestination(rule) !== undefined) return protocolOf(rule);
  return '';
}

/** The protocol of a Service's packets, where its name does not tell: that of an endpoint below the chain. */
function protocolBelow(ruleset: Ruleset, chain: Chain): string {
  const seen = new Set<Chain>([chain]);
  for (const each of seen) {
    const protocol = dnatProtocol(ruleset, each);
    if (protocol !== '') return protocol;
    for (const next of each.jumps) seen.add(next);
  }
  return 'tcp';
}

/** Whether a rule of some chain leads to a chain. Of a listing's rows that grep picked nobody knows the chain. */
function isLedTo({ lines }: Ruleset, { references }: Chain): boolean {
  return references.some((line) => (lines.at(line)?.name ?? '') !== '');
}

/** Whether a chain has rules, or may have some that are not shown. */
function mayHaveRules(ruleset: Ruleset, chain: Chain): boolean {
  return chain.rules.length > 0 || !isAllShown(ruleset, chain);
}

const known = createMemory<Ruleset, readonly Chain[]>();

/** The chains of nat with one of kube-proxy's hashes that no rule leads to. Looked for once. */
function* chainsNotLedTo(ruleset: Ruleset): Steps<readonly Chain[]> {
  const before = known.get(ruleset);
  if (before !== undefined) return before;
  const chains: Chain[] = [];
  let seen = 0;
  for (const table of ruleset.tables) {
    if (table.name !== 'nat') continue;
    for (const chain of table.chains.values()) {
      seen += 1;
      if (seen % chainsBetweenPauses === 0) yield;
      if (hashedPrefix(chain.name) !== undefined && !isLedTo(ruleset, chain) && mayHaveRules(ruleset, chain)) chains.push(chain);
    }
  }
  known.set(ruleset, chains);
  return chains;
}

/**
 * A frontend for each chain of nat that stands for a Service and that no rule leads to: of a Service port its entry chains, and its endpoints'
 * only where none of those is shown.
 * @param isWanted which Services are asked for
 */
export function* chainFrontends(
  resolution: Resolution,
  isWanted: (service: ChainService) => boolean,
): Steps<readonly Frontend[]> {
  const { ruleset } = resolution;
  const frontends: Frontend[] = [];
  const endpoints: Frontend[] = [];
  for (const chain of yield* chainsNotLedTo(ruleset)) {
    const { service, role } = resolution.chain(chain);
    if (service === null || !isWanted(service)) continue;
    const { namespace, name, port, portNumber, clusterIP } = service;
    const protocol = service.protocol || protocolBelow(ruleset, chain);
    (role === 'endpoint' ? endpoints : frontends).push({
      kind: 'chain',
      dump: chain.table.dump,
      ip: clusterIP,
      port: portNumber ?? 0,
      protocol,
      service: { namespace, name, port },
      lines: [],
      target: chain,
    });
  }
  const shown = new Set(frontends.map(({ service }) => service?.port));
  return [...frontends, ...endpoints.filter(({ service }) => !shown.has(service?.port))];
}

/** That a flow starts at a chain because nothing leads there, in a sentence. */
export function chainRemark(ruleset: Ruleset, chain: Chain): string {
  return mayHaveMoreReferences(ruleset, chain)
    ? `No rule that the dump shows leads to ${chain.name}: the flow is drawn from this chain on.`
    : `No rule leads to ${chain.name}, so that no packet comes there: the flow is drawn from this chain on.`;
}
