/** Jumps of one chain to the chains of Services, folded by Service or by namespace where there are more than can be read. */
import { compareNames } from '../../base/compare-names.ts';
import { counted } from '../../base/counted.ts';
import { chainRequest } from '../../base/flow-request.ts';
import { type Steps, statementsBetweenPauses } from '../../base/steps.ts';
import { rulesInOrder } from '../../netfilter/rule-order.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import type { Chain } from '../../ruleset/ruleset.ts';
import { ruleText } from '../../syntax/saved-layout.ts';
import type { RuleStatement } from '../../syntax/statement.ts';
import type { Resolution } from '../identity/chain-identity.ts';
import { portName } from '../identity/chain-names.ts';
import { packetsOf, packetsOfAll } from './counters.ts';
import { emptyNode, type FlowEdge, type FlowNode } from './graph.ts';

/** With chains of so many Services each chain is drawn and followed; of more, Services stand for their chains. */
const mostFollowed = 30;
/** So many Services are drawn one by one. */
const mostDrawn = 100;

/** What of a chain's Services is asked for: those of a namespace, or some of those, counted from 1 by so many at a time. */
export interface ServicesPart {
  readonly namespace: string;
  readonly page: number | null;
}

interface ServiceJumps {
  readonly namespace: string;
  readonly name: string;
  /** Rules that jump to its chains, 0-based. */
  readonly lines: number[];
}

/** The jumps of a chain that are drawn folded. */
export interface FoldedJumps {
  /** 0-based; all that lead to some Service, whether it is drawn or not. */
  readonly lines: ReadonlySet<number>;
  readonly nodes: readonly FlowNode[];
  readonly edges: readonly FlowEdge[];
  /** In a sentence; empty where every Service has a box of its own. */
  readonly remark: string;
}

// node-2 before node-10.

function* jumpsByService(resolution: Resolution, chain: Chain): Steps<readonly ServiceJumps[]> {
  const services = new Map<string, ServiceJumps>();
  let read = 0;
  for (const line of rulesInOrder(resolution.ruleset, chain)) {
    read += 1;
    if (read % statementsBetweenPauses === 0) yield;
    const target = chain.table.chains.get(resolution.ruleset.lines.at(line)?.target ?? '');
    const service = target === undefined ? null : resolution.chain(target).service;
    if (service === null) continue;
    const key = portName(service.namespace, service.name, '');
    const known = services.get(key);
    if (known !== undefined) known.lines.push(line);
    else services.set(key, { namespace: service.namespace, name: service.name, lines: [line] });
  }
  return [...services.values()].sort(
    (a, b) => compareNames(a.namespace, b.namespace) || compareNames(a.name, b.name) || (a.name < b.name ? -1 : 1),
  );
}

/** Several Services in one box, with what asks for them. */
function groupOf(resolution: Resolution, from: string, id: string, label: string, to: string, services: readonly ServiceJumps[]) {
  const lines = services.flatMap((service) => service.lines);
  const packets = packetsOfAll(resolution.ruleset, lines);
  const node: FlowNode = { ...emptyNode(id, 'namespace', label, counted(services.length, 'Service')), to, packets };
  // Without a rule of its own: boxes stand in the order of their names.
  const edge: FlowEdge = {
    from,
    to: id,
    line: null,
    rule: null,
    probability: null,
    condition: counted(lines.length, 'jump'),
    packets,
  };
  return { node, edges: [edge] };
}

/** One Service with an edge for each of its jumps. */
function serviceOf(resolution: Resolution, from: string, { namespace, name, lines }: ServiceJumps, conditionOf: ConditionOf) {
  const { ruleset } = resolution;
  const to = portName(namespace, name, '');
  const id = `service:${from}:${to}`;
  const service = { namespace, name, port: '', portNumber: null, protocol: '', clusterIP: null };
  const own = emptyNode(id, 'listed-service', to, counted(lines.length, 'jump'));
  const node: FlowNode = { ...own, to, service, line: (lines[0] ?? 0) + 1, packets: packetsOfAll(resolution.ruleset, lines) };
  const edges = lines.map((line): FlowEdge => {
    const source = ruleset.lines.at(line);
    const rule = source?.kind === 'rule' ? ruleText(source) : null;
    const packets = packetsOf(ruleset, line);
    return { from, to: id, line: line + 1, rule, probability: null, condition: conditionOf(line), packets };
  });
  return { node, edges };
}

