/** A chain with all that it jumps to in one text: each end with the conditions of all rules on the path to it. */
import type { Position } from 'vscode-languageserver-types';
import { percentText } from '../base/percent.ts';
import { oneLine } from '../base/safe-text.ts';
import { type Steps, statementsBetweenPauses } from '../base/steps.ts';
import { type RulePathStep, sharesOf, stepOf } from '../kube/flow/rule-paths.ts';
import { leadsBack } from '../netfilter/loops.ts';
import { policyOf, rulesInOrder } from '../netfilter/rule-order.ts';
import type { ChainAtResult, ExpandedChainResult } from '../protocol/trace.ts';
import { isChainShownWhole } from '../ruleset/completeness.ts';
import { ruleAt } from '../ruleset/rules.ts';
import type { Chain, Ruleset } from '../ruleset/ruleset.ts';
import type { DumpState } from './support/state.ts';
import { chainOfLine, symbolAt } from './support/symbol-at.ts';

const mostEnds = 2_000;
const deepest = 32;

interface Expanding {
  readonly ruleset: Ruleset;
  readonly lines: string[];
  readonly links: { line: number; target: number }[];
  ends: number;
  left: number;
  looked: number;
}

/** What a rule does: its target with the target's options, as typed. */
function actionText(ruleset: Ruleset, line: number): string {
  const source = ruleset.lines.at(line);
  const rule = ruleAt(ruleset, line);
  if (source === undefined || rule?.target === undefined) return 'counts';
  return oneLine(source.text.slice(rule.target.start)).trim();
}

function placeText({ chain, line }: Pick<RulePathStep, 'chain' | 'line'>): string {
  return `${chain}, line ${line + 1}`;
}

function addLine({ lines, links }: Expanding, text: string, target: number): void {
  links.push({ line: lines.length, target });
  lines.push(oneLine(text));
}

/** An end: what becomes of a packet, and below it every rule on the path that asked something. */
function addEnd(expanding: Expanding, path: readonly RulePathStep[], last: RulePathStep, action: string): void {
  if (expanding.ends >= mostEnds) {
    expanding.left += 1;
    return;
  }
  expanding.ends += 1;
  const all = [...path, last];
  const shares = all.flatMap(({ share }) => (share === null ? [] : [share]));
  const share = shares.length === 0 ? '' : `${percentText(shares.reduce((product, each) => product * each, 1))} `;
  addLine(expanding, `${expanding.ends}. ${share}${action}  (${placeText(last)})`, last.line);
  for (const step of all) {
    if (step.conditions.length === 0) continue;
    addLine(expanding, `     ${step.conditions.join(' ')}  (${placeText(step)})`, step.line);
  }
  expanding.lines.push('');
}

function* expand(expanding: Expanding, chain: Chain, path: readonly RulePathStep[], above: ReadonlySet<Chain>): Steps<void> {
  const { ruleset } = expanding;
  const shares = sharesOf(ruleset, chain);
  for (const line of rulesInOrder(ruleset, chain)) {
    expanding.looked += 1;
    if (expanding.looked % statementsBetweenPauses === 0) yield;
    if (expanding.ends >= mostEnds) {
      expanding.left += 1;
      continue;
    }
    const step = stepOf(ruleset, chain, line, shares);
    const target = chain.table.chains.get(ruleset.lines.at(line)?.target ?? '');
    const isShown = target !== undefined && (target.declarations.length > 0 || target.rules.length > 0);
    if (target === undefined) addEnd(expanding, path, step, actionText(ruleset, line));
    else if (!isShown) addEnd(expanding, path, step, `${target.name}, which is not in the dump`);
    else if (above.has(target) || leadsBack(chain, target))
      addEnd(expanding, path, step, `${target.name}, which leads back here`);
    else if (above.size >= deepest) addEnd(expanding, path, step, `${target.name}, and so on`);
    else yield* expand(expanding, target, [...path, step], new Set([...above, target]));
  }
}

function addPolicy(expanding: Expanding, chain: Chain): void {
  if (!chain.builtin) return;
  const { verdict, line } = policyOf(expanding.ruleset, chain);
  const text = `Otherwise ${verdict}, the policy of ${chain.name}`;
  if (line === null) expanding.lines.push(`${text} as far as the dump says`);
  else addLine(expanding, `${text}  (line ${line + 1})`, line);
}

function notesOf({ ruleset, left }: Expanding, chain: Chain): readonly string[] {
  return [
    ...(left > 0 ? [`${left} more rules are not expanded.`] : []),
    ...(isChainShownWhole(ruleset, chain) ? [] : [`More rules than are shown may stand at the end of ${chain.name}.`]),
  ];
}

/** The chain at a position: the one that is named there, else the one whose rule or declaration the line holds. */
export function chainAt(state: DumpState, position: Position): ChainAtResult {
  const symbol = symbolAt(state, position);
  const chain = symbol?.kind === 'chain' ? symbol.chain : chainOfLine(state, position.line);
  return chain === undefined ? null : { table: chain.table.name, chain: chain.name };
}

/**
 * A chain, expanded. Pauses every few rules; never throws.
 * @param table,name the chain; where the dump has several of that name, the first
 */
export function* expandedChain({ ruleset }: DumpState, table: string, name: string): Steps<ExpandedChainResult> {
  const chain = ruleset.tables.find((each) => each.name === table && each.chains.has(name))?.chains.get(name);
  if (chain === undefined) return { text: '', links: [], reason: `The dump has no chain ${name} in table ${table}.` };
  const expanding: Expanding = { ruleset, lines: [], links: [], ends: 0, left: 0, looked: 0 };
  expanding.lines.push(
    `${oneLine(name)} (${oneLine(table)}) with all that it jumps to.`,
    'A packet that meets all conditions below an end comes to it, unless one above took it or sent it back.',
    '',
  );
  yield* expand(expanding, chain, [], new Set([chain]));
  addPolicy(expanding, chain);
  expanding.lines.push(...notesOf(expanding, chain));
  return { text: `${expanding.lines.join('\n')}\n`, links: expanding.links, reason: '' };
}
