import { createMemory } from '../base/memory.ts';
import { ruleAt } from '../ruleset/rules.ts';
import type { Ruleset } from '../ruleset/ruleset.ts';

const known = createMemory<Ruleset, ReadonlySet<string>>();

/** The sets that rules with the target SET add to or take from. Worked out when first asked for. */
export function changedSets(ruleset: Ruleset): ReadonlySet<string> {
  let changed = known.get(ruleset);
  if (changed === undefined) {
    const names = new Set<string>();
    for (const table of ruleset.tables) {
      for (const line of table.targets.get('SET') ?? []) {
        for (const { name, values } of ruleAt(ruleset, line)?.options ?? []) {
          if ((name === '--add-set' || name === '--del-set') && values[0] !== undefined) names.add(values[0].text);
        }
      }
    }
    changed = names;
    known.set(ruleset, changed);
  }
  return changed;
}
