/** Which node a dump was taken on: said by the user, told by its file's name, or by what only one node's rules have. */

import { canonicalCIDR } from '../../base/ip.ts';
import { createMemory } from '../../base/memory.ts';
import { runToEnd, type Steps, statementsBetweenPauses } from '../../base/steps.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import type { NodeRecord } from '../../cluster/objects.ts';
import type { NodeFacts } from '../../node/facts.ts';
import { optionOf, ruleAt } from '../../ruleset/rules.ts';
import type { Chain, Dump, Ruleset } from '../../ruleset/ruleset.ts';
import { hostNamed } from '../../syntax/pasted/host-named.ts';
import { dnatDestination, singleAddress } from './rule-values.ts';

/** Where a dump comes from, as far as that is known besides its text. */
export interface DumpOrigin {
  /** The node that the user says it is of. */
  readonly node?: string | undefined;
  /** Its file, as a path or a URI, which may be named after the node. */
  readonly fileName?: string | undefined;
  /** What a bundle says of the node besides its rules. */
  readonly facts?: NodeFacts | undefined;
}

export interface DumpNode {
  /** Empty where nothing tells. The user may say one that the cluster does not have. */
  readonly name: string;
  /** null where nothing tells, or the cluster does not have it. */
  readonly record: NodeRecord | null;
  /** Why it is taken to be that one, in a sentence. */
  readonly reason: string;
}

const mostRulesLookedAt = 400;
const namesBetweenPauses = 4_096;

/** The last two parts of a path or URI: its folder and the file. */
function lastParts(fileName: string): readonly [folder: string, file: string] {
  let path = fileName;
  if (path.includes('%')) {
    try {
      path = decodeURIComponent(path);
    } catch {
      // A file's own name may hold a percent sign.
    }
  }
  const parts = path.split(/[/\\]/).map((part) => part.toLowerCase());
  return [parts.at(-2) ?? '', parts.at(-1) ?? ''];
}

/** Whether a name stands in a text as a word of its own: "node-1" in "node-1.iptables", not in "node-11" or "my-node-1". */
function isWordOf(text: string, name: string): boolean {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    if (!/[a-z0-9-]/.test(text.charAt(at - 1)) && !/[a-z0-9-]/.test(text.charAt(at + name.length))) return true;
  }
  return false;
}

/** "ip-10-0-0-7" of "ip-10-0-0-7.ec2.internal"; the whole of a name without dots, or of an address. */
function shortName(name: string): string {
  return /^[\d.]+$/.test(name) ? name : name.slice(0, Math.max(name.indexOf('.'), 0) || name.length);
}

/** The node that a file's or folder's name holds: the longest whole name, else the one node whose name begins so up to a dot. */
function nodeNamedIn(cluster: Cluster, text: string): string | undefined {
  if (text === '') return undefined;
  const names = cluster.nodes.map(({ name }) => name);
  const whole = names.filter((name) => isWordOf(text, name.toLowerCase())).sort((a, b) => b.length - a.length);
  if (whole[0] !== undefined) return whole[0];
  const short = names.filter((name) => isWordOf(text, shortName(name).toLowerCase()));
  const longest = Math.max(0, ...short.map((name) => shortName(name).length));
  const best = short.filter((name) => shortName(name).length === longest);
  return best.length === 1 ? best[0] : undefined;
}

/** The node of the endpoint that a KUBE-SEP- chain is for; undefined where the cluster does not have it on one node. */
function nodeOfEndpoint(ruleset: Ruleset, cluster: Cluster, chain: Chain): string | undefined {
  for (const line of chain.rules) {
    const rule = ruleAt(ruleset, line);
    const ip = rule === undefined ? undefined : dnatDestination(rule)?.ip;
    if (ip === undefined) continue;
    const nodes = new Set(cluster.endpointsAt(ip).map(({ endpoint }) => endpoint.nodeName));
    return nodes.size === 1 ? [...nodes][0] : undefined;
  }
  return undefined;
}

/**
 * The nodes that a dump's rules speak for, with how often: by endpoints of policy Local, a node's Pod network, Pods that only their node has
 * rules for, and the addresses that NodePorts are limited to.
 */
