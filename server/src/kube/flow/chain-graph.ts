/** Who jumps where from one chain on: for chains that are not kube-proxy's, where no single Service is the question. */

import { counted } from '../../base/counted.ts';
import { nearestNames } from '../../base/nearest-names.ts';
import { runToEnd, type Steps, statementsBetweenPauses } from '../../base/steps.ts';
import { knowOrders, orderOf, policyOf, rulesInOrder } from '../../netfilter/rule-order.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import type { Chain, Ruleset } from '../../ruleset/ruleset.ts';
import { ruleText } from '../../syntax/saved-layout.ts';
import type { RuleStatement } from '../../syntax/statement.ts';
import type { Resolution } from '../identity/chain-identity.ts';
import { chainTitle } from '../identity/titles.ts';
import { protocolOf } from '../proxy/rule-values.ts';
import { affinityCondition, destinationCondition, sourceCondition } from './conditions.ts';
import { packetsOf, packetsOfAllSteps } from './counters.ts';
import { foldedEndpoints } from './endpoint-jumps.ts';
import { emptyNode, type FlowEdge, type FlowGraph, type FlowNode, type FlowNote } from './graph.ts';
import { foldedJumps, type ServicesPart } from './service-jumps.ts';

const mostNodes = 2000;
const mostEdges = 6000;
const mostDepth = 64;
/** Targets that end a packet's way through the table, or send it elsewhere. Others only note or change something. */
const verdicts: ReadonlySet<string> = new Set([
  'ACCEPT',
  'DROP',
  'REJECT',
  'RETURN',
  'DNAT',
  'SNAT',
  'MASQUERADE',
  'REDIRECT',
  'NETMAP',
  'NFQUEUE',
  'QUEUE',
  'TPROXY',
]);

/** Matches whose condition is said elsewhere, or is none. */
const saysNothing: ReadonlySet<string> = new Set(['comment', 'nfacct', 'statistic']);
const stateOptions: ReadonlySet<string> = new Set(['--ctstate', '--state']);

/** What a rule asks, in a few words: "tcp to port 22, from 10.0.0.0/8"; empty for every packet. */
export function ruleCondition(rule: RuleStatement): string {
  const protocol = protocolOf(rule) || exceptProtocol(rule);
  const destination = destinationCondition(rule);
  const states = rule.options.find((option) => stateOptions.has(option.name));
  const parts = [
    [protocol, destination].filter((part) => part !== '').join(' '),
    sourceCondition(rule),
    states === undefined ? '' : `${states.negation === undefined ? '' : 'not '}${states.values[0]?.text ?? ''}`,
  ].filter((part) => part !== '');
  return [...parts, ...otherConditions(rule)].join(', ');
}

/** "not tcp" of a rule that asks for any other protocol. */
function exceptProtocol({ options }: RuleStatement): string {
  const asked = options.find(({ name }) => name === '--protocol');
  return asked?.negation === undefined ? '' : `not ${asked.values[0]?.text ?? ''}`;
}

/** Options of which a condition is made in other words. */
const saidOtherwise: ReadonlySet<string> = new Set([
  ...['--protocol', '--source', '--src-range', '--src-type', '--in-interface', '--out-interface', '--match-set'],
  ...['--mark', '--physdev-is-in', '--destination', '--destination-port', '--destination-ports', '--ctstate', '--state'],
]);
const mostOthers = 3;

/** What else a rule asks, in iptables' own words: "limit 1/min"; what nobody understood as it stands there. */
function otherConditions(rule: RuleStatement): readonly string[] {
  const affinity = affinityCondition(rule);
  const others = rule.options.filter(({ name, instance, spec }) => {
    if (affinity !== undefined && spec?.extension?.name === 'recent') return false;
    if (instance === -1 || saidOtherwise.has(name)) return false;
    return instance !== 0 || name === '--fragment' ? !saysNothing.has(spec?.extension?.name ?? '') : false;
  });
  const words = others.slice(0, mostOthers).map(({ name, negation, values }) => {
    if (name === '--dst-type') {
      const where = values[0]?.text === 'LOCAL' ? 'this node' : `${values[0]?.text} addresses`;
      return `${negation === undefined ? 'to' : 'unless to'} ${where}`;
    }
    const own = [name.replace(/^--?/, ''), ...values.map(({ text }) => text)].filter((part) => part !== '').join(' ');
    return negation === undefined ? own : `not ${own}`;
  });
  const more = others.length - mostOthers;
  return [
    ...(affinity === undefined || affinity === '' ? [] : [affinity]),
    ...words,
    ...(more > 0 ? [counted(more, 'more condition')] : []),
  ];
}

/** A chance that the rule itself states, all earlier rules aside. */
function chanceOf(rule: RuleStatement): number | null {
  const value = Number.parseFloat(rule.options.find((option) => option.name === '--probability')?.values[0]?.text ?? '');
  return value >= 0 && value <= 1 ? value : null;
}

