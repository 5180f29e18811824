import { statementOf } from '../syntax/document.ts';
import type { RuleOption, RuleStatement } from '../syntax/statement.ts';
import type { Chain, Ruleset } from './ruleset.ts';

/** The rule on a line (0-based), read again from its text; undefined where the line has none. */
export function ruleAt(ruleset: Ruleset, line: number): RuleStatement | undefined {
  const source = ruleset.lines.at(line);
  if (source?.kind !== 'rule') return undefined;
  const statement = statementOf(source);
  return statement.kind === 'rule' ? statement : undefined;
}

/** The rules of a chain in file order, each with its line (0-based). Lazy: a rule is read when it is reached. */
export function* rulesOf(ruleset: Ruleset, chain: Chain): Generator<{ readonly line: number; readonly rule: RuleStatement }> {
  for (const line of chain.rules) {
    const rule = ruleAt(ruleset, line);
    if (rule !== undefined) yield { line, rule };
  }
}

/** The first option with this canonical long name ("--comment"). */
export function optionOf(rule: RuleStatement, name: string): RuleOption | undefined {
  return rule.options.find((option) => option.name === name);
}
