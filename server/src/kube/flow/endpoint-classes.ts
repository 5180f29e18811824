/** Tells which redirected packets the rules behind the routing decision cannot tell apart. */
import { networkTest } from '../../netfilter/core-match-predicates.ts';
import { type IPAddress, ipAddress, type Packet } from '../../netfilter/packet.ts';
import { isKnownSet } from '../../netfilter/set-members.ts';
import type { Dump, Ruleset } from '../../ruleset/ruleset.ts';

export interface TargetClasses {
  /** Packets with the same key meet the same fate in the rules behind the routing decision. */
  keyOf(packet: Packet, isLocal: boolean | undefined): string;
}

// Whatever looks at the new destination besides -d: as NAT's answers will come from it, too.
const otherLooks = /--(?:dst-range|ctreplsrc|to) /;
const address = /(!\s+)?(?:-d|--dst|--destination|-s|--src|--source)[ =]([0-9a-fA-F.:/,]+)/g;

const known = new WeakMap<Dump, TargetClasses>();

/**
 * Looks through the rules of a dump's tables, all but nat's for destinations, once. Two packets differ for the rules only by port, marks,
 * source, and the networks of `-s` and `-d` that they lie in; where a rule looks at an address in another way every address is a class.
 */
export function targetClasses(ruleset: Ruleset, dump: Dump): TargetClasses {
  let classes = known.get(dump);
  if (classes === undefined) {
    classes = readClasses(ruleset, dump);
    known.set(dump, classes);
  }
  return classes;
}

function readClasses(ruleset: Ruleset, dump: Dump): TargetClasses {
  const single = new Set<string>();
  const networks = new Map<string, (address: IPAddress) => boolean>();
  let everyAddress = false;
  for (const table of dump.tables) {
    for (let number = table.firstLine; number < table.endLine; number += 1) {
      const line = ruleset.lines[number];
      if (line?.kind !== 'rule') continue;
      // Of nat only POSTROUTING is still to come; chains of Services and endpoints are not reached from there.
      if (
        table.name === 'nat' &&
        /^(?:KUBE-(?:SERVICES|NODEPORTS|SVC-|SVL-|SEP-|EXT-|XLB-|FW-)|CNI-(?:DN-|HOSTPORT-DNAT))/.test(line.name)
      )
        continue;
      const { text } = line;
      everyAddress ||= otherLooks.test(text);
      // A set whose members are not known has the same answer for all; else each address has its own.
      const set = /--match-set (\S+) \S*dst/.exec(text)?.[1];
      everyAddress ||= set !== undefined && isKnownSet(ruleset, set, dump.family);
      for (const match of text.matchAll(address)) {
        for (const network of (match[2] ?? '').split(',')) {
          const lone = /^([^/]+)(?:\/(?:32|128))?$/.exec(network)?.[1];
          if (lone !== undefined) single.add(ipAddress(lone)?.text ?? lone);
          else if (!networks.has(network)) {
            const test = networkTest(network, dump.family);
            if (test === undefined) everyAddress = true;
            else networks.set(network, test);
          }
        }
      }
    }
  }
  const tests = [...networks.values()];
  return {
    keyOf: (packet, isLocal) => {
      const { destination, source } = packet;
      let key = `${source?.text ?? ''} ${packet.sport} ${packet.dport} ${packet.mark} ${packet.connectionMark} ${packet.state} ${packet.dnat} ${packet.snat} ${isLocal} `;
      if (everyAddress || single.has(destination.text)) return key + destination.text;
      for (const test of tests) key += test(destination) ? '1' : '0';
      return key;
    },
  };
}
