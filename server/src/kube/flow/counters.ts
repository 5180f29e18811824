import type { Ruleset } from '../../ruleset/ruleset.ts';
import { statementOf } from '../../syntax/document.ts';

/** The packets that a line (0-based) has counted; null where it has no counters. A policy's zeros in a dump without counters say nothing. */
export function packetsOf(ruleset: Ruleset, line: number | null): number | null {
  const source = line === null ? undefined : ruleset.lines[line];
  if (source === undefined) return null;
  const statement = statementOf(source);
  const packets = statement.kind === 'rule' || statement.kind === 'chain' ? statement.counters?.packets : undefined;
  return packets === undefined || (statement.kind === 'chain' && packets === 0) ? null : packets;
}

/** All packets that these lines have counted; null where none of them has counters. */
export function packetsOfAll(ruleset: Ruleset, lines: readonly number[]): number | null {
  let sum: number | null = null;
  for (const line of lines) {
    const packets = packetsOf(ruleset, line);
    if (packets !== null) sum = (sum ?? 0) + packets;
  }
  return sum;
}
