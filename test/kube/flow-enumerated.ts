import { expect } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { flowGraph } from '../../server/src/kube/flow/build-flow.ts';
import type { Frontend } from '../../server/src/kube/flow/frontends.ts';
import type { FlowGraph } from '../../server/src/kube/flow/graph.ts';
import { ownAddresses, packetSources } from '../../server/src/kube/flow/packet-sources.ts';
import type { FlowTargetSpec } from '../../server/src/kube/flow/target.ts';
import type { Resolution } from '../../server/src/kube/identity/chain-identity.ts';
import { enumerateSteps } from '../../server/src/netfilter/enumerate.ts';
import type { Outcome } from '../../server/src/netfilter/outcome.ts';
import type { Packet } from '../../server/src/netfilter/packet.ts';

function isReturning(outcome: Outcome): boolean {
  for (let assumed = outcome.assumed; assumed !== null; assumed = assumed.previous) {
    if (assumed.holds && assumed.fact.about === 'recent') return true;
  }
  return false;
}

/** Where new connections of one packet end, by enumerating the whole ruleset: "accept 10.0.0.1:80" or "drop KUBE-X", with shares. */
function enumeratedEnds(resolution: Resolution, frontend: Frontend, packet: Packet): ReadonlyMap<string, number> {
  const { outcomes } = runToEnd(
    enumerateSteps(resolution.ruleset, packet, {
      dump: frontend.dump,
      isLocal: ownAddresses(resolution, frontend.dump),
      decide: (fact) => (fact.about === 'recent' ? undefined : fact.likely),
    }),
  );
  const ends = new Map<string, number>();
  for (const outcome of outcomes) {
    if (isReturning(outcome)) continue;
    const { destination, dport } = outcome.packet;
    const key =
      outcome.verdict === 'accept' ? `accept ${destination.text} ${dport}` : `${outcome.verdict} ${outcome.last?.chain.name}`;
    ends.set(key, (ends.get(key) ?? 0) + outcome.probability);
  }
  return ends;
}

/** The same, as the graph says it for one entry and source. */
function drawnEnds(graph: FlowGraph, frontend: Frontend, entry: string, words: string): ReadonlyMap<string, number> {
  const route = graph.routes?.find((each) => each.entry === entry && each.origins.some((source) => source.words === words));
  if (route === undefined) throw new Error(`no route from ${words} to ${entry}`);
  const ends = new Map<string, number>();
  const leaves = new Set(graph.nodes.map((node) => node.id));
  for (const edge of graph.edges) leaves.delete(edge.from);
  for (const node of graph.nodes) {
    const share = route.ends === null ? node.shares[entry] : route.ends[node.id];
    if (!leaves.has(node.id) || share === undefined || share === 0) continue;
    const at = node.address ?? '';
    const colon = at.lastIndexOf(':');
    const verdict = node.label.toLowerCase();
    const key =
      node.kind !== 'verdict'
        ? `accept ${at.slice(0, colon).replace(/[[\]]/g, '')} ${at.slice(colon + 1)}`
        : verdict === 'accept' || verdict === 'not redirected'
          ? `accept ${frontend.ip} ${frontend.port}`
          : `${verdict} ${node.chain}`;
    ends.set(key, (ends.get(key) ?? 0) + share);
  }
  return ends;
}

function expectSame(drawn: ReadonlyMap<string, number>, enumerated: ReadonlyMap<string, number>, what: string): void {
  expect([...drawn.keys()].sort(), what).toEqual([...enumerated.keys()].sort());
  for (const [key, share] of enumerated) expect(drawn.get(key), `${what}: ${key}`).toBeCloseTo(share, 9);
}

/** Every entry of a flow, from every place that it tells apart. Returns how many were compared. */
export function compareFlow(resolution: Resolution, target: FlowTargetSpec, frontends: readonly Frontend[]): number {
  const answer = flowGraph(resolution, target);
  if (!answer.ok) throw new Error(answer.reason);
  const { graph } = answer;
  let compared = 0;
  for (const entry of graph.entries) {
    const frontend = frontends.find(
      (each) => each.kind === entry.kind && each.ip === entry.ip && each.port === entry.port && each.protocol === entry.protocol,
    );
    if (frontend === undefined) {
      // Only the cluster has it: no rule leads anywhere.
      expect(graph.nodes.find((node) => node.id === entry.id)?.drift, entry.label).toBe('missing');
      continue;
    }
    for (const source of packetSources(resolution, frontend)) {
      const local = { ...frontend, ip: source.packet.destination.text };
      expectSame(
        drawnEnds(graph, local, entry.id, source.words),
        enumeratedEnds(resolution, frontend, source.packet),
        `${graph.title}, ${entry.label} from ${source.words}`,
      );
      compared += 1;
    }
  }
  return compared;
}
