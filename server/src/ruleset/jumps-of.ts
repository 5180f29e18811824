import type { NameIndex } from '../base/name-index.ts';
import type { Lines } from '../syntax/lines.ts';
import type { Table } from './ruleset.ts';

/** The indices of the chains that rules jump or go to, each once, in rule order. */
export function jumpsOf(lines: Lines, rules: Iterable<number>, places: NameIndex, targets: Table['targets']): readonly number[] {
  const jumps = new Set<number>();
  for (const number of rules) {
    const target = lines.targetAt(number);
    const { command, isGoto } = lines.formAt(number) ?? {};
    if (target === '' || command === 'delete' || command === 'check') continue;
    const to = isGoto === true || !targets.has(target) ? places.get(target) : undefined;
    if (to !== undefined) jumps.add(to);
  }
  return [...jumps];
}
