import type { Steps } from '../../base/steps.ts';
import { type Ruleset, tableAt } from '../../ruleset/ruleset.ts';
import type { Line } from '../../syntax/line.ts';
import { type RestoreFailure, readRestoreFailure, readRestoreReason } from '../../syntax/pasted/restore-failure.ts';
import { fileShape } from '../support/file-shape.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';

/** The log of kube-proxy or another program says that iptables-restore refused a line of its input. */
export const refusedInput: LintRule = {
  codes: {
    'refused-input':
      'A log says that iptables-restore refused this line of its input: none of what kube-proxy wrote then took effect.',
  },
  check,
};

/** The reason may stand so many lines in front of the place. */
const linesOfReason = 4;

function* check(input: LintInput, report: (finding: Finding) => void): Steps<void> {
  const { ruleset } = input;
  const { unread, foreign } = fileShape(input);
  const told = new Set<number>();
  for (const number of [...unread, ...foreign].sort((a, b) => a - b)) {
    const failure = readRestoreFailure(ruleset.lines[number]?.text ?? '');
    if (failure === undefined) continue;
    const refused = inputLine(ruleset, number, failure.inputLine);
    const place = refused ?? number;
    if (told.has(place)) continue;
    told.add(place);
    report(findingOf(ruleset, number, refused, failure));
    yield;
  }
}

function findingOf(ruleset: Ruleset, number: number, refused: number | undefined, failure: RestoreFailure): Finding {
  const reason = failure.reason === '' ? reasonAbove(ruleset, number) : failure.reason;
  const said = reason === '' ? '' : `: ${reason}`;
  const here = { line: number, start: failure.start, end: failure.end };
  if (refused === undefined) {
    const message = `iptables-restore refused line ${failure.inputLine} of its input, which the text does not show${said}`;
    return finding(here, 'refused-input', 'warning', message, {});
  }
  const line = ruleset.lines[refused];
  const place = { line: refused, start: line?.prefix ?? 0, end: line?.text.length ?? 0 };
  const what = line?.kind === 'commit' ? 'the kernel refused the table that ends here' : 'iptables-restore refused this line';
  return finding(place, 'refused-input', 'warning', `${what}, line ${failure.inputLine} of its input${said}`, {
    table: tableAt(ruleset, refused),
    related: [{ ...here, message: 'the log says so' }],
  });
}

function reasonAbove({ lines }: Ruleset, number: number): string {
  for (let above = number - 1; above >= Math.max(0, number - linesOfReason); above -= 1) {
    const text = lines[above]?.text ?? '';
    const reason = readRestoreReason(text) ?? /^\s*(Bad argument `.{1,200}')\s*$/.exec(text)?.[1];
    if (reason !== undefined) return reason;
  }
  return '';
}

function isInput(line: Line | undefined): boolean {
  switch (line?.kind) {
    case 'table':
    case 'chain':
    case 'rule':
    case 'chain-command':
    case 'commit':
      return !line.listing && line.context.within?.kind !== 'command';
    default:
      return false;
  }
}

/** The line of the input that the log shows, behind the failure (`Rules:`) or in front of it; undefined where it does not show that line. */
function inputLine({ lines }: Ruleset, failure: number, count: number): number | undefined {
  let start = failure + 1;
  while (start < lines.length && lines[start]?.kind !== 'table') start += 1;
  if (start >= lines.length) {
    let end = failure - 1;
    while (end >= 0 && !isInput(lines[end])) end -= 1;
    start = end;
    while (start > 0 && isInput(lines[start - 1])) start -= 1;
  }
  if (lines[start]?.kind !== 'table') return undefined;
  const wanted = start + count - 1;
  for (let number = start; number <= wanted; number += 1) if (!isInput(lines[number])) return undefined;
  return wanted;
}