/** What a rule (its line, 0-based) asks, in a few words. */
type ConditionOf = (line: number) => string;

/** One after the other, so many at a time. */
function pagesOf(services: readonly ServiceJumps[]): readonly (readonly ServiceJumps[])[] {
  const pages: (readonly ServiceJumps[])[] = [];
  for (let from = 0; from < services.length; from += mostDrawn) pages.push(services.slice(from, from + mostDrawn));
  return pages;
}

function byNamespace(services: readonly ServiceJumps[]): ReadonlyMap<string, readonly ServiceJumps[]> {
  const namespaces = new Map<string, ServiceJumps[]>();
  for (const service of services) {
    const known = namespaces.get(service.namespace);
    if (known === undefined) namespaces.set(service.namespace, [service]);
    else known.push(service);
  }
  return namespaces;
}

/**
 * The jumps of a chain to Services, where they are so many that its graph could not be read with a box for each chain; undefined where they are
 * few, and each is to be followed.
 * @param from the id of the chain's node
 * @param depth that the parts are asked for with
 * @param part null: all of them
 */
export function* foldedJumps(
  resolution: Resolution,
  chain: Chain,
  from: string,
  depth: number,
  part: ServicesPart | null,
  conditionOf: (rule: RuleStatement) => string,
): Steps<FoldedJumps | undefined> {
  // Most chains have few rules, and are not read for this.
  if (chain.rules.length <= mostFollowed) return undefined;
  const all = yield* jumpsByService(resolution, chain);
  if (all.length <= mostFollowed) return undefined;
  const lines = new Set(all.flatMap((service) => service.lines));
  const condition: ConditionOf = (line) => {
    const rule = ruleAt(resolution.ruleset, line);
    return rule === undefined ? '' : conditionOf(rule);
  };
  const namespaces = byNamespace(all);
  const only = namespaces.size === 1 ? all[0]?.namespace : undefined;
  const namespace = part?.namespace ?? only;
  const asked = namespace === undefined ? all : (namespaces.get(namespace) ?? []);
  const request = (name: string, page: number | null): string =>
    chainRequest(chain.table.name, chain.name, depth, { namespace: name, page });
  const together = (
    drawn: readonly { readonly node: FlowNode; readonly edges: readonly FlowEdge[] }[],
    how: string,
  ): FoldedJumps => ({
    lines,
    nodes: drawn.map(({ node }) => node),
    edges: drawn.flatMap(({ edges }) => edges),
    remark: how,
  });
  const total = `${counted(lines.size, 'jump')} to ${counted(all.length, 'Service')}`;
  const pages = pagesOf(asked);
  const page = part?.page == null ? undefined : pages[part.page - 1];
  const listed = page ?? (asked.length <= mostDrawn ? asked : undefined);
  if (listed !== undefined) {
    const drawn: ReturnType<typeof serviceOf>[] = [];
    for (const service of listed) {
      drawn.push(serviceOf(resolution, from, service, condition));
      yield;
    }
    const isAll = listed.length === all.length;
    return together(drawn, isAll ? '' : `${chain.name} has ${total}, of which ${counted(listed.length, 'Service')} are drawn.`);
  }
  if (namespace === undefined) {
    const drawn: ReturnType<typeof groupOf>[] = [];
    for (const [name, services] of namespaces) {
      drawn.push(groupOf(resolution, from, `services:${from}:${name}`, name, request(name, null), services));
      yield;
    }
    return together(drawn, `${chain.name} has ${total}, folded by namespace.`);
  }
  const drawn = pages.map((services, at) => {
    const label = `${services[0]?.name} to ${services.at(-1)?.name}`;
    return groupOf(resolution, from, `services:${from}:${namespace}:${at + 1}`, label, request(namespace, at + 1), services);
  });
  return together(drawn, `${chain.name} has ${total}; those of namespace ${namespace} are folded by name.`);
}
