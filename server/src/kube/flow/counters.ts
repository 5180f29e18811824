import { runToEnd, type Steps } from '../../base/steps.ts';
import type { Ruleset } from '../../ruleset/ruleset.ts';
import { statementOf } from '../../syntax/document.ts';

/** The packets that a line (0-based) has counted; null where it has no counters. A policy's zeros in a dump without counters say nothing. */
export function packetsOf(ruleset: Ruleset, line: number | null): number | null {
  const source = line === null ? undefined : ruleset.lines.at(line);
  if (source === undefined) return null;
  const statement = statementOf(source);
  const packets = statement.kind === 'rule' || statement.kind === 'chain' ? statement.counters?.packets : undefined;
  return packets === undefined || (statement.kind === 'chain' && packets === 0) ? null : packets;
}

const linesBetweenPauses = 64;

/** All packets that these lines have counted; null where none of them has counters. Pauses every few dozen lines. */
export function* packetsOfAllSteps(ruleset: Ruleset, lines: readonly number[]): Steps<number | null> {
  let sum: number | null = null;
  for (const [at, line] of lines.entries()) {
    if (at % linesBetweenPauses === linesBetweenPauses - 1) yield;
    const packets = packetsOf(ruleset, line);
    if (packets !== null) sum = (sum ?? 0) + packets;
  }
  return sum;
}

/** The same without pauses. */
export function packetsOfAll(ruleset: Ruleset, lines: readonly number[]): number | null {
  return runToEnd(packetsOfAllSteps(ruleset, lines));
}