function chainKey(chain: Chain): string {
  return `chain:${chain.table.index}:${chain.table.name}:${chain.name}`;
}

function* chainNode(resolution: Resolution, chain: Chain, isCut: boolean): Steps<FlowNode> {
  const { ruleset } = resolution;
  const declared = chain.declarations[0] ?? chain.rules[0] ?? chain.references[0];
  const count = rulesInOrder(ruleset, chain).length;
  const rules = counted(count, 'rule');
  const title = chainTitle(resolution, chain);
  const parts = [
    title,
    chain.builtin ? `policy ${policyOf(ruleset, chain).verdict.toUpperCase()}` : '',
    rules,
    isCut ? 'not followed further' : '',
  ];
  return {
    ...emptyNode(chainKey(chain), 'chain', chain.name, parts.filter((part) => part !== '').join(', ')),
    table: chain.table.name,
    chain: chain.name,
    line: declared === undefined ? null : declared + 1,
    packets: yield* packetsOfAllSteps(ruleset, chain.references),
  };
}

interface Target {
  readonly key: string;
  readonly label: string;
  readonly detail: string;
}

/** The verdict node that a rule leads to; undefined where its target lets the packet go on to the next rule. */
function verdictOf(rule: RuleStatement, chain: Chain): Target | undefined {
  const name = rule.target?.text ?? '';
  if (!verdicts.has(name)) return undefined;
  const where = rule.options.find((option) => option.name === '--to-destination' || option.name === '--to-source')?.values[0]
    ?.text;
  const answer = rule.options.find((option) => option.name === '--reject-with')?.values[0]?.text;
  const detail = where ?? answer ?? '';
  // RETURN goes back to whoever jumped here, so that each chain has its own.
  const own = name === 'RETURN' ? chainKey(chain) : chain.table.name;
  return { key: `verdict:${own}:${name}:${detail}`, label: name, detail };
}

export type ChainGraphAnswer =
  | { readonly ok: true; readonly graph: FlowGraph }
  /** One sentence: which table or chain there is not, and the nearest names. */
  | { readonly ok: false; readonly reason: string };

/** What is gathered from one chain on. */
interface Walk {
  readonly resolution: Resolution;
  readonly nodes: Map<string, FlowNode>;
  readonly edges: FlowEdge[];
  /** Over how many jumps a chain is reached. */
  readonly levels: Map<Chain, number>;
  readonly waiting: Chain[];
  readonly depth: number;
  readonly part: ServicesPart | null;
  /** How jumps to Services and endpoints are folded, in sentences. */
  readonly remarks: string[];
  /** Jumps and verdicts that found no room. */
  left: number;
  read: number;
}

function addEdge(walk: Walk, from: Chain, to: string, line: number | null, condition: string, probability: number | null): void {
  const { ruleset } = walk.resolution;
  if (walk.edges.length >= mostEdges) {
    walk.left += 1;
    return;
  }
  const source = line === null ? undefined : ruleset.lines.at(line);
  walk.edges.push({
    from: chainKey(from),
    to,
    line: line === null ? null : line + 1,
    rule: source?.kind === 'rule' ? ruleText(source) : null,
    probability,
    condition,
    packets: packetsOf(ruleset, line),
  });
}

/** Makes sure that a chain which a rule jumps to is drawn; false where there is no room for it. */
function enter(walk: Walk, target: Chain, level: number): boolean {
  if (walk.levels.has(target)) return true;
  if (walk.levels.size >= mostNodes) {
    walk.left += 1;
    return false;
  }
  walk.levels.set(target, level);
  walk.waiting.push(target);
  return true;
}

function* follow(walk: Walk, chain: Chain, level: number): Steps<void> {
  const { ruleset } = walk.resolution;
  const part = level === 0 ? walk.part : null;
  const { resolution } = walk;
  const folded =
    (yield* foldedJumps(resolution, chain, chainKey(chain), walk.depth, part, ruleCondition)) ??
    (yield* foldedEndpoints(resolution, chain, chainKey(chain), { conditionOf: ruleCondition, chanceOf }));
  for (const line of rulesInOrder(ruleset, chain)) {
    if (folded?.lines.has(line) === true) continue;
    const rule = ruleAt(ruleset, line);
    walk.read += 1;
    if (walk.read % statementsBetweenPauses === 0) yield;
    if (rule === undefined) continue;
    const target = chain.table.chains.get(rule.target?.text ?? '');
    if (target !== undefined) {
      if (enter(walk, target, level + 1)) addEdge(walk, chain, chainKey(target), line, ruleCondition(rule), chanceOf(rule));
      continue;
    }
    const verdict = verdictOf(rule, chain);
    if (verdict === undefined) continue;
    if (!walk.nodes.has(verdict.key)) {
      walk.nodes.set(verdict.key, {
        ...emptyNode(verdict.key, 'verdict', verdict.label, verdict.detail),
        table: chain.table.name,
        line: line + 1,
      });
    }
    addEdge(walk, chain, verdict.key, line, ruleCondition(rule), chanceOf(rule));
  }
  if (folded !== undefined) {
    for (const node of folded.nodes) walk.nodes.set(node.id, node);
    walk.edges.push(...folded.edges);
    if (folded.remark !== '') walk.remarks.push(folded.remark);
  }
  if (chain.builtin) addPolicy(walk, chain);
}

