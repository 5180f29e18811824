import type { NameIndex } from '../base/name-index.ts';
import type { Line } from '../syntax/line.ts';
import type { Table } from './ruleset.ts';

/** The indices of the chains that rules jump or go to, each once, in rule order. */
export function jumpsOf(
  lines: readonly Line[],
  rules: readonly number[],
  places: NameIndex,
  targets: Table['targets'],
): readonly number[] {
  const jumps = new Set<number>();
  for (const number of rules) {
    const line = lines[number];
    if (line === undefined || line.target === '' || line.command === 'delete' || line.command === 'check') continue;
    const to = line.isGoto || !targets.has(line.target) ? places.get(line.target) : undefined;
    if (to !== undefined) jumps.add(to);
  }
  return [...jumps];
}
