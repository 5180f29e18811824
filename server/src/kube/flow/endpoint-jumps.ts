/** Jumps of one chain to the chains of endpoints, folded by the node that their Pods are on where there are more than can be read. */
import { counted } from '../../base/counted.ts';
import { type Steps, statementsBetweenPauses } from '../../base/steps.ts';
import { rulesInOrder } from '../../netfilter/rule-order.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import type { Chain } from '../../ruleset/ruleset.ts';
import type { RuleStatement } from '../../syntax/statement.ts';
import type { ChainEndpoint, ChainService, Resolution } from '../identity/chain-identity.ts';
import { portName } from '../identity/chain-names.ts';
import { packetsOfAll } from './counters.ts';
import { emptyNode, type FlowEdge, type FlowNode, unreadyWords } from './graph.ts';
import { podRef } from './nodes.ts';
import type { FoldedJumps } from './service-jumps.ts';

/** So many endpoints are drawn one by one. */
const mostFollowed = 30;
/** It changes a packet and lets it go on. */
const markChain = 'KUBE-MARK-MASQ';

interface EndpointJump {
  /** 0-based. */
  readonly line: number;
  readonly endpoint: ChainEndpoint | null;
  readonly service: ChainService | null;
  /** Of the packets that come to the chain, all earlier rules considered; null where a condition decides. */
  readonly share: number | null;
}

/** What a rule asks in words, and the chance that it states itself; null for none. */
export interface RuleWords {
  conditionOf(rule: RuleStatement): string;
  chanceOf(rule: RuleStatement): number | null;
}

function* jumpsToEndpoints(resolution: Resolution, chain: Chain, words: RuleWords): Steps<readonly EndpointJump[]> {
  const jumps: EndpointJump[] = [];
  let left: number | null = 1;
  for (const [at, line] of rulesInOrder(resolution.ruleset, chain).entries()) {
    if (at % statementsBetweenPauses === statementsBetweenPauses - 1) yield;
    const name = resolution.ruleset.lines.at(line)?.target ?? '';
    const target = chain.table.chains.get(name);
    const identity = target === undefined ? undefined : resolution.chain(target);
    if (identity?.role !== 'endpoint') {
      // Who knows what it leaves.
      if (name !== markChain) left = null;
      continue;
    }
    const rule = ruleAt(resolution.ruleset, line);
    const isChance: boolean = rule !== undefined && words.conditionOf(rule) === '';
    const share: number | null = rule === undefined || !isChance || left === null ? null : left * (words.chanceOf(rule) ?? 1);
    if (share !== null && left !== null) left -= share;
    jumps.push({ line, endpoint: identity.endpoint, service: identity.service, share });
  }
  return jumps;
}

function placeOf({ endpoint }: EndpointJump): string {
  const pod = endpoint?.pod ?? null;
  return pod === null ? 'no known Pod' : (pod.node ?? 'node not known');
}

function byPlace(jumps: readonly EndpointJump[]): ReadonlyMap<string, readonly EndpointJump[]> {
  const places = new Map<string, EndpointJump[]>();
  for (const jump of jumps) {
    const known = places.get(placeOf(jump));
    if (known === undefined) places.set(placeOf(jump), [jump]);
    else known.push(jump);
  }
  return places;
}

/** The endpoints on a node in one box, which leads to the flow of their Service, where all are of one. */
function groupOf(resolution: Resolution, from: string, place: string, jumps: readonly EndpointJump[]) {
  const id = `endpoints:${from}:${place}`;
  const lines = jumps.map(({ line }) => line);
  const packets = packetsOfAll(resolution.ruleset, lines);
  const chains = new Set(lines.map((line) => resolution.ruleset.lines.at(line)?.target));
  const services = new Set(
    jumps.map(({ service }) => (service === null ? '' : portName(service.namespace, service.name, service.port))),
  );
  const [to = ''] = services.size === 1 ? services : [];
  const unready = unreadyWords(jumps.map(({ endpoint }) => podRef(endpoint?.pod ?? null)));
  const detail = [counted(chains.size, 'endpoint'), ...unready].join(', ');
  const node: FlowNode = { ...emptyNode(id, 'host', place, detail), packets, ...(to === '' ? {} : { to }) };
  const shares = jumps.flatMap(({ share }) => share ?? []);
  const probability =
    shares.length === 0
      ? null
      : Math.min(
          1,
          shares.reduce((sum, share) => sum + share, 0),
        );
  // Without a rule of its own: boxes stand in the order in which their first endpoints do.
  const edge: FlowEdge = { from, to: id, line: null, rule: null, probability, condition: counted(lines.length, 'jump'), packets };
  return { node, edge };
}

/**
 * The jumps of a chain to endpoints, where they are so many that its graph could not be read with a box for each chain; undefined where they are
 * few, and each is to be followed.
 * @param from the id of the chain's node
 */
export function* foldedEndpoints(
  resolution: Resolution,
  chain: Chain,
  from: string,
  words: RuleWords,
): Steps<FoldedJumps | undefined> {
  if (chain.rules.length <= mostFollowed) return undefined;
  const jumps = yield* jumpsToEndpoints(resolution, chain, words);
  const chains = new Set(jumps.map(({ line }) => resolution.ruleset.lines.at(line)?.target));
  if (chains.size <= mostFollowed) return undefined;
  const drawn = [...byPlace(jumps)].map(([place, own]) => groupOf(resolution, from, place, own));
  return {
    lines: new Set(jumps.map(({ line }) => line)),
    nodes: drawn.map(({ node }) => node),
    edges: drawn.map(({ edge }) => edge),
    remark: `${chain.name} has ${counted(jumps.length, 'jump')} to ${counted(chains.size, 'endpoint')}, folded by node.`,
  };
}
