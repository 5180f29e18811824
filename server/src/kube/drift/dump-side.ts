/** A dump's rules for Services, by the port that they are for. */

import type { Steps } from '../../base/steps.ts';
import { isNamedInUnreadLine, isTableWhole, mayBeHalf, mayMixChains } from '../../ruleset/completeness.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import type { Chain, Dump, Ruleset, Table } from '../../ruleset/ruleset.ts';
import type { RuleStatement } from '../../syntax/statement.ts';
import { placeOf, unusualLines } from '../../syntax/unusual-lines.ts';
import type { ProxiedPort } from '../expected/service-ports.ts';
import { portName, splitHashedName } from '../identity/chain-names.ts';
import { type ServiceComment, serviceComment } from '../identity/comments.ts';
import { commentOf, destinationPort, protocolOf, singleAddress } from '../proxy/rule-values.ts';
import { textKey } from './rule-key.ts';

export interface DumpRule {
  readonly table: 'nat' | 'filter';
  readonly chain: string;
  /** 0-based. */
  readonly line: number;
  /** The rule's text by which it is compared. */
  readonly key: string;
}

/** One table of the dump, if it can be compared. */
export interface DumpTable {
  readonly table: Table;
  /** Whether what is not in it is missing; false for an excerpt, and where a line that nobody could read may be it. */
  readonly whole: boolean;
  /** Whether only such a line stands in the way of that. */
  readonly unread: boolean;
  /** How many rules of kube-proxy's chains have something that the text does not show, or that nobody understood: an address that somebody took out. */
  readonly unsure: number;
}

export interface DumpSide {
  readonly ruleset: Ruleset;
  readonly dump: Dump;
  readonly nat: DumpTable | undefined;
  readonly filter: DumpTable | undefined;
  /** Rules of nat's KUBE-SERVICES and KUBE-NODEPORTS, by the hash of the chain that they lead to. */
  readonly entries: ReadonlyMap<string, readonly number[]>;
  /** Rules of filter's chains, by "namespace/name:port" of their comment. */
  readonly refusals: ReadonlyMap<string, readonly number[]>;
  /** Rules of those chains without any comment, by what they are for: "10.96.0.1:80/tcp", ":30080/tcp" for a port of the node. */
  readonly unnamedRefusals: ReadonlyMap<string, readonly number[]>;
  /** Hashes of the KUBE-SVC-, -SVL-, -EXT- and -FW- chains, each with those chains. */
  readonly portChains: ReadonlyMap<string, readonly Chain[]>;
  readonly endpointChains: readonly Chain[];
  /** KUBE-SVC- and other such chains whose names no hash can have: somebody changed them. */
  readonly changedNames: number;
}

const filterChains = ['KUBE-SERVICES', 'KUBE-EXTERNAL-SERVICES', 'KUBE-NODEPORTS', 'KUBE-PROXY-FIREWALL'] as const;
const chainsBetweenPauses = 512;

function add(index: Map<string, number[]>, key: string, line: number): void {
  const lines = index.get(key);
  if (lines === undefined) index.set(key, [line]);
  else lines.push(line);
}

function addChain(index: Map<string, Chain[]>, key: string, chain: Chain): void {
  const chains = index.get(key);
  if (chains === undefined) index.set(key, [chain]);
  else chains.push(chain);
}

function tableOf(ruleset: Ruleset, dump: Dump, name: 'nat' | 'filter'): DumpTable | undefined {
  const table = dump.tables.find((candidate) => candidate.name === name);
  if (table === undefined) return undefined;
  const unread = isTableWhole(ruleset, table) && hasLostEntries(ruleset, table);
  return { table, whole: isTableWhole(ruleset, table) && !unread, unread, unsure: countUnsure(ruleset, table) };
}

/** How many rules of kube-proxy's chains in a table have something that the text does not show, or that nobody understood. */
export function countUnsure({ lines }: Ruleset, { firstLine, endLine }: Table): number {
  const unusual = unusualLines(lines);
  let count = 0;
  for (let place = placeOf(unusual, firstLine); place < unusual.length; place += 1) {
    const number = unusual[place] as number;
    if (number >= endLine) break;
    const line = lines.at(number);
    if (line?.isUnsure === true && line.kind === 'rule' && line.name.startsWith('KUBE-')) count += 1;
  }
  return count;
}

/** Whether a line that nobody could read may be a Service's entry. */
function hasLostEntries(ruleset: Ruleset, { chains }: Table): boolean {
  return filterChains.some((name) => {
    const chain = chains.get(name);
    return chain !== undefined && isNamedInUnreadLine(ruleset, chain);
  });
}

