/** Collects ways into nodes and edges, with how often each was passed by the packets from each place. */
import { hostPort } from '../../base/ip.ts';
import type { IPAddress } from '../../netfilter/packet.ts';
import type { Chain } from '../../ruleset/ruleset.ts';
import type { FlowNodeKind } from './graph.ts';
import { drawnKind, type WalkedWay, type WayEnd } from './packet-paths.ts';

/** By sample; a hole is 0. */
export type Weights = (number | undefined)[];

export interface NodeDraft {
  readonly id: string;
  readonly kind: FlowNodeKind;
  /** null for an entry, an address and a packet that goes on as it is. */
  readonly chain: Chain | null;
  readonly end: WayEnd | null;
  /** The probability that a new connection comes by, by sample. */
  readonly weights: Weights;
  /** That its way ends from here; where that is less, packets come back from the chain and meet the next rule. */
  readonly ended: Weights;
  readonly out: Map<NodeDraft, EdgeDraft[]>;
}

export interface EdgeDraft {
  readonly from: NodeDraft;
  readonly to: NodeDraft;
  /** 0-based. */
  readonly line: number | null;
  readonly weights: Weights;
}

export interface FlowDraft {
  readonly nodes: ReadonlyMap<string, NodeDraft>;
  /** As first met. */
  readonly edges: readonly EdgeDraft[];
  add(entry: string, sample: number, way: WalkedWay): void;
  /** The node of an entry, even if no packet was sent from it. */
  entry(id: string): NodeDraft;
}

/** The same for the same chain after an edit; dumps after the first have their number in front. */
export function chainId(chain: Chain): string {
  const { table } = chain;
  return `${table.dump.index === 0 ? '' : `${table.dump.index}:`}${table.name}:${chain.name}`;
}

function endId(end: WayEnd): string {
  switch (end.kind) {
    case 'address': {
      const { destination, dport, protocol } = end.packet;
      return `address:${dport === null ? destination.text : hostPort(destination.text, dport)}/${protocol}`;
    }
    case 'verdict':
      return `verdict:${end.verdict}:${chainId(end.chain)}${end.isPolicy ? ':policy' : ''}`;
    case 'missing':
      return `missing:${chainId(end.chain)}`;
    case 'unchanged':
      return `unchanged:${end.packet.destination.text}:${end.packet.dport}/${end.packet.protocol}`;
  }
}

function raise(weights: Weights, sample: number, by: number): void {
  weights[sample] = (weights[sample] ?? 0) + by;
}

export function createFlowDraft(): FlowDraft {
  const nodes = new Map<string, NodeDraft>();
  const edges: EdgeDraft[] = [];
  const byChain = new Map<Chain, NodeDraft>();

  function node(id: string, kind: FlowNodeKind, chain: Chain | null, end: WayEnd | null): NodeDraft {
    let draft = nodes.get(id);
    if (draft === undefined) {
      draft = { id, kind, chain, end, weights: [], ended: [], out: new Map() };
      nodes.set(id, draft);
    }
    return draft;
  }

  function chainNode(chain: Chain): NodeDraft {
    let draft = byChain.get(chain);
    if (draft === undefined) {
      draft = node(chainId(chain), drawnKind(chain) ?? 'chain', chain, null);
      byChain.set(chain, draft);
    }
    return draft;
  }

  function edge(from: NodeDraft, to: NodeDraft, line: number | null): EdgeDraft {
    let between = from.out.get(to);
    if (between === undefined) {
      between = [];
      from.out.set(to, between);
    }
    // Packets come to a dispatcher by several hooks: that is one edge.
    const isOne = from.kind === 'entry' && to.kind === 'dispatch';
    let draft = between.find((candidate) => isOne || candidate.line === line);
    if (draft === undefined) {
      draft = { from, to, line, weights: [] };
      between.push(draft);
      edges.push(draft);
    }
    return draft;
  }

  const byTarget = new Map<IPAddress, NodeDraft>();

  /** DNAT's own address object is one for all packets that its rule redirects, which spares making the name thousands of times. */
  function endNode(end: WayEnd, kind: FlowNodeKind): NodeDraft {
    if (end.kind === 'unchanged') return node(endId(end), kind, null, end);
    if (end.kind !== 'address') return node(endId(end), kind, end.chain, end);
    const { destination, dport } = end.packet;
    const known = byTarget.get(destination);
    if (known?.end?.kind === 'address' && known.end.packet.dport === dport) return known;
    const made = node(endId(end), kind, end.chain, end);
    byTarget.set(destination, made);
    return made;
  }

  const entry = (id: string): NodeDraft => node(id, 'entry', null, null);

  return {
    nodes,
    edges,
    entry,
    add: (entryId, sample, way) => {
      const start = entry(entryId);
      // The share of a client that comes back is nobody's: it goes where it went before.
      const weight = way.isReturning ? 0 : way.probability;
      raise(start.weights, sample, weight);
      const counted: NodeDraft[] = [];
      const pass = (from: NodeDraft, to: NodeDraft, line: number | null): void => {
        const draft = edge(from, to, line);
        if (way.isReturning) return;
        raise(draft.weights, sample, weight);
        if (counted.includes(to)) return;
        counted.push(to);
        raise(to.weights, sample, weight);
      };
      for (const visit of way.visits) {
        pass(visit.from === null ? start : chainNode(visit.from), chainNode(visit.chain), visit.line);
      }
      const { end } = way;
      const kind = end.kind === 'address' ? 'address' : 'verdict';
      const to = endNode(end, kind);
      const from = way.from === null ? start : chainNode(way.from);
      pass(from, to, way.endLine);
      if (!way.isReturning) raise(from.ended, sample, weight);
    },
  };
}