/** The policy of a built-in chain. No rule leads there, so that it stands behind all rules. */
function addPolicy(walk: Walk, chain: Chain): void {
  const policy = policyOf(walk.resolution.ruleset, chain);
  const key = `policy:${chainKey(chain)}`;
  const line = policy.line === null ? null : policy.line + 1;
  const verdict = emptyNode(key, 'verdict', policy.verdict.toUpperCase(), 'policy');
  walk.nodes.set(key, { ...verdict, table: chain.table.name, chain: chain.name, line });
  addEdge(walk, chain, key, null, 'otherwise', null);
}

/** Whether a rule of a chain jumps to another. */
function* leadsOn(ruleset: Ruleset, chain: Chain): Steps<boolean> {
  for (const [at, line] of rulesInOrder(ruleset, chain).entries()) {
    if (chain.table.chains.has(ruleset.lines.at(line)?.target ?? '')) return true;
    if (at % looksBetweenPauses === looksBetweenPauses - 1) yield;
  }
  return false;
}

const looksBetweenPauses = 2_048;

function* graphFrom(resolution: Resolution, start: Chain, depth: number, part: ServicesPart | null): Steps<FlowGraph> {
  const { ruleset, cluster } = resolution;
  const walk: Walk = {
    resolution,
    nodes: new Map(),
    edges: [],
    levels: new Map([[start, 0]]),
    waiting: [start],
    depth,
    part,
    remarks: [],
    left: 0,
    read: 0,
  };
  yield* knowOrders(ruleset);
  for (let at = 0; at < walk.waiting.length; at += 1) {
    const chain = walk.waiting[at];
    if (chain === undefined) break;
    const level = walk.levels.get(chain) ?? 0;
    yield* orderOf(ruleset, chain);
    // At the last level the verdicts of a chain that leads nowhere else still are to be seen.
    const isCut = level >= depth && (yield* leadsOn(ruleset, chain));
    walk.nodes.set(chainKey(chain), yield* chainNode(resolution, chain, isCut));
    if (!isCut) yield* follow(walk, chain, level);
  }
  const cut = `The graph is cut: ${walk.left} more jumps and verdicts are left out.`;
  const notes: readonly FlowNote[] = [
    ...(walk.left === 0 ? [] : [{ severity: 'warning' as const, message: cut, line: null }]),
    ...walk.remarks.map((message): FlowNote => ({ severity: 'info', message, line: null })),
  ];
  return {
    title: `${start.name} (${start.table.name})${part === null ? '' : `, ${part.namespace}${part.page === null ? '' : ` ${part.page}`}`}`,
    entries: [],
    nodes: [...walk.nodes.values()],
    edges: walk.edges.filter((edge) => walk.nodes.has(edge.from) && walk.nodes.has(edge.to)),
    notes,
    source: cluster.source.label,
  };
}

/**
 * The chains that a chain leads to, over at most `depth` jumps (1 to 64), with the verdicts on the way. A chain is one node
 * however many jumps lead to it, so that loops end. Chains at the last level are drawn and not followed. Lines are 1-based.
 * Of several dumps in one file the first that has the chain counts. `part` are the Services that are drawn where the chain leads to very many.
 */
export function* chainGraphSteps(
  resolution: Resolution,
  table: string,
  chain: string,
  depth: number,
  part: ServicesPart | null = null,
): Steps<ChainGraphAnswer> {
  const tables = resolution.ruleset.tables.filter((candidate) => candidate.name === table);
  const [first] = tables;
  if (first === undefined) {
    const names = [...new Set(resolution.ruleset.tables.map((candidate) => candidate.name))];
    return { ok: false, reason: `The dump has no table ${table}; it has ${names.join(', ') || 'none'}.` };
  }
  const start = tables.map((candidate) => candidate.chains.get(chain)).find((candidate) => candidate !== undefined);
  if (start === undefined) {
    const near = nearestNames(chain, first.chains.keys());
    const hint = near.length === 0 ? '' : ` Did you mean ${near.join(' or ')}?`;
    return { ok: false, reason: `Table ${table} has no chain ${chain}.${hint}` };
  }
  const levels = Math.min(Math.max(Math.trunc(depth) || 1, 1), mostDepth);
  return { ok: true, graph: yield* graphFrom(resolution, start, levels, part) };
}

/** The same without pauses. */
export function chainGraph(resolution: Resolution, table: string, chain: string, depth: number): ChainGraphAnswer {
  return runToEnd(chainGraphSteps(resolution, table, chain, depth));
}