/** Rules that are there: what -D and -C name is not, and what a text that was cut ends with may be another. */
export function rulesIn(ruleset: Ruleset, chain: Chain | undefined): readonly number[] {
  // Rows that may be of other chains say nothing of this one.
  if (chain === undefined || mayMixChains(ruleset, chain.table)) return [];
  return chain.rules.filter((line) => {
    const command = ruleset.lines.at(line)?.command;
    if (command === 'delete' || command === 'check') return false;
    return !mayBeHalf(ruleset, line) || isTableWhole(ruleset, chain.table);
  });
}

/** The rule on a line, with the key by which it is compared. */
export function dumpRule(ruleset: Ruleset, table: DumpRule['table'], chain: string, line: number): DumpRule {
  return { table, chain, line, key: textKey(ruleset.lines.at(line)?.text ?? '') };
}

/** The Service port that the comment of a line names. */
export function commentOn(ruleset: Ruleset, line: number): ServiceComment | undefined {
  const rule = ruleAt(ruleset, line);
  return rule === undefined ? undefined : serviceComment(commentOf(rule));
}

/** What a rule of filter's chains is for; undefined where it is for no one port. */
function refusedPlace(rule: RuleStatement): string | undefined {
  const port = destinationPort(rule);
  return port === undefined ? undefined : refusalPlace(singleAddress(rule, '--destination') ?? '', port, protocolOf(rule));
}

function refusalPlace(ip: string, port: number, protocol: string): string {
  return `${ip}:${port}/${protocol}`;
}

/** The lines of filter's chains that are for a Service port: by their comments, and those that have none by address and port, each text once. */
export function refusalsFor(side: DumpSide, port: ProxiedPort): readonly number[] {
  const named = side.refusals.get(port.name) ?? [];
  if (side.unnamedRefusals.size === 0) return named;
  const { protocol, nodePort } = port.port;
  const places = [port.clusterIP, ...port.externalIPs, ...port.loadBalancerIPs].map((ip) =>
    refusalPlace(ip, port.port.port, protocol),
  );
  if (nodePort !== 0) places.push(refusalPlace('', nodePort, protocol));
  if (port.healthCheckNodePort !== 0) places.push(refusalPlace('', port.healthCheckNodePort, 'tcp'));
  const byText = new Map<string, number>();
  for (const place of places) {
    for (const line of side.unnamedRefusals.get(place) ?? []) byText.set(side.ruleset.lines.at(line)?.text ?? '', line);
  }
  return [...named, ...byText.values()];
}

/** Rules of nat's KUBE-SERVICES and KUBE-NODEPORTS, by the hash of the chain that they lead to. No rule is read for it. */
function serviceEntries(ruleset: Ruleset, dump: Dump): ReadonlyMap<string, readonly number[]> {
  const nat = dump.tables.find(({ name }) => name === 'nat');
  const entries = new Map<string, number[]>();
  for (const name of ['KUBE-SERVICES', 'KUBE-NODEPORTS']) {
    for (const line of rulesIn(ruleset, nat?.chains.get(name))) {
      const split = splitHashedName(ruleset.lines.at(line)?.target ?? '');
      if (split !== undefined && split.prefix !== 'KUBE-SEP-') add(entries, split.hash, line);
    }
  }
  return entries;
}

/** Sorts a dump's rules by Service port. Pauses every few hundred chains. */
export function* readDumpSide(ruleset: Ruleset, dump: Dump): Steps<DumpSide> {
  const nat = tableOf(ruleset, dump, 'nat');
  const filter = tableOf(ruleset, dump, 'filter');
  const entries = serviceEntries(ruleset, dump);
  yield;
  const refusals = new Map<string, number[]>();
  const unnamedRefusals = new Map<string, number[]>();
  const portChains = new Map<string, Chain[]>();
  const endpointChains: Chain[] = [];
  let changedNames = 0;
  let seen = 0;
  for (const chain of nat?.table.chains.values() ?? []) {
    seen += 1;
    if (seen % chainsBetweenPauses === 0) yield;
    if (!chain.name.startsWith('KUBE-')) continue;
    const split = splitHashedName(chain.name);
    if (split === undefined) {
      if (/^KUBE-(?:SVC|SVL|EXT|FW|SEP)-/.test(chain.name)) changedNames += 1;
    } else if (split.prefix === 'KUBE-SEP-') endpointChains.push(chain);
    else addChain(portChains, split.hash, chain);
  }
  for (const name of filterChains) {
    for (const line of rulesIn(ruleset, filter?.table.chains.get(name))) {
      const rule = ruleAt(ruleset, line);
      const words = rule === undefined ? '' : commentOf(rule);
      const comment = serviceComment(words);
      const place = rule === undefined || words !== '' ? undefined : refusedPlace(rule);
      if (comment !== undefined) add(refusals, portName(comment.namespace, comment.service, comment.port), line);
      else if (place !== undefined) add(unnamedRefusals, place, line);
      seen += 1;
      if (seen % chainsBetweenPauses === 0) yield;
    }
  }
  return { ruleset, dump, nat, filter, entries, refusals, unnamedRefusals, portChains, endpointChains, changedNames };
}
