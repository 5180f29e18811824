/** How kube-proxy hooks its chains in, for texts that do not show the built-in chains whole. */
import { createMemory } from '../../base/memory.ts';
import type { Hook } from '../../catalog/types.ts';
import { isChainShownWhole, mayHaveMoreReferences } from '../../ruleset/completeness.ts';
import type { Chain, Ruleset, Table } from '../../ruleset/ruleset.ts';

/** In the order in which packets meet them. Source: kube-proxy, iptablesJumpChains, and CNI portmap's. */
const hooked: Readonly<Record<string, Readonly<Partial<Record<Hook, readonly string[]>>>>> = {
  nat: {
    PREROUTING: ['KUBE-SERVICES', 'KUBE-NODEPORTS', 'CNI-HOSTPORT-DNAT'],
    OUTPUT: ['KUBE-SERVICES', 'KUBE-NODEPORTS', 'CNI-HOSTPORT-DNAT'],
    POSTROUTING: ['KUBE-POSTROUTING', 'CNI-HOSTPORT-MASQ'],
  },
  filter: {
    INPUT: ['KUBE-FIREWALL', 'KUBE-PROXY-FIREWALL', 'KUBE-NODEPORTS', 'KUBE-EXTERNAL-SERVICES'],
    FORWARD: ['KUBE-PROXY-FIREWALL', 'KUBE-FORWARD', 'KUBE-SERVICES', 'KUBE-EXTERNAL-SERVICES'],
    OUTPUT: ['KUBE-FIREWALL', 'KUBE-PROXY-FIREWALL', 'KUBE-SERVICES'],
  },
};

/** All chains that rules lead to from one chain, that chain among them. */
function reachedFrom(start: Chain, reached: Set<Chain>): void {
  reached.add(start);
  const waiting = [start];
  for (let chain = waiting.pop(); chain !== undefined; chain = waiting.pop()) {
    for (const next of chain.jumps) {
      if (reached.has(next)) continue;
      reached.add(next);
      waiting.push(next);
    }
  }
}

const known = createMemory<Ruleset, Map<string, readonly Chain[]>>();

/**
 * The chains of a table that a hook is taken to lead to besides what is shown: kube-proxy's own, where the text does not show the hook's base
 * chain whole and no way from it to them.
 */
export function assumedHooks(ruleset: Ruleset, table: Table, hook: Hook): readonly Chain[] {
  let answers = known.get(ruleset);
  if (answers === undefined) {
    answers = new Map();
    known.set(ruleset, answers);
  }
  const key = `${table.index} ${hook}`;
  let assumed = answers.get(key);
  if (assumed === undefined) {
    assumed = findAssumed(ruleset, table, hook);
    answers.set(key, assumed);
  }
  return assumed;
}

function findAssumed(ruleset: Ruleset, table: Table, hook: Hook): readonly Chain[] {
  const base = table.chains.get(hook);
  if (base !== undefined && isChainShownWhole(ruleset, base)) return [];
  const candidates = (hooked[table.name]?.[hook] ?? [])
    .map((name) => table.chains.get(name))
    .filter((chain) => chain !== undefined)
    .filter((chain) => chain.rules.length > 0 && mayHaveMoreReferences(ruleset, chain));
  if (candidates.length === 0) return [];
  const reached = new Set<Chain>();
  if (base !== undefined) reachedFrom(base, reached);
  const assumed: Chain[] = [];
  for (const chain of candidates) {
    if (reached.has(chain)) continue;
    assumed.push(chain);
    reachedFrom(chain, reached);
  }
  return assumed;
}

const nodePorts = 'KUBE-NODEPORTS (nat)';

/** Whether a chain that is taken to be hooked in is for addresses of the node alone: KUBE-SERVICES jumps to it with `--dst-type LOCAL`. */
export function isForNodeAlone({ name, table }: Chain): boolean {
  return name === 'KUBE-NODEPORTS' && table.name === 'nat';
}

/**
 * What an answer says of the chains that it took to be hooked in.
 * @param chains as "KUBE-SERVICES (nat)"
 */
export function assumedHooksNotes(chains: ReadonlySet<string>): readonly string[] {
  if (chains.size === 0) return [];
  const notes = [
    `The dump is an excerpt without the built-in chains that lead to ${[...chains].join(', ')}: taken to be hooked in as kube-proxy does it.`,
  ];
  if (chains.has(nodePorts))
    notes.push('KUBE-NODEPORTS is for addresses of this node alone: a packet that a rule there is for is taken to go to one.');
  return notes;
}
