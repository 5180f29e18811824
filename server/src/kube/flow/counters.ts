import type { Ruleset } from '../../ruleset/ruleset.ts';
import { statementOf } from '../../syntax/document.ts';
import type { Line } from '../../syntax/line.ts';

const ruleCounters = /^\s*\[(\d+):\d+\]/;
const policyCounters = /^:\S+\s+\S+\s+\[(\d+):\d+\]/;

/** The packets that a line (0-based) has counted; null where it has no counters. A policy's zeros in a dump without counters say nothing. */
export function packetsOf(ruleset: Ruleset, line: number | null): number | null {
  if (line === null) return null;
  const source = ruleset.lines[line];
  if (source?.listing === true) return listedPackets(source);
  const text = source?.text ?? '';
  const rule = ruleCounters.exec(text);
  if (rule !== null) return Number(rule[1]);
  const policy = policyCounters.exec(text);
  return policy === null || Number(policy[1]) === 0 ? null : Number(policy[1]);
}

/** The counters of `iptables -L -v`, where columns differ in width. */
function listedPackets(line: Line): number | null {
  const statement = statementOf(line);
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
