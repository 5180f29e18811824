import { createLongList } from '../base/long-list.ts';
import { createMemory } from '../base/memory.ts';
import { runToEnd, type Steps, statementsBetweenPauses } from '../base/steps.ts';
import { ruleAt } from '../ruleset/rules.ts';
import { type Chain, type Ruleset, tableAt } from '../ruleset/ruleset.ts';
import { statementOf } from '../syntax/document.ts';
import type { RuleStatement } from '../syntax/statement.ts';

const orders = createMemory<Chain, readonly number[]>();

/** What two rules that are the same to -D have in common. */
function samePlace(rule: RuleStatement | undefined): string {
  if (rule === undefined) return '';
  return rule.options
    .flatMap((option) => [option.negation === undefined ? '' : '!', option.name, ...option.values.map((value) => value.text)])
    .join('\0');
}

/** What the lines of a chain, taken as commands one after the other, leave in it. */
function* replay(ruleset: Ruleset, chain: Chain): Steps<readonly number[]> {
  const lines = [...chain.rules, ...chain.mentions, ...chain.declarations].toSorted((a, b) => a - b);
  const keys = new Map<number, string>();
  const kept = createLongList((line: number) => keys.get(line) ?? '');
  // To work out what rules have in common takes long, and is for nothing where none is deleted by its text.
  let hasKeys = false;
  for (const [at, line] of lines.entries()) {
    if (at % statementsBetweenPauses === statementsBetweenPauses - 1) yield;
    const source = ruleset.lines.at(line);
    if (source === undefined) continue;
    // `:CHAIN` and -F empty a chain that was filled before.
    if (source.kind === 'chain' || source.command === 'flush') kept.clear();
    const rule = ruleAt(ruleset, line);
    if (rule === undefined) continue;
    if (hasKeys) keys.set(line, samePlace(rule));
    const number = rule.number === undefined ? 1 : Number(rule.number.text);
    switch (rule.command) {
      case 'append':
        kept.insert(kept.length, line);
        break;
      case 'insert':
        kept.insert(Math.min(Math.max(number - 1, 0), kept.length), line);
        break;
      case 'replace':
        if (number < 1 || number > kept.length) break;
        kept.removeAt(number - 1);
        kept.insert(number - 1, line);
        break;
      case 'delete':
        if (rule.number !== undefined) {
          kept.removeAt(number - 1);
          break;
        }
        if (!hasKeys) {
          hasKeys = true;
          const before = kept.items();
          kept.clear();
          for (const [index, other] of before.entries()) {
            if (index % statementsBetweenPauses === statementsBetweenPauses - 1) yield;
            keys.set(other, samePlace(ruleAt(ruleset, other)));
            kept.insert(index, other);
          }
        }
        kept.removeFirst(samePlace(rule));
        break;
      case 'check':
    }
  }
  return kept.items();
}

/** Whether the rules of a chain stand in the text as packets meet them. */
function* isPlain({ lines }: Ruleset, { rules, mentions, declarations }: Chain): Steps<boolean> {
  for (const [at, line] of rules.entries()) {
    if (at % rulesBetweenPauses === rulesBetweenPauses - 1) yield;
    if (lines.formAt(line)?.command !== 'append') return false;
  }
  return (
    mentions.every((line) => lines.at(line)?.command !== 'flush') && declarations.every((line) => line <= (rules[0] ?? line))
  );
}

const rulesBetweenPauses = 4_096;

/** The order of one chain, so that `rulesInOrder` knows it at once. Pauses every few lines. */
export function* orderOf(ruleset: Ruleset, chain: Chain): Steps<readonly number[]> {
  let order = orders.get(chain);
  if (order === undefined) {
    order = (yield* isPlain(ruleset, chain)) ? chain.rules : yield* replay(ruleset, chain);
    orders.set(chain, order);
  }
  return order;
}

/** The rules of a chain in the order in which packets meet them, as lines (0-based): -I, -R, -D and -F are done, -C changes nothing. */
export function rulesInOrder(ruleset: Ruleset, chain: Chain): readonly number[] {
  return orders.get(chain) ?? runToEnd(orderOf(ruleset, chain));
}

const ordered = createMemory<Ruleset, true>();
const linesLookedAtBetweenPauses = 1_024;

/** Works out the order of all chains that commands change, so that `rulesInOrder` knows it at once. Pauses every few lines. */
export function* knowOrders(ruleset: Ruleset): Steps<void> {
  if (ordered.get(ruleset) === true) return;
  for (const [number, { kind, command, name }] of ruleset.lines.entries()) {
    if (number % linesLookedAtBetweenPauses === linesLookedAtBetweenPauses - 1) yield;
    if (command === 'append' || (kind !== 'rule' && command !== 'flush')) continue;
    const chain = tableAt(ruleset, number)?.chains.get(name);
    if (chain !== undefined) yield* orderOf(ruleset, chain);
  }
  ordered.set(ruleset, true);
}

/** What a built-in chain does with a packet that no rule decided on, and where the dump says so (0-based). */
export interface Policy {
  readonly verdict: 'accept' | 'drop';
  /** null where the dump does not say: then it is ACCEPT, which every chain starts with. */
  readonly line: number | null;
}

/** The policy of a built-in chain: the last of `:CHAIN POLICY` and `-P CHAIN POLICY`. */
export function policyOf(ruleset: Ruleset, chain: Chain): Policy {
  let policy: Policy = { verdict: 'accept', line: null };
  for (const number of [...chain.declarations, ...chain.mentions].toSorted((a, b) => a - b)) {
    const line = ruleset.lines.at(number);
    if (line === undefined) continue;
    const statement = statementOf(line);
    const word =
      statement.kind === 'chain'
        ? statement.policy
        : statement.kind === 'chain-command' && statement.command === 'policy'
          ? statement.argument
          : undefined;
    if (word?.text === 'ACCEPT' || word?.text === 'DROP') {
      policy = { verdict: word.text === 'DROP' ? 'drop' : 'accept', line: number };
    }
  }
  return policy;
}
