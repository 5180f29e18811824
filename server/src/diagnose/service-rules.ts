/** Rules of kube-proxy's for the address and port that was asked for, whether a packet comes to them or not. */
import { commentOf, destinationPort, protocolOf, singleAddress } from '../kube/proxy/rule-values.ts';
import type { Packet } from '../netfilter/packet.ts';
import { isOwn } from '../node/look-ups/own-address.ts';
import { ruleAt } from '../ruleset/rules.ts';
import type { Table } from '../ruleset/ruleset.ts';
import type { Subject } from './subject.ts';

/** The rule of a Service's entry. */
export interface EntryRule {
  /** 0-based. */
  readonly line: number;
  /** "shop/web:http", as the rule's comment says; empty where it has none. */
  readonly service: string;
  readonly isNodePort: boolean;
}

/** Table nat of the family that a packet is of; undefined where the dump has none. */
export function natOf({ ruleset }: Subject, { family }: Packet): Table | undefined {
  return ruleset.dumps.find((dump) => dump.family === family)?.tables.find(({ name }) => name === 'nat');
}

const serviceChain = /^KUBE-(?:SVC|EXT|SVL|FW|XLB)-/;

function entryIn(subject: Subject, table: Table, chain: string, packet: Packet): EntryRule | undefined {
  const isNodePort = chain === 'KUBE-NODEPORTS';
  for (const line of table.chains.get(chain)?.rules ?? []) {
    const { text = '', target = '' } = subject.ruleset.lines.at(line) ?? {};
    // Most rules are for other ports: only those that may have this one are read.
    if (!serviceChain.test(target) || !text.includes(`${packet.dport}`)) continue;
    const rule = ruleAt(subject.ruleset, line);
    if (rule === undefined || destinationPort(rule) !== packet.dport || protocolOf(rule) !== packet.protocol) continue;
    if (!isNodePort && singleAddress(rule, '--destination') !== packet.destination.text) continue;
    const [service = ''] = /^[^\s/]+\/[^\s:]+(?::\S+)?/.exec(commentOf(rule)) ?? [];
    return { line, service, isNodePort };
  }
  return undefined;
}

/** The rule that a Service's packets are to be translated by; undefined where kube-proxy wrote none for that address and port. */
export function entryRule(subject: Subject, packet: Packet): EntryRule | undefined {
  const table = natOf(subject, packet);
  if (table === undefined || packet.dport === null) return undefined;
  const service = entryIn(subject, table, 'KUBE-SERVICES', packet);
  if (service !== undefined || isOwn(subject.facts, packet.destination.text) === false) return service;
  return entryIn(subject, table, 'KUBE-NODEPORTS', packet);
}
