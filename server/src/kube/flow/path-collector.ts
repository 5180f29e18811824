/** Collects paths into nodes and edges, with how often each was passed by the packets from each place. */
import { hostPort } from '../../base/ip.ts';
import type { IPAddress } from '../../netfilter/packet.ts';
import type { Chain } from '../../ruleset/ruleset.ts';
import { drawnKind } from './drawn-kind.ts';
import type { FlowNodeKind } from './graph.ts';
import type { PacketPath, PathEnd } from './packet-paths.ts';

/** By sample; a hole is 0. */
export type Weights = (number | undefined)[];

export interface CollectedNode {
  readonly id: string;
  readonly kind: FlowNodeKind;
  /** null for an entry, an address and a packet that goes on as it is. */
  readonly chain: Chain | null;
  readonly end: PathEnd | null;
  /** The probability that a new connection comes by, by sample. */
  readonly weights: Weights;
  /** That its path ends from here; where that is less, packets come back from the chain and meet the next rule. */
  readonly ended: Weights;
  readonly out: Map<CollectedNode, CollectedEdge[]>;
}

export interface CollectedEdge {
  readonly from: CollectedNode;
  readonly to: CollectedNode;
  /** 0-based. */
  readonly line: number | null;
  readonly weights: Weights;
}

/** What was collected so far; `entryOf` and `addPath` add to it. */
export interface CollectedPaths {
  readonly nodes: Map<string, CollectedNode>;
  /** As first met. */
  readonly edges: CollectedEdge[];
  readonly byChain: Map<Chain, CollectedNode>;
  /** DNAT's own address object is one for all packets that its rule redirects, which spares making the name thousands of times. */
  readonly byTarget: Map<IPAddress, CollectedNode>;
}

/** A collection with nothing in it. */
export function noPaths(): CollectedPaths {
  return { nodes: new Map(), edges: [], byChain: new Map(), byTarget: new Map() };
}

/** The same for the same chain after an edit; dumps after the first have their number in front. */
export function chainId(chain: Chain): string {
  const { table } = chain;
  return `${table.dump.index === 0 ? '' : `${table.dump.index}:`}${table.name}:${chain.name}`;
}

/** "10.244.0.11:8080": where a path ends that goes on to an address; empty for others. */
export function pathEndAddress(end: PathEnd): string {
  if (end.kind !== 'address') return '';
  const { destination, dport } = end.packet;
  return dport === null ? destination.text : hostPort(destination.text, dport);
}

function endId(end: PathEnd): string {
  switch (end.kind) {
    case 'address':
      return `address:${pathEndAddress(end)}/${end.packet.protocol}`;
    case 'verdict':
      return `verdict:${end.verdict}:${chainId(end.chain)}${end.isPolicy ? ':policy' : ''}`;
    case 'not-shown':
      return `not-shown:${end.what}`;
    case 'unchanged':
      return `unchanged:${end.packet.destination.text}:${end.packet.dport}/${end.packet.protocol}`;
  }
}

function raise(weights: Weights, sample: number, by: number): void {
  weights[sample] = (weights[sample] ?? 0) + by;
}

function nodeOf(
  { nodes }: CollectedPaths,
  id: string,
  kind: FlowNodeKind,
  chain: Chain | null,
  end: PathEnd | null,
): CollectedNode {
  let node = nodes.get(id);
  if (node === undefined) {
    node = { id, kind, chain, end, weights: [], ended: [], out: new Map() };
    nodes.set(id, node);
  }
  return node;
}

/** The node of an entry, even if no packet was sent from it. */
export function entryOf(collected: CollectedPaths, id: string): CollectedNode {
  return nodeOf(collected, id, 'entry', null, null);
}

function chainNode(collected: CollectedPaths, chain: Chain): CollectedNode {
  let node = collected.byChain.get(chain);
  if (node === undefined) {
    node = nodeOf(collected, chainId(chain), drawnKind(chain) ?? 'chain', chain, null);
    collected.byChain.set(chain, node);
  }
  return node;
}

function endNode(collected: CollectedPaths, end: PathEnd): CollectedNode {
  if (end.kind === 'unchanged' || end.kind === 'not-shown') return nodeOf(collected, endId(end), 'verdict', null, end);
  if (end.kind !== 'address') return nodeOf(collected, endId(end), 'verdict', end.chain, end);
  const { destination, dport } = end.packet;
  const known = collected.byTarget.get(destination);
  if (known?.end?.kind === 'address' && known.end.packet.dport === dport) return known;
  const made = nodeOf(collected, endId(end), 'address', end.chain, end);
  collected.byTarget.set(destination, made);
  return made;
}

function edgeOf(collected: CollectedPaths, from: CollectedNode, to: CollectedNode, line: number | null): CollectedEdge {
  let between = from.out.get(to);
  if (between === undefined) {
    between = [];
    from.out.set(to, between);
  }
  // Packets come to a dispatcher by several hooks: that is one edge.
  const isOne = from.kind === 'entry' && to.kind === 'dispatch';
  let edge = between.find((candidate) => isOne || candidate.line === line);
  if (edge === undefined) {
    edge = { from, to, line, weights: [] };
    between.push(edge);
    collected.edges.push(edge);
  }
  return edge;
}

/** Adds one path of a sample's packet. The share of a client that comes back is nobody's: it goes where it went before. */
export function addPath(collected: CollectedPaths, entryId: string, sample: number, path: PacketPath): void {
  const start = entryOf(collected, entryId);
  const weight = path.isReturning ? 0 : path.probability;
  raise(start.weights, sample, weight);
  const counted: CollectedNode[] = [];
  const pass = (from: CollectedNode, to: CollectedNode, line: number | null): void => {
    const edge = edgeOf(collected, from, to, line);
    if (path.isReturning) return;
    raise(edge.weights, sample, weight);
    if (counted.includes(to)) return;
    counted.push(to);
    raise(to.weights, sample, weight);
  };
  for (const { from, chain, line } of path.visits) {
    pass(from === null ? start : chainNode(collected, from), chainNode(collected, chain), line);
  }
  const to = endNode(collected, path.end);
  const from = path.from === null ? start : chainNode(collected, path.from);
  pass(from, to, path.endLine);
  if (!path.isReturning) raise(from.ended, sample, weight);
}
