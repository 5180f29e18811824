/** Tells which redirected packets the rules behind the routing decision cannot tell apart. */

import { createMemory } from '../../base/memory.ts';
import { type Steps, statementsBetweenPauses } from '../../base/steps.ts';
import type { Family } from '../../catalog/types.ts';
import { networkTest } from '../../netfilter/core-match-predicates.ts';
import { type IPAddress, ipAddress, type Packet } from '../../netfilter/packet.ts';
import { isKnownSet } from '../../netfilter/set-members.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import type { Dump, Ruleset } from '../../ruleset/ruleset.ts';
import type { RuleStatement } from '../../syntax/statement.ts';

export interface TargetClasses {
  /**
   * Packets with the same key meet the same fate in the rules behind the routing decision, as far as they are alike in what no NAT changes and no
   * Service differs in: flags, lengths, users.
   */
  keyOf(packet: Packet, isLocal: boolean | undefined): string;
  /** Whether some rule there asks for what rules before it wrote to lists and sets. */
  readonly asksLists: boolean;
}

/** Options besides `-s` and `-d` that look at the new destination, as the packet's or as that of NAT's answers. */
const otherLooks: ReadonlySet<string> = new Set(['--dst-range', '--ctreplsrc', '--to', '--to-ports']);

/** Options of `-m recent` that ask. */
const listLooks: ReadonlySet<string> = new Set(['--rcheck', '--update', '--remove']);

// A dump is shared by rulesets between which only values in its rules changed.
const known = createMemory<Dump, { readonly ruleset: Ruleset; readonly classes: TargetClasses }>();

/**
 * Looks through the rules of a dump's tables, all but nat's for destinations, once. Two packets differ for the rules only by port, marks,
 * source, and the networks of `-s` and `-d` that they lie in; where a rule looks at an address in another way every address is a class.
 * Pauses every few rules.
 */
export function* targetClasses(ruleset: Ruleset, dump: Dump): Steps<TargetClasses> {
  const before = known.get(dump);
  if (before?.ruleset === ruleset) return before.classes;
  const classes = yield* readClasses(ruleset, dump);
  known.set(dump, { ruleset, classes });
  return classes;
}

/** The networks and addresses that rules compare with, and whether some rule looks at addresses in another way. */
interface Looks {
  readonly single: Set<string>;
  readonly networks: Map<string, (address: IPAddress) => boolean>;
  everyAddress: boolean;
  /** Whether some rule asks how the connection was asked for, before NAT. */
  asked: boolean;
  /** Whether some rule asks for what rules before it wrote to lists and sets. */
  lists: boolean;
}

function lookAtNetwork(looks: Looks, network: string, family: Family): void {
  const slash = network.indexOf('/');
  const isLone = slash < 0 || network.slice(slash + 1) === (family === 'ipv6' ? '128' : '32');
  const lone = isLone ? ipAddress(slash < 0 ? network : network.slice(0, slash)) : undefined;
  if (lone !== undefined) {
    looks.single.add(lone.text);
    return;
  }
  if (looks.networks.has(network)) return;
  const isIn = networkTest(network, family);
  if (isIn === undefined) looks.everyAddress = true;
  else looks.networks.set(network, isIn);
}

function lookAtRule(looks: Looks, ruleset: Ruleset, rule: RuleStatement, family: Family): void {
  for (const { name, values } of rule.options) {
    const text = values[0]?.text ?? '';
    if (name === '--source' || name === '--destination')
      for (const network of text.split(',')) lookAtNetwork(looks, network, family);
    else if (name === '--match-set') {
      // A set whose members are not known has the same answer for all; else each address has its own.
      if ((values[1]?.text ?? '').includes('dst') && isKnownSet(ruleset, text, family)) looks.everyAddress = true;
      looks.lists = true;
    } else if (otherLooks.has(name)) looks.everyAddress = true;
    else if (name.startsWith('--ctorig')) looks.asked = true;
    else if (listLooks.has(name)) looks.lists = true;
  }
}

/** Chains of nat that hand packets out: not reached behind the routing decision, where only POSTROUTING is still to come. */
const beforeRouting = /^(?:KUBE-(?:SERVICES|NODEPORTS|SVC-|SVL-|SEP-|EXT-|XLB-|FW-)|CNI-(?:DN-|HOSTPORT-DNAT))/;

function* readClasses(ruleset: Ruleset, dump: Dump): Steps<TargetClasses> {
  const looks: Looks = { single: new Set(), networks: new Map(), everyAddress: false, asked: false, lists: false };
  let read = 0;
  for (const table of dump.tables) {
    for (const chain of table.chains.values()) {
      if (table.name === 'nat' && beforeRouting.test(chain.name)) continue;
      for (const line of chain.rules) {
        const rule = ruleAt(ruleset, line);
        if (rule !== undefined) lookAtRule(looks, ruleset, rule, dump.family);
        read += 1;
        if (read % statementsBetweenPauses === 0) yield;
      }
    }
  }
  const { single, everyAddress, asked, lists } = looks;
  const tests = [...looks.networks.values()];
  return {
    asksLists: lists,
    keyOf: (packet, isLocal) => {
      const { destination, source } = packet;
      let key = `${packet.protocol} ${packet.isFromHere} ${packet.in} ${packet.out} ${source?.text ?? ''} ${packet.sport} ${packet.dport} ${packet.mark} ${packet.connectionMark} ${packet.state} ${packet.dnat} ${packet.snat} ${packet.isCaught} ${isLocal} `;
      if (asked) key += `${packet.asked.destination.address?.text} ${packet.asked.destination.port} `;
      if (lists) key += `${JSON.stringify([[...packet.lists], [...packet.sets]])} `;
      if (everyAddress || single.has(destination.text)) return key + destination.text;
      for (const isIn of tests) key += isIn(destination) ? '1' : '0';
      return key;
    },
  };
}
