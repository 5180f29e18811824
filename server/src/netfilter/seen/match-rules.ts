/** Which rules of a dump a trace tells of. */
import { canonicalRule } from '../../ruleset/canonical.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import type { Chain, Dump, Ruleset, Table } from '../../ruleset/ruleset.ts';
import { statementOf } from '../../syntax/document.ts';
import type { Line } from '../../syntax/line.ts';
import { readIfWritten } from '../../syntax/read-line.ts';
import { ruleText } from '../../syntax/saved-layout.ts';
import { rulesInOrder } from '../rule-order.ts';
import { factsOfNft, factsOfRule, mayBeSame, type RuleFacts } from './nft-facts.ts';
import type { SeenStep } from './seen-packet.ts';

/** A step with the rules that it may be, 0-based lines in the order of the chain. */
export interface MatchedStep {
  readonly step: SeenStep;
  /** null where the dump has no such chain. */
  readonly chain: Chain | null;
  /** Whether it tells of a rule, and not of a chain's end. */
  readonly isRule: boolean;
  readonly lines: readonly number[];
}

interface RuleWithFacts {
  readonly line: number;
  readonly facts: RuleFacts;
}

/** Looks up rules of one dump; what was looked up is kept. */
export interface RuleFinder {
  readonly ruleset: Ruleset;
  readonly tables: ReadonlyMap<string, Table>;
  readonly byText: Map<Chain, ReadonlyMap<string, readonly number[]>>;
  readonly byMeaning: Map<Chain, ReadonlyMap<string, readonly number[]>>;
  readonly facts: Map<Chain, readonly RuleWithFacts[]>;
  readonly known: Map<string, readonly number[]>;
}

/** A finder of a dump's rules that has looked up none. */
export function newRuleFinder(ruleset: Ruleset, dump: Dump): RuleFinder {
  return {
    ruleset,
    tables: new Map(dump.tables.map((table) => [table.name, table])),
    byText: new Map(),
    byMeaning: new Map(),
    facts: new Map(),
    known: new Map(),
  };
}

function canonical(line: Line): string {
  const statement = statementOf(line);
  return statement.kind === 'rule' ? canonicalRule(statement, line.context) : '';
}

/** The rules of a chain by a text for each. */
function textsOf(
  { ruleset }: RuleFinder,
  known: Map<Chain, ReadonlyMap<string, readonly number[]>>,
  chain: Chain,
  textOf: (line: Line) => string,
): ReadonlyMap<string, readonly number[]> {
  const before = known.get(chain);
  if (before !== undefined) return before;
  const texts = new Map<string, number[]>();
  for (const line of rulesInOrder(ruleset, chain)) {
    const source = ruleset.lines.at(line);
    if (source === undefined) continue;
    const text = textOf(source);
    const alike = texts.get(text);
    if (alike === undefined) texts.set(text, [line]);
    else alike.push(line);
  }
  known.set(chain, texts);
  return texts;
}

function isBegunBy(line: Line | undefined, text: string): boolean {
  return line !== undefined && ruleText(line).startsWith(text);
}

/** Rules with a text: as it stands, or where none does, in the form in which equal rules are equal texts. */
function linesByText(finder: RuleFinder, chain: Chain, text: string): readonly number[] {
  const asIs = textsOf(finder, finder.byText, chain, ruleText).get(text);
  if (asIs !== undefined) return asIs;
  const { lines } = finder.ruleset;
  const context = lines.at(rulesInOrder(finder.ruleset, chain)[0] ?? -1)?.context;
  const statement = context === undefined ? undefined : readIfWritten(text, context);
  const alike =
    context === undefined || statement?.kind !== 'rule'
      ? undefined
      : textsOf(finder, finder.byMeaning, chain, canonical).get(canonicalRule(statement, context));
  // What is left of a line that was cut may be several rules.
  return alike ?? rulesInOrder(finder.ruleset, chain).filter((line) => isBegunBy(lines.at(line), text));
}

/** What the rules of a chain ask for and do. */
function factsOf({ ruleset, facts }: RuleFinder, chain: Chain): readonly RuleWithFacts[] {
  let known = facts.get(chain);
  if (known === undefined) {
    const isChain = (name: string): boolean => chain.table.chains.has(name);
    known = rulesInOrder(ruleset, chain).flatMap((line) => {
      const rule = ruleAt(ruleset, line);
      return rule === undefined ? [] : [{ line, facts: factsOfRule(rule, isChain) }];
    });
    facts.set(chain, known);
  }
  return known;
}

function linesByNft(finder: RuleFinder, chain: Chain, text: string, verdict: string): readonly number[] {
  const wanted = factsOfNft(text, verdict);
  return factsOf(finder, chain).flatMap(({ line, facts }) => (mayBeSame(facts, wanted) ? [line] : []));
}

/** Number N of a chain; one behind the last is the chain's end. */
function linesByNumber({ ruleset }: RuleFinder, chain: Chain, number: number): readonly number[] {
  const line = rulesInOrder(ruleset, chain)[number - 1];
  return line === undefined ? [] : [line];
}

function find(finder: RuleFinder, chain: Chain, rule: NonNullable<SeenStep['rule']>): readonly number[] {
  switch (rule.by) {
    case 'number':
      return linesByNumber(finder, chain, rule.number);
    case 'text':
      return linesByText(finder, chain, rule.text);
    case 'nft':
      return linesByNft(finder, chain, rule.text, rule.verdict);
  }
}

/** The rules that a step may be. */
export function matchedStep(finder: RuleFinder, step: SeenStep): MatchedStep {
  const chain = finder.tables.get(step.table)?.chains.get(step.chain) ?? null;
  const { rule, kind } = step;
  if (chain === null || rule === null) return { step, chain, isRule: kind === 'rule', lines: [] };
  const key = JSON.stringify([step.table, step.chain, rule]);
  let lines = finder.known.get(key);
  if (lines === undefined) {
    lines = find(finder, chain, rule);
    finder.known.set(key, lines);
  }
  // A rule without conditions that accepts, drops or returns is told as the end that it makes (ip_tables.c, get_chainname_rulenum).
  return { step, chain, isRule: kind === 'rule' || (rule.by === 'number' && lines.length > 0), lines };
}
