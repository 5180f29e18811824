/** Which chains a rule may jump to: none that leads back to it, none whose rules the kernel refuses where the rule's own chain is reached from. */
import { findTarget } from '../../catalog/lookup.ts';
import { isBuiltinChain } from '../../catalog/tables.ts';
import type { ExtensionSpec, Hook } from '../../catalog/types.ts';
import { isTableWhole } from '../../ruleset/completeness.ts';
import type { Chain, Ruleset, Table } from '../../ruleset/ruleset.ts';

/** From where a chain is reached. */
export interface Approach {
  /** The chains from which some way leads to it, and itself: a jump to one of them would go round in circles, which counts where packets come by. */
  readonly from: ReadonlySet<Chain>;
  /** The built-in ones among them. */
  readonly hooks: readonly Hook[];
}

/** How many chains are looked at on the way up and down; beyond them nothing is said against a jump. */
const mostChainsAbove = 4_000;
const mostChainsBelow = 2_000;

/** From where a chain is reached, looked for from the chain upwards. `name` may be one that nothing declares yet. */
export function approachTo({ lines }: Ruleset, table: Table, name: string): Approach {
  const chain = table.chains.get(name);
  const hooks: Hook[] = isBuiltinChain(table.name, name) ? [name] : [];
  if (chain === undefined) return { from: new Set(), hooks };
  const from = new Set([chain]);
  // The way up is followed to its end before the next one: a chain that 20,000 others jump to is a few steps from a built-in one.
  const open = [chain];
  for (let next = open.pop(); next !== undefined && from.size < mostChainsAbove; next = open.pop()) {
    if (next.builtin) continue;
    for (const number of next.references.slice(0, mostChainsAbove)) {
      const line = lines.at(number);
      const isJump = line !== undefined && line.command !== 'delete' && line.command !== 'check';
      const jumper = isJump ? table.chains.get(line.name) : undefined;
      if (jumper === undefined || from.has(jumper)) continue;
      from.add(jumper);
      open.push(jumper);
      if (isBuiltinChain(table.name, jumper.name)) hooks.push(jumper.name);
    }
  }
  return { from, hooks };
}

/** Whether the kernel takes a target wherever a chain is reached from, as far as its name alone tells. */
export function isTakenFrom({ hooks: taken }: Pick<ExtensionSpec, 'hooks'>, { hooks }: Approach): boolean {
  return taken === undefined || hooks.every((hook) => taken.includes(hook));
}

/**
 * Whether iptables-restore knows a chain at a line (0-based): a built-in one, one that is declared above, or one that an excerpt does not declare.
 * The name that the line itself is about to be is none.
 */
export function isKnownAt(ruleset: Ruleset, chain: Chain, line: number): boolean {
  const { builtin, declarations, rules, references, mentions, table } = chain;
  if (builtin) return true;
  // Only what the text opens with `*table` is read from its beginning on.
  if (declarations.length > 0) return !table.declared || declarations.some((declared) => declared < line);
  const isElsewhere = [rules, references, mentions].some((numbers) => numbers.some((number) => number !== line));
  return isElsewhere && !isTableWhole(ruleset, table);
}

/** Says of chains of a table whether a rule on a line (0-based) may jump to them. */
export function jumpTest(ruleset: Ruleset, table: Table, line: number, approach: Approach): (chain: Chain) => boolean {
  const refused = refusedTargets(table, approach);
  const verdicts = new Map<Chain, boolean>();
  return (chain) => {
    if (chain.builtin || (approach.hooks.length > 0 && approach.from.has(chain))) return false;
    if (!isKnownAt(ruleset, chain, line)) return false;
    return refused.size === 0 || !leadsToOne(ruleset, chain, refused, verdicts);
  };
}

/** The targets in use in a table that the kernel refuses in a chain which is reached from there. */
function refusedTargets(table: Table, approach: Approach): ReadonlySet<string> {
  const refused = new Set<string>();
  for (const name of table.targets.keys()) {
    const spec = findTarget(name);
    if (spec !== undefined && !isTakenFrom(spec, approach)) refused.add(name);
  }
  return refused;
}

/** Whether some way from a chain leads to a rule with one of these targets. What was found out is noted in `verdicts`. */
function leadsToOne({ lines }: Ruleset, start: Chain, refused: ReadonlySet<string>, verdicts: Map<Chain, boolean>): boolean {
  const seen = new Set([start]);
  for (const chain of seen) {
    if (seen.size > mostChainsBelow) return false;
    const verdict = verdicts.get(chain);
    if (verdict === false) continue;
    if (verdict === true || chain.rules.some((number) => refused.has(lines.at(number)?.target ?? ''))) {
      verdicts.set(start, true);
      return true;
    }
    for (const target of chain.jumps) if (!target.builtin) seen.add(target);
  }
  for (const chain of seen) verdicts.set(chain, false);
  return false;
}