function* votesOf(ruleset: Ruleset, dump: Dump, cluster: Cluster): Steps<ReadonlyMap<string, number>> {
  const votes = new Map<string, number>();
  const vote = (node: string | undefined): void => {
    if (node !== undefined && cluster.node(node) !== undefined) votes.set(node, (votes.get(node) ?? 0) + 1);
  };
  const nodeOfPodAt = (ip: string | undefined): string | undefined =>
    ip === undefined ? undefined : cluster.podsAt(ip).find(({ hostNetwork }) => !hostNetwork)?.node;
  const ofNetwork = new Map(cluster.nodes.flatMap(({ name, podCIDRs }) => podCIDRs.map((cidr) => [cidr, name] as const)));
  const nat = dump.tables.find(({ name }) => name === 'nat');
  let read = 0;
  for (const line of nat?.chains.get('KUBE-NODEPORTS')?.references.slice(0, mostRulesLookedAt) ?? []) {
    read += 1;
    if (read % statementsBetweenPauses === 0) yield;
    const rule = ruleAt(ruleset, line);
    const ip = rule === undefined ? undefined : singleAddress(rule, '--destination');
    vote(ip === undefined ? undefined : cluster.nodeAt(ip)?.name);
  }
  let looked = 0;
  let passed = 0;
  for (const name of nat?.chains.keys() ?? []) {
    if (looked > mostRulesLookedAt) break;
    passed += 1;
    if (passed % namesBetweenPauses === 0) yield;
    const isLocal = name.startsWith('KUBE-SVL-') || name.startsWith('KUBE-XLB-');
    // Of tens of thousands of chains few are looked at, and only those are made.
    const chain = isLocal || !name.startsWith('KUBE-') ? nat?.chains.get(name) : undefined;
    if (chain === undefined) continue;
    if (isLocal) {
      for (const target of chain.jumps) {
        read += 1;
        if (read % statementsBetweenPauses === 0) yield;
        if (target.name.startsWith('KUBE-SEP-')) vote(nodeOfEndpoint(ruleset, cluster, target));
      }
      looked += 1;
    } else {
      for (const line of chain.rules.slice(0, mostRulesLookedAt - looked)) {
        looked += 1;
        read += 1;
        if (read % statementsBetweenPauses === 0) yield;
        const rule = ruleAt(ruleset, line);
        if (rule === undefined) continue;
        vote(nodeOfPodAt(dnatDestination(rule)?.ip));
        if (name === 'POSTROUTING') vote(nodeOfPodAt(singleAddress(rule, '--source')));
        const source = optionOf(rule, '--source');
        if (source !== undefined && source.negation === undefined)
          vote(ofNetwork.get(canonicalCIDR(source.values[0]?.text ?? '') ?? ''));
      }
    }
  }
  return votes;
}

/** A line that is nothing but a name, with what programs and people put around one: `### node-b`, `==> node-b.iptables <==`, `node-b | CHANGED | rc=0 >>`. */
const heading =
  /^\W{0,12}(?:(?:node|worker|master|host|server|machine) )?([A-Za-z0-9][\w.-]{0,120})(?:\W{0,12}| \| (?:CHANGED|SUCCESS)\b.{0,80})$/;
const mostAbove = 4;
const ofDump: ReadonlySet<string> = new Set(['rule', 'chain', 'table', 'commit', 'chain-command']);

/** The node that a prompt or a heading right above a dump names. */
function nodeAbove({ lines }: Ruleset, { tables }: Dump, cluster: Cluster): string | undefined {
  const first = tables[0]?.firstLine ?? 0;
  for (let number = first - 1; number >= 0 && number >= first - mostAbove; number -= 1) {
    if (ofDump.has(lines.kindAt(number) ?? '')) return undefined;
    const text = lines.textAt(number);
    const named = hostNamed(text) ?? (text.length > longestHeading ? undefined : heading.exec(text)?.[1]);
    // A machine that the cluster does not have is another one.
    if (named !== undefined) return nodeNamedIn(cluster, named.toLowerCase());
  }
  return undefined;
}

const longestHeading = 200;

/** The one node of the cluster that has an address which a bundle says is the node's own. */
function nodeWithAddress(cluster: Cluster, facts: NodeFacts | undefined): string | undefined {
  const names = new Set((facts?.addresses?.records ?? []).map(({ ip }) => cluster.nodeAt(ip)?.name));
  names.delete(undefined);
  return names.size === 1 ? [...names][0] : undefined;
}

