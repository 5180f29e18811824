/** What is known of a node besides its rules, for following packets: a bundle's facts, which addresses are its own, and how an excerpt's chains are hooked in. */
import { canonicalIP } from '../../base/ip.ts';
import type { Fact } from '../../netfilter/answer.ts';
import type { EnumerateOptions } from '../../netfilter/enumeration/options.ts';
import { type NodeKnowledge, nodeKnowledge } from '../../node/knowledge.ts';
import type { Dump, Ruleset } from '../../ruleset/ruleset.ts';
import type { Resolution } from '../identity/chain-identity.ts';
import { assumedHooks, isForNodeAlone } from '../proxy/assumed-hooks.ts';
import { clusterAddresses } from './own-addresses.ts';

export interface AskOptions {
  /** The node's addresses, canonical; all others are taken to be elsewhere. Where absent, the cluster tells. */
  readonly local?: ReadonlySet<string> | undefined;
  /** Addresses that are the node's besides what else is known. */
  readonly own?: ReadonlySet<string> | undefined;
  /** An answer that is to be taken for every path; undefined to follow both. */
  readonly decide?: ((fact: Fact) => boolean | undefined) | undefined;
}

/** Addresses with commas between, canonical; the text of one that is none. */
export function readAddresses(text: string): ReadonlySet<string> | { readonly wrong: string } {
  const own = new Set<string>();
  for (const each of text.split(',')) {
    const ip = canonicalIP(each.trim());
    if (ip === undefined) return { wrong: each };
    own.add(ip);
  }
  return own;
}

/** Whether an address is the node's own, as far as anything tells; undefined where nothing tells of any address. */
export function localAddresses(
  resolution: Resolution,
  dump: Dump,
  { local, own }: AskOptions,
): ((address: string) => boolean | undefined) | undefined {
  const { facts } = resolution.origin;
  const known = (facts === undefined ? undefined : nodeKnowledge(facts).isLocal) ?? clusterAddresses(resolution, dump);
  const told = local === undefined ? known : (address: string): boolean | undefined => local.has(address);
  return own === undefined ? told : (address) => own.has(address) || told?.(address);
}

/**
 * How kube-proxy's chains are hooked in where an excerpt does not show it, as `flow` takes it; `hooked` gathers those for which it was done.
 * @param isOwn whether the packet is for this node, where that is known
 */
function hooks(ruleset: Ruleset, hooked: Set<string>, isOwn: boolean | undefined): NonNullable<EnumerateOptions['hooked']> {
  return (table, hook, base) => {
    const chains = assumedHooks(ruleset, table, hook).filter((chain) => isOwn !== false || !isForNodeAlone(chain));
    for (const chain of chains) hooked.add(`${chain.name} (${table.name})`);
    return base === undefined ? chains : [base, ...chains];
  };
}

/** A bundle's knowledge where somebody says which addresses are the node's own: routes count for all else. */
function toldKnowledge(knowledge: NodeKnowledge, { local, own }: AskOptions): NodeKnowledge {
  const { routed, isLocal } = knowledge;
  if (routed === undefined) return knowledge;
  return {
    ...knowledge,
    routed: (packet) => {
      const { text } = packet.destination;
      if (own?.has(text) === true || local?.has(text) === true) return 'here';
      const lead = routed(packet);
      return lead === 'here' && local !== undefined && isLocal?.(text) === true ? 'on' : lead;
    },
  };
}

/**
 * How a packet to an address is followed through a dump.
 * @param hooked gathers the chains that were taken to be hooked in, as "KUBE-SERVICES (nat)"
 */
export function followOptions(
  resolution: Resolution,
  dump: Dump | undefined,
  destination: string,
  hooked: Set<string>,
  options: AskOptions,
): EnumerateOptions {
  const { facts } = resolution.origin;
  const isLocal = dump === undefined ? undefined : localAddresses(resolution, dump, options);
  return {
    ...(facts === undefined ? {} : toldKnowledge(nodeKnowledge(facts), options)),
    hooked: hooks(resolution.ruleset, hooked, isLocal?.(destination)),
    ...(dump === undefined ? {} : { dump }),
    ...(isLocal === undefined ? {} : { isLocal }),
    ...(options.decide === undefined ? {} : { decide: options.decide }),
  };
}
