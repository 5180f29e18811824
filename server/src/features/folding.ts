import { type FoldingRange, FoldingRangeKind } from 'vscode-languageserver-types';
import type { Steps } from '../base/steps.ts';
import type { DumpState } from './support/state.ts';

const linesBetweenPauses = 4096;

function length({ startLine, endLine }: FoldingRange): number {
  return endLine - startLine;
}

/** Tables, and within them the declarations and each run of one chain's rules; runs of comments too. Of more than `limit` the longest. */
export function* folding(state: DumpState, limit = Number.POSITIVE_INFINITY): Steps<FoldingRange[]> {
  const { lines, tables } = state.ruleset;
  const ranges: FoldingRange[] = [];
  for (const table of tables) {
    const last = (table.commitLine ?? table.endLine - 1) - (table.commitLine === undefined ? 0 : 1);
    if (last > table.firstLine) ranges.push({ startLine: table.firstLine, endLine: Math.max(last, table.firstLine) });
  }
  yield;
  let runStart = 0;
  const close = (end: number): void => {
    const first = lines.at(runStart);
    if (first === undefined || end <= runStart) return;
    if (first.kind === 'comment') ranges.push({ startLine: runStart, endLine: end, kind: FoldingRangeKind.Comment });
    else if (first.kind === 'rule' || first.kind === 'chain') ranges.push({ startLine: runStart, endLine: end });
  };
  for (let number = 1; number < lines.length; number += 1) {
    if (number % linesBetweenPauses === 0) yield;
    const line = lines.at(number);
    const before = lines.at(number - 1);
    if (line === undefined || before === undefined) continue;
    if (line.kind === before.kind && (line.kind !== 'rule' || line.name === before.name)) continue;
    close(number - 1);
    runStart = number;
  }
  close(lines.length - 1);
  yield;
  // A large dump has tens of thousands, most of them of the two rules of an endpoint.
  const shown = ranges.length <= limit ? ranges : ranges.sort((a, b) => length(b) - length(a)).slice(0, limit);
  return shown.sort((a, b) => a.startLine - b.startLine || b.endLine - a.endLine);
}
