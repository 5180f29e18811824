import { createMemory } from '../../base/memory.ts';
import type { Ruleset } from '../../ruleset/ruleset.ts';

const runsBefore = createMemory<Ruleset, Uint32Array>();

/** For each line, how many lines above it are no rules. */
function otherLines(ruleset: Ruleset): Uint32Array {
  let above = runsBefore.get(ruleset);
  if (above === undefined) {
    above = new Uint32Array(ruleset.lines.length);
    let count = 0;
    for (const [number, { kind }] of ruleset.lines.entries()) {
      above[number] = count;
      if (kind !== 'rule') count += 1;
    }
    runsBefore.set(ruleset, above);
  }
  return above;
}

/** Whether nothing but rules stands between two lines (0-based). */
export function isOneRun(ruleset: Ruleset, from: number, to: number): boolean {
  const above = otherLines(ruleset);
  return above[from] === above[to];
}
