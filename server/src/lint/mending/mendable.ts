/** Where the lines of a table may be changed by a fix, and where new ones go. */
import { formOf } from '../../ruleset/completeness.ts';
import type { Chain, Ruleset, Table } from '../../ruleset/ruleset.ts';
import { fileShape } from '../support/file-shape.ts';
import type { LintInput } from '../support/finding.ts';
import { type Change, insertedBehind, removedLines } from './change.ts';

/**
 * Whether lines may come and go in a table: it is a file for iptables-restore, a line is a rule, and no command counts rules or takes back what stands
 * above it. What somebody pasted is mended on the node.
 */
export function isMendable(input: LintInput, table: Table): boolean {
  const { document, ruleset } = input;
  if (!table.declared || document.hasBrokenLines || formOf(ruleset, table) !== 'save') return false;
  const { isPaste, commands } = fileShape(input);
  return !isPaste && commands.length === 0;
}

/** The line (0-based) behind which another chain of a table is declared: its last declaration above its first rule, else `*table`. */
export function lastDeclaration({ lines }: Ruleset, { firstLine, endLine }: Table): number {
  let last = firstLine;
  for (let number = firstLine + 1; number < endLine; number += 1) {
    const kind = lines.at(number)?.kind;
    if (kind === 'chain') last = number;
    else if (kind === 'rule' || kind === 'commit') break;
  }
  return last;
}

/** Declares chains at the head of a table. */
export function declaredChains({ document, ruleset }: LintInput, table: Table, names: readonly string[]): readonly Change[] {
  const lines = names.map((name) => `:${name} - [0:0]`);
  return insertedBehind(document, lastDeclaration(ruleset, table), lines);
}

/** The line (0-based) behind which a table's last rule may stand. */
function endOfRules({ lines }: Ruleset, { commitLine, endLine, firstLine }: Table): number {
  if (commitLine !== undefined) return commitLine - 1;
  let last = endLine - 1;
  while (last > firstLine && lines.at(last)?.text === '') last -= 1;
  return last;
}

/** Puts rules in front of those that a chain has; at the table's end where it has none. */
export function rulesInFront({ document, ruleset }: LintInput, chain: Chain, rules: readonly string[]): readonly Change[] {
  const [first] = chain.rules;
  return insertedBehind(document, first === undefined ? endOfRules(ruleset, chain.table) : first - 1, rules);
}

/** Puts rules at the end of a table. */
export function rulesAtEnd({ document, ruleset }: LintInput, table: Table, rules: readonly string[]): readonly Change[] {
  return insertedBehind(document, endOfRules(ruleset, table), rules);
}

/** Every line that declares a chain, belongs to it or jumps to it. */
export function linesOfChain({ declarations, rules, references, mentions }: Chain): readonly number[] {
  return [...declarations, ...rules, ...references, ...mentions];
}

/** Takes a line away from where it is and puts it behind another. */
export function movedLine({ document }: LintInput, line: number, behind: number): readonly Change[] {
  return [...insertedBehind(document, behind, [document.lines.at(line)?.text ?? '']), ...removedLines(document, [line])];
}

/**
 * Chains that go, with their declarations, their rules and those that jump to them, and with all that only they lead to and `goesAlong` names: every
 * line (0-based) of it. `lines` are rules that go besides.
 */
export function linesWithChains(
  table: Table,
  { chains, lines = [] }: { readonly chains: readonly Chain[]; readonly lines?: readonly number[] },
  goesAlong: (chain: Chain) => boolean,
  { lines: all }: Ruleset,
): ReadonlySet<number> {
  const gone = new Set(lines);
  const done = new Set<Chain>();
  const waiting: Chain[] = [...chains];
  const look = (line: number): void => {
    const target = table.chains.get(all.at(line)?.target ?? '');
    if (target !== undefined && !target.builtin && !done.has(target) && goesAlong(target)) candidates.add(target);
  };
  const candidates = new Set<Chain>();
  for (const line of lines) look(line);
  for (;;) {
    for (const chain of candidates) {
      if (!chain.references.every((line) => gone.has(line))) continue;
      candidates.delete(chain);
      waiting.push(chain);
    }
    const chain = waiting.pop();
    if (chain === undefined) return gone;
    if (done.has(chain)) continue;
    done.add(chain);
    for (const line of linesOfChain(chain)) gone.add(line);
    for (const line of chain.rules) look(line);
  }
}
