/** Who jumps where from one chain on: for chains that are not kube-proxy's, where no single Service is the question. */

import { nearestNames } from '../../base/nearest-names.ts';
import { runToEnd, type Steps } from '../../base/steps.ts';
import { ruleText } from '../../netfilter/compiled-rule.ts';
import { policyOf, rulesInOrder } from '../../netfilter/rule-order.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import type { Chain } from '../../ruleset/ruleset.ts';
import type { RuleStatement } from '../../syntax/statement.ts';
import type { Resolution } from '../identity/resolve.ts';
import { chainTitle } from '../identity/titles.ts';
import { protocolOf } from '../proxy/rule-values.ts';
import { destinationCondition, sourceCondition } from './conditions.ts';
import { packetsOf, packetsOfAll } from './counters.ts';
import type { FlowEdge, FlowGraph, FlowNode, FlowNote } from './graph.ts';
import { emptyNode } from './nodes.ts';

const mostNodes = 2000;
const mostEdges = 6000;
const mostDepth = 64;
const rulesBetweenPauses = 256;
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
  const protocol = protocolOf(rule);
  const destination = destinationCondition(rule);
  const states = rule.options.find((option) => stateOptions.has(option.name));
  const parts = [
    [protocol, destination].filter((part) => part !== '').join(' '),
    sourceCondition(rule),
    states === undefined ? '' : `${states.negation === undefined ? '' : 'not '}${states.values[0]?.text ?? ''}`,
  ].filter((part) => part !== '');
  if (parts.length > 0) return parts.join(', ');
  const asks = rule.options.some((option) => option.instance > 0 && !saysNothing.has(option.spec?.extension?.name ?? ''));
  return asks ? 'some packets' : '';
}

/** A chance that the rule itself states, all earlier rules aside. */
function chanceOf(rule: RuleStatement): number | null {
  const value = Number.parseFloat(rule.options.find((option) => option.name === '--probability')?.values[0]?.text ?? '');
  return value >= 0 && value <= 1 ? value : null;
}

function chainKey(chain: Chain): string {
  return `chain:${chain.table.index}:${chain.table.name}:${chain.name}`;
}

function chainNode(resolution: Resolution, chain: Chain, isCut: boolean): FlowNode {
  const { ruleset } = resolution;
  const declared = chain.declarations[0] ?? chain.rules[0] ?? chain.references[0];
  const count = rulesInOrder(ruleset, chain).length;
  const rules = `${count} rule${count === 1 ? '' : 's'}`;
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
    packets: packetsOfAll(ruleset, chain.references),
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

function* graphFrom(resolution: Resolution, start: Chain, depth: number): Steps<FlowGraph> {
  const { ruleset, cluster } = resolution;
  const nodes = new Map<string, FlowNode>();
  const edges: FlowEdge[] = [];
  const notes: FlowNote[] = [];
  const levels = new Map<Chain, number>([[start, 0]]);
  const waiting: Chain[] = [start];
  let left = 0;
  let read = 0;

  function addEdge(from: Chain, to: string, line: number | null, condition: string, probability: number | null): void {
    if (edges.length >= mostEdges) {
      left += 1;
      return;
    }
    const source = line === null ? undefined : ruleset.lines[line];
    edges.push({
      from: chainKey(from),
      to,
      line: line === null ? null : line + 1,
      rule: source?.kind === 'rule' ? ruleText(source) : null,
      probability,
      condition,
      packets: packetsOf(ruleset, line),
    });
  }

  function* follow(chain: Chain, level: number): Steps<void> {
    for (const line of rulesInOrder(ruleset, chain)) {
      const rule = ruleAt(ruleset, line);
      read += 1;
      if (read % rulesBetweenPauses === 0) yield;
      if (rule === undefined) continue;
      const target = chain.table.chains.get(rule.target?.text ?? '');
      const verdict = target === undefined ? verdictOf(rule, chain) : undefined;
      if (target === undefined && verdict === undefined) continue;
      if (target !== undefined) {
        if (!levels.has(target)) {
          if (levels.size >= mostNodes) {
            left += 1;
            continue;
          }
          levels.set(target, level + 1);
          waiting.push(target);
        }
        addEdge(chain, chainKey(target), line, ruleCondition(rule), chanceOf(rule));
      } else if (verdict !== undefined) {
        if (!nodes.has(verdict.key)) {
          nodes.set(verdict.key, {
            ...emptyNode(verdict.key, 'verdict', verdict.label, verdict.detail),
            table: chain.table.name,
            line: line + 1,
          });
        }
        addEdge(chain, verdict.key, line, ruleCondition(rule), chanceOf(rule));
      }
    }
    if (!chain.builtin) return;
    const policy = policyOf(ruleset, chain);
    const key = `policy:${chainKey(chain)}`;
    const label = policy.verdict.toUpperCase();
    const line = policy.line === null ? null : policy.line + 1;
    nodes.set(key, { ...emptyNode(key, 'verdict', label, 'policy'), table: chain.table.name, chain: chain.name, line });
    // No rule leads there, so that it stands behind all rules.
    addEdge(chain, key, null, 'otherwise', null);
  }

  for (let at = 0; at < waiting.length; at += 1) {
    const chain = waiting[at];
    if (chain === undefined) break;
    const level = levels.get(chain) ?? 0;
    const leadsOn = rulesInOrder(ruleset, chain).some((line) => chain.table.chains.has(ruleset.lines[line]?.target ?? ''));
    // At the last level the verdicts of a chain that leads nowhere else still are to be seen.
    const isCut = level >= depth && leadsOn;
    nodes.set(chainKey(chain), chainNode(resolution, chain, isCut));
    if (!isCut) yield* follow(chain, level);
  }
  if (left > 0)
    notes.push({ severity: 'warning', message: `The graph is cut: ${left} more jumps and verdicts are left out.`, line: null });
  const known = new Set(nodes.keys());
  return {
    title: `${start.name} (${start.table.name})`,
    entries: [],
    nodes: [...nodes.values()],
    edges: edges.filter((edge) => known.has(edge.from) && known.has(edge.to)),
    notes,
    source: cluster.source.label,
  };
}

/**
 * The chains that some way from a chain leads to, over at most `depth` jumps (1 to 64), with the verdicts on the way. A chain is one node
 * however many ways lead to it, so that loops end. Chains at the last level are drawn and not followed. Lines are 1-based.
 * Of several dumps in one file the first that has the chain counts.
 */
export function* chainGraphSteps(resolution: Resolution, table: string, chain: string, depth: number): Steps<ChainGraphAnswer> {
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
  return { ok: true, graph: yield* graphFrom(resolution, start, levels) };
}

/** The same without pauses. */
export function chainGraph(resolution: Resolution, table: string, chain: string, depth: number): ChainGraphAnswer {
  return runToEnd(chainGraphSteps(resolution, table, chain, depth));
}
