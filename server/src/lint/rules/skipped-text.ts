import type { Steps } from '../../base/steps.ts';
import { tableAt } from '../../ruleset/ruleset.ts';
import { statementOf } from '../../syntax/document.ts';
import { joinedCode } from '../../syntax/pasted/joined-lines.ts';
import { type FileShape, fileShape } from '../support/file-shape.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';

/** Text of a paste that is none of iptables': said once, not line by line. */
export const skippedText: LintRule = {
  codes: {
    'not-iptables':
      'Lines of a paste are no lines of iptables’ and are skipped: prompts, prose, fences, rules in nft’s language.',
    'cut-off': 'The text ends in the middle of a line.',
  },
  check,
};

const whatIs = {
  prompt: 'prompts',
  fence: 'Markdown',
  gap: 'gaps',
  nft: "rules in nft's own language",
  separator: 'separators',
  text: 'text',
} as const;
const mostNamed = 6;

// biome-ignore lint/correctness/useYield: a few lines at most; the shape of the file is worked out elsewhere.
function* check(input: LintInput, report: (finding: Finding) => void): Steps<void> {
  const shape = fileShape(input);
  reportSkipped(input, shape, report);
  reportJoined(input, shape, report);
}

function reportSkipped({ ruleset }: LintInput, shape: FileShape, report: (finding: Finding) => void): void {
  const { unread, foreign, isRestoreFile } = shape;
  const skipped = isRestoreFile ? foreign : [...unread, ...foreign].sort((a, b) => a - b);
  const [first] = skipped;
  if (first === undefined) return;
  const kinds = new Set<string>();
  if (!isRestoreFile && unread.length > 0) kinds.add('text');
  for (const number of foreign) {
    const line = ruleset.lines[number];
    const statement = line === undefined ? undefined : statementOf(line);
    if (statement?.kind === 'foreign') kinds.add(whatIs[statement.what]);
    if (kinds.size > Object.keys(whatIs).length) break;
  }
  const message = `${skipped.length === 1 ? '1 line is' : `${skipped.length} lines are`} no iptables and skipped (${[...kinds].join(', ')}): ${rangesOf(skipped)}`;
  const place = { line: first, start: 0, end: ruleset.lines[first]?.text.length ?? 0 };
  report(finding(place, 'not-iptables', 'info', message, { table: tableAt(ruleset, first) }));
}

function reportJoined({ ruleset }: LintInput, { joined }: FileShape, report: (finding: Finding) => void): void {
  const [first] = joined;
  const line = first === undefined ? undefined : ruleset.lines[first];
  const problem = line?.problems.find(({ code }) => code === joinedCode);
  if (first === undefined || problem === undefined) return;
  const message = `Several lines of a dump stand on one, and only the first of them is read: ${rangesOf(joined)}`;
  report(
    finding({ line: first, start: problem.start, end: problem.end }, joinedCode, 'info', message, {
      table: tableAt(ruleset, first),
      fix: { title: 'Put each line on a line of its own', text: '', repair: 'plain-dump' },
    }),
  );
}

/** "line 3", "lines 1, 4-9 and others", 1-based. */
function rangesOf(lines: readonly number[]): string {
  const ranges: string[] = [];
  let from = lines[0] ?? 0;
  let to = from;
  for (const number of [...lines.slice(1), Number.POSITIVE_INFINITY]) {
    if (number === to + 1) {
      to = number;
      continue;
    }
    ranges.push(from === to ? `${from + 1}` : `${from + 1}-${to + 1}`);
    from = number;
    to = number;
  }
  const shown = ranges.slice(0, mostNamed).join(', ');
  const word = lines.length === 1 ? 'line' : 'lines';
  return ranges.length > mostNamed ? `${word} ${shown} and others` : `${word} ${shown}`;
}

/** Whether a paste ends within this line: it is the last one, has something wrong with it, and no COMMIT stands below. */
export function isCutOff(input: LintInput, number: number): boolean {
  const { ruleset } = input;
  const shape = fileShape(input);
  if (number !== shape.last || shape.isRestoreFile || shape.withProblems.at(-1) !== number) return false;
  const line = ruleset.lines[number];
  // What cannot be read at all is no line that was begun.
  if (line === undefined || (line.kind === 'other' && !/^\s*-{1,2}[A-Za-z]/.test(line.text))) return false;
  const table = tableAt(ruleset, number);
  return table !== undefined && table.commitLine === undefined;
}