/** The node of one dump, others of the file aside. */
function* nodeTold(ruleset: Ruleset, dump: Dump, cluster: Cluster, origin: DumpOrigin): Steps<Told> {
  if (origin.node !== undefined && origin.node !== '') return { name: origin.node, reason: 'The node was given.' };
  const [only, ...others] = cluster.nodes;
  if (only !== undefined && others.length === 0) return { name: only.name, reason: `${only.name} is the cluster's only node.` };
  const own = nodeWithAddress(cluster, origin.facts);
  if (own !== undefined) return { name: own, reason: `The addresses of the dump's node are ${own}'s.` };
  const above = nodeAbove(ruleset, dump, cluster);
  if (above !== undefined) return { name: above, reason: `The text names ${above} above the dump.` };
  const [folder, file] = lastParts(origin.fileName ?? '');
  const named = nodeNamedIn(cluster, file);
  if (named !== undefined) return { name: named, reason: `The dump's file is named after ${named}.` };
  const [first, second] = [...(yield* votesOf(ruleset, dump, cluster))].sort((a, b) => b[1] - a[1]);
  if (first !== undefined && first[1] > (second?.[1] ?? 0))
    return { name: first[0], reason: `Pods and Pod networks in the dump's rules are ${first[0]}'s.` };
  const holding = nodeNamedIn(cluster, folder);
  if (holding !== undefined) return { name: holding, reason: `The dump's folder is named after ${holding}.` };
  return { name: '', reason: 'Nothing in the dump tells which node it was taken on.' };
}

type Told = Omit<DumpNode, 'record'>;

/** For each dump what tells the node of the last one before it that is of the other family, and how far that is. Backwards: of the first behind it. */
function nearestOfOther(
  { dumps }: Ruleset,
  told: readonly Told[],
  isBackwards: boolean,
): readonly (readonly [Told, distance: number] | undefined)[] {
  const nearest: (readonly [Told, number] | undefined)[] = [];
  const last = new Map<Dump['family'], number>();
  for (let step = 0; step < dumps.length; step += 1) {
    const at = isBackwards ? dumps.length - 1 - step : step;
    const family = dumps[at]?.family ?? 'ipv4';
    const other = last.get(family === 'ipv4' ? 'ipv6' : 'ipv4');
    const node = other === undefined ? undefined : told[other];
    nearest[at] = other === undefined || node === undefined ? undefined : [node, Math.abs(at - other)];
    if (told[at]?.name !== '') last.set(family, at);
  }
  return nearest;
}

/** What tells the node of the nearest dump of the other family, for each dump: tools print one behind the other. A file may hold thousands. */
function toldBeside(ruleset: Ruleset, told: readonly Told[]): readonly (Told | undefined)[] {
  const before = nearestOfOther(ruleset, told, false);
  const behind = nearestOfOther(ruleset, told, true);
  return told.map((_node, at) => {
    const [one, other] = [before[at], behind[at]];
    return one === undefined || (other !== undefined && other[1] < one[1]) ? other?.[0] : one[0];
  });
}

interface Known {
  readonly cluster: Cluster;
  readonly origin: DumpOrigin;
  readonly nodes: readonly DumpNode[];
}

const known = createMemory<Ruleset, Known>();

interface Asked {
  readonly ruleset: Ruleset;
  readonly cluster: Cluster;
  readonly origin: DumpOrigin;
}

function knownNodes({ ruleset, cluster, origin }: Asked): readonly DumpNode[] | undefined {
  const before = known.get(ruleset);
  if (
    before?.cluster === cluster &&
    before.origin.node === origin.node &&
    before.origin.fileName === origin.fileName &&
    before.origin.facts === origin.facts
  )
    return before.nodes;
  return undefined;
}

const dumpsBetweenPauses = 64;

/** Looks for the nodes of all dumps of a ruleset, of which a file may hold thousands, so that `dumpNode` and `dumpNodes` know them. Pauses every few dozen, and every few rules that are read. */
export function* dumpNodeSteps(asked: Asked): Steps<readonly DumpNode[]> {
  const before = knownNodes(asked);
  if (before !== undefined) return before;
  const { ruleset, cluster, origin } = asked;
  const told: Told[] = [];
  for (const dump of ruleset.dumps) {
    told.push(yield* nodeTold(ruleset, dump, cluster, origin));
    if (told.length % dumpsBetweenPauses === 0) yield;
  }
  const others = toldBeside(ruleset, told);
  yield;
  const nodes = told.map((own, index): DumpNode => {
    const { name, reason } = own.name === '' ? (others[index] ?? own) : own;
    return { name, reason, record: cluster.node(name) ?? null };
  });
  known.set(ruleset, { cluster, origin, nodes });
  return nodes;
}

/** The nodes of all dumps of a ruleset, in their order. What tells the node in IPv4's rules holds for IPv6's beside them. */
export function dumpNodes(ruleset: Ruleset, cluster: Cluster, origin: DumpOrigin): readonly DumpNode[] {
  return runToEnd(dumpNodeSteps({ ruleset, cluster, origin }));
}

/** The node that one dump of a ruleset was taken on. Every answer that depends on the node asks here. */
export function dumpNode({ ruleset, cluster, origin }: Asked, dump: Dump): DumpNode {
  return (
    dumpNodes(ruleset, cluster, origin)[dump.index] ?? { name: '', record: null, reason: 'The dump is not of this ruleset.' }
  );
}
