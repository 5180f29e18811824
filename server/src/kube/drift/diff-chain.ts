/** What differs between the rules of one chain in two dumps, as far as both show it. */
import { canonicalRules, withoutBackEnd } from '../../ruleset/canonical.ts';
import { hasEveryChain, isChainShownWhole, mayBeHalf, showsInterfaces } from '../../ruleset/completeness.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import type { Chain, Ruleset, Table } from '../../ruleset/ruleset.ts';
import { wholeText } from '../../syntax/line.ts';
import { notUnderstood } from '../../syntax/statement.ts';

/** A chain as one dump has it; undefined where it does not. */
export interface ChainSide {
  readonly ruleset: Ruleset;
  readonly table: Table;
  readonly chain: Chain | undefined;
}

/** A rule that one dump has and the other does not. */
export interface RuleChange {
  readonly change: 'added' | 'removed';
  /** As iptables-save prints it, without counters. */
  readonly rule: string;
  /** 0-based, in the dump that has it. */
  readonly line: number;
}

export interface ChainRulesDiff {
  readonly changes: readonly RuleChange[];
  /** What was not compared, in words that follow "Of nat X was not compared:"; empty where everything was. */
  readonly notCompared: string;
  /** False where one of the dumps does not show interfaces, so that they were left out of the comparison. */
  readonly withInterfaces: boolean;
}

/** Whether two chains have the same text line by line, which most have and which is told without reading a rule. */
function sameText(before: ChainSide, after: ChainSide): boolean {
  const old = before.chain?.rules ?? [];
  const now = after.chain?.rules ?? [];
  return (
    old.length === now.length &&
    old.every((line, index) => textAt(before.ruleset, line) === textAt(after.ruleset, now[index] ?? -1))
  );
}

function textAt({ lines }: Ruleset, number: number): string | undefined {
  const line = lines.at(number);
  return line === undefined ? undefined : wholeText(line);
}

const interfaceOptions = new Set(['--in-interface', '--out-interface']);

/** The canonical rules of a chain with the lines (0-based) that say them; a rule may stand there more than once. */
function rulesOf({ ruleset, chain }: ChainSide, withInterfaces: boolean): Map<string, number[]> {
  const rules = new Map<string, number[]>();
  for (const line of chain?.rules ?? []) {
    const rule = ruleAt(ruleset, line);
    const context = ruleset.lines.at(line)?.context;
    if (rule === undefined || context === undefined || rule.command === 'delete' || rule.command === 'check') continue;
    const compared = withInterfaces ? rule : { ...rule, options: rule.options.filter(({ name }) => !interfaceOptions.has(name)) };
    for (const text of canonicalRules(compared, withoutBackEnd(context))) {
      const lines = rules.get(text);
      if (lines === undefined) rules.set(text, [line]);
      else lines.push(line);
    }
  }
  return rules;
}

function hidesInterfaces({ ruleset, chain }: ChainSide): boolean {
  return (chain?.rules ?? []).some((number) => {
    const line = ruleset.lines.at(number);
    return line !== undefined && !showsInterfaces(line);
  });
}

/** Whether a rule holds a word that was not understood, so that it may be the same as another that looks different. */
function isUnclear(ruleset: Ruleset, number: number): boolean {
  if (ruleset.lines.at(number)?.isUnsure !== true) return false;
  return ruleAt(ruleset, number)?.options.some(({ instance }) => instance === notUnderstood) === true;
}

/** Whether a chain's rules are all shown, none if the dump shows that the chain is not there. */
function isShown({ ruleset, table, chain }: ChainSide): boolean {
  return chain === undefined ? hasEveryChain(ruleset, table) : isChainShownWhole(ruleset, chain);
}

/** Whether a rule may go on behind the end of a text that shows its chain in part. */
function isCut(side: ChainSide, line: number): boolean {
  return mayBeHalf(side.ruleset, line) && !isShown(side);
}

/** The lines of rules that one side has more often than the other. */
function surplus(
  rules: ReadonlyMap<string, readonly number[]>,
  others: ReadonlyMap<string, readonly number[]>,
): [string, number][] {
  return [...rules].flatMap(([rule, lines]) =>
    lines.slice(others.get(rule)?.length ?? 0).map((line): [string, number] => [rule, line]),
  );
}

/** The rules of a chain that only one of two dumps has. */
export function diffChainRules(before: ChainSide, after: ChainSide): ChainRulesDiff {
  if (sameText(before, after)) return { changes: [], notCompared: '', withInterfaces: true };
  const withInterfaces = !hidesInterfaces(before) && !hidesInterfaces(after);
  const oldRules = rulesOf(before, withInterfaces);
  const newRules = rulesOf(after, withInterfaces);
  const removed = surplus(oldRules, newRules);
  const added = surplus(newRules, oldRules);
  const unclear =
    removed.some(([, line]) => isUnclear(before.ruleset, line)) || added.some(([, line]) => isUnclear(after.ruleset, line));
  if (unclear) return { changes: [], notCompared: 'rules with words that were not understood', withInterfaces };
  // A rule is missing only from a chain that is shown whole.
  const isRemovedKnown = isShown(after);
  const isAddedKnown = isShown(before);
  const isUnseen =
    (removed.length > 0 && !isRemovedKnown) ||
    (added.length > 0 && !isAddedKnown) ||
    removed.some(([, line]) => isCut(before, line)) ||
    added.some(([, line]) => isCut(after, line));
  const changes = [
    ...(isRemovedKnown ? removed.filter(([, line]) => !isCut(before, line)) : []).map(
      ([rule, line]): RuleChange => ({ change: 'removed', rule, line }),
    ),
    ...(isAddedKnown ? added.filter(([, line]) => !isCut(after, line)) : []).map(
      ([rule, line]): RuleChange => ({ change: 'added', rule, line }),
    ),
  ];
  return { changes, notCompared: isUnseen ? 'rules that one of the dumps may not show' : '', withInterfaces };
}
