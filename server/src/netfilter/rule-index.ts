/**
 * The rules of a long chain by the destination and port that they are for, so that a packet is asked against the few that may be for it: KUBE-SERVICES
 * of a large cluster has ten thousand rules, each for one address. Told from the text as iptables-save lays it out; what is laid out in any other
 * way is asked for every packet.
 */

import { createMemory } from '../base/memory.ts';
import { runToEnd, type Steps } from '../base/steps.ts';
import type { Chain, Ruleset } from '../ruleset/ruleset.ts';
import type { Line } from '../syntax/line.ts';
import type { Lines } from '../syntax/lines.ts';
import { destinationIn, portIn } from '../syntax/saved-layout.ts';
import { ipAddress, type Packet } from './packet.ts';
import { orderOf, rulesInOrder } from './rule-order.ts';

interface RuleIndex {
  readonly byAddress: ReadonlyMap<string, readonly number[]>;
  /** Rules for no one address, by "tcp 80". */
  readonly byPort: ReadonlyMap<string, readonly number[]>;
  readonly others: readonly number[];
}

/** Shorter chains cost less to go through than to take apart. */
const fewestRules = 24;

/** The address that a rule is for; undefined where it is for several, or spelt in another way than iptables-save does. */
function addressIn(line: Line): string | undefined {
  const address = destinationIn(line);
  return address !== undefined && ipAddress(address)?.text === address ? address : undefined;
}

function addTo(index: Map<string, number[]>, key: string, line: number): void {
  const known = index.get(key);
  if (known === undefined) index.set(key, [line]);
  else known.push(line);
}

const rulesBetweenPauses = 2_048;

/** The lists hold places in the chain, in order. */
function* indexOf(lines: Lines, rules: readonly number[]): Steps<RuleIndex | null> {
  const byAddress = new Map<string, number[]>();
  const byPort = new Map<string, number[]>();
  const others: number[] = [];
  for (const [at, line] of rules.entries()) {
    if (at % rulesBetweenPauses === rulesBetweenPauses - 1) yield;
    const source = lines.at(line);
    const address = source === undefined ? undefined : addressIn(source);
    const port = source === undefined || address !== undefined ? undefined : portIn(source);
    if (address !== undefined) addTo(byAddress, address, at);
    else if (port !== undefined) addTo(byPort, `${port.protocol} ${port.port}`, at);
    else others.push(at);
  }
  // Where most rules may be for every packet there is nothing to gain.
  return others.length * 2 > rules.length ? null : { byAddress, byPort, others };
}

const none: readonly number[] = [];
// Chains are shared by rulesets between which only values in their rules changed, so an index belongs to one ruleset.
const indexes = createMemory<Ruleset, Map<Chain, RuleIndex | null>>();

function* indexFor(ruleset: Ruleset, chain: Chain, rules: readonly number[]): Steps<RuleIndex | null> {
  let ofRuleset = indexes.get(ruleset);
  if (ofRuleset === undefined) {
    ofRuleset = new Map();
    indexes.set(ruleset, ofRuleset);
  }
  let index = ofRuleset.get(chain);
  if (index === undefined) {
    index = yield* indexOf(ruleset.lines, rules);
    ofRuleset.set(chain, index);
  }
  return index;
}

const known = createMemory<Ruleset, true>();

/** Takes the long chains of a ruleset apart, so that `rulesFor` knows at once which rules a packet may meet. Pauses every few thousand rules. */
export function* knowLongChains(ruleset: Ruleset): Steps<void> {
  if (known.get(ruleset) === true) return;
  for (const { chains, lists } of ruleset.tables) {
    for (let at = 0; at < chains.size; at += 1) {
      if (lists.rules.lengthOf(at) < rulesBetweenPauses) continue;
      const chain = chains.at(at);
      if (chain !== undefined) yield* indexFor(ruleset, chain, yield* orderOf(ruleset, chain));
    }
    yield;
  }
  known.set(ruleset, true);
}

/** The rules of a chain, in order and 0-based, without some that are certainly for other packets. */
export function rulesFor(ruleset: Ruleset, chain: Chain, packet: Packet): readonly number[] {
  const rules = rulesInOrder(ruleset, chain);
  const { destination, protocol, dport } = packet;
  // A port that is not known may be any.
  const isAnyPort = dport === null && (protocol === 'tcp' || protocol === 'udp' || protocol === 'sctp');
  if (rules.length < fewestRules || destination.standsIn === true || isAnyPort) return rules;
  const index = runToEnd(indexFor(ruleset, chain, rules));
  if (index === null) return rules;
  const places = [
    ...(index.byAddress.get(destination.text) ?? none),
    ...(index.byPort.get(`${protocol} ${dport}`) ?? none),
    ...index.others,
  ].sort((one, other) => one - other);
  return places.flatMap((at) => rules[at] ?? []);
}
