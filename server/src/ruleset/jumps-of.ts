import type { NameIndex } from '../base/name-index.ts';
import type { Lines } from '../syntax/lines.ts';
import type { Table } from './ruleset.ts';

/** The indices of the chains that rules jump or go to, each once, in rule order. */
export function jumpsOf(lines: Lines, rules: readonly number[], places: NameIndex, targets: Table['targets']): readonly number[] {
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

/** What was known of a chain's jumps before an edit. */
export interface KnownJumps {
  /** The names of the chains that its rules jumped to, in rule order. */
  readonly nameAt: (at: number) => string | undefined;
  /** The places that these have now. */
  readonly placeAt: (at: number) => number;
}

/** The same after an edit of few rules: a chain that comes as it came before need not be looked up. */
export function jumpsAfterEdit(
  lines: Lines,
  rules: Uint32Array,
  places: NameIndex,
  targets: Table['targets'],
  { nameAt, placeAt }: KnownJumps,
): readonly number[] {
  const jumps = new Set<number>();
  let next = 0;
  for (const number of rules) {
    const target = lines.targetAt(number);
    const { command, isGoto } = lines.formAt(number) ?? {};
    if (target === '' || command === 'delete' || command === 'check') continue;
    // One may have gone.
    if (target !== nameAt(next) && target === nameAt(next + 1)) next += 1;
    if (target === nameAt(next)) {
      jumps.add(placeAt(next));
      next += 1;
      continue;
    }
    const to = isGoto === true || !targets.has(target) ? places.get(target) : undefined;
    if (to !== undefined) jumps.add(to);
  }
  return [...jumps];
}
