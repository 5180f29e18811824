import type { Steps } from '../../base/steps.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import { tableAt } from '../../ruleset/ruleset.ts';
import { throughoutOfText } from '../../syntax/apart.ts';
import type { LinesApart } from '../../syntax/document.ts';
import { replaced } from '../mending/change.ts';
import { type FileShape, fileShape } from '../support/file-shape.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';
import { lineEndChanges, repairEdits, wholeLineEdits } from '../support/repair.ts';

/**
 * What only a transport did to a file: CR LF line ends, a byte order mark, blanks at the end of lines, an indent. Where it did so to the whole file
 * it is one warning; a single line of that kind is an error, as iptables-restore refuses it.
 */
export const transport: LintRule = {
  codes: {
    'transport-damage':
      'The lines are a dump’s, but their ends or beginnings were changed on the way: iptables-restore refuses the file.',
    'carriage-return': 'A line ends in CR LF, which iptables-restore takes for a part of its last word.',
    indented: 'iptables-restore takes `*table`, `:CHAIN`, `COMMIT` and comments only at the start of a line.',
    'blank-line': 'iptables-restore refuses a line of blanks; an empty one it skips.',
  },
  check,
};

/** From how many lines on something is the transport's doing, if most lines show it. */
const fewLines = 3;

function isEverywhere(count: number, shape: FileShape): boolean {
  return count >= Math.max(fewLines, shape.written / 2);
}

/** Whether blanks at the end of lines are all over the file. Only those behind COMMIT and on otherwise empty lines do harm. */
export function hasTrailingBlanks(shape: FileShape): boolean {
  return isEverywhere(shape.trailingBlanks, shape);
}

function* check(input: LintInput, report: (finding: Finding) => void): Steps<void> {
  const { document, ruleset } = input;
  if (document.apart !== undefined) reportBlanks(input, document.apart, report);
  const shape = fileShape(input);
  if (shape.isPaste || ruleset.tables.length === 0) return;
  const damage: string[] = [];
  if (document.byteOrderMark) damage.push('it begins with a byte order mark');
  const crlf = isEverywhere(shape.carriageReturns, shape);
  if (crlf) damage.push('its lines end in CR LF');
  const indent = isEverywhere(shape.indented, shape) && shape.prefixed.length > 0;
  if (indent) damage.push('its lines are indented');
  if (hasTrailingBlanks(shape)) damage.push('its lines have blanks at their end');
  yield;
  const [line] = ruleset.lines;
  if (damage.length > 0 && line !== undefined) {
    const message = `iptables-restore would refuse this file: ${damage.join(', ')}`;
    report(
      finding({ line: 0, start: 0, end: line.text.length }, 'transport-damage', 'warning', message, {
        // It changes every line, and bytes that somebody may want to keep.
        fixes: [
          {
            title: 'Make it a file that iptables-restore takes',
            safety: 'unsafe',
            changes: () => repairEdits(document, 'transport'),
            mendsLineEnds: true,
          },
        ],
      }),
    );
  }
  if (!indent) reportIndented(input, shape, report);
  if (!hasTrailingBlanks(shape) && !indent) reportBlankLines(input, shape, report);
  if (!crlf && shape.carriageReturns > 0) yield* reportCarriageReturns(input, report);
}

/** Of a file for iptables-restore in which a page made blanks such as do not break. */
function reportBlanks({ document, ruleset }: LintInput, apart: LinesApart, report: (finding: Finding) => void): void {
  const [table] = ruleset.tables;
  if (throughoutOfText(apart) !== 'no-break-blanks' || table?.declared !== true) return;
  const line = table.firstLine;
  const message =
    'iptables-restore would refuse this file: its blanks are such as do not break (U+00A0), which it takes for letters';
  report(
    finding({ line, start: 0, end: document.lines.at(line)?.text.length ?? 0 }, 'transport-damage', 'warning', message, {
      table,
      fixes: [
        { title: 'Make them plain blanks', safety: 'unsafe', changes: () => wholeLineEdits(document), mendsAllLines: true },
      ],
    }),
  );
}

const whatIs = { table: '*table', chain: ':CHAIN', commit: 'COMMIT', comment: 'a comment', rule: 'counters' } as const;

function reportIndented({ ruleset }: LintInput, shape: FileShape, report: (finding: Finding) => void): void {
  for (const number of shape.prefixed) {
    const line = ruleset.lines.at(number);
    if (line === undefined || !(line.kind in whatIs)) continue;
    const what = whatIs[line.kind as keyof typeof whatIs];
    const place = { line: number, start: 0, end: line.prefix };
    report(
      finding(place, 'indented', 'error', `iptables-restore takes ${what} only at the start of a line`, {
        table: tableAt(ruleset, number),
        fixes: [{ title: 'Remove the indent', safety: 'safe', changes: () => [replaced(place, '')] }],
      }),
    );
  }
}

function reportBlankLines({ ruleset }: LintInput, shape: FileShape, report: (finding: Finding) => void): void {
  for (const number of shape.blank) {
    const line = ruleset.lines.at(number);
    if (line === undefined || line.isFaulty) continue;
    const place = { line: number, start: 0, end: line.text.length };
    report(
      finding(place, 'blank-line', 'error', 'no command specified: iptables-restore skips an empty line, but not one of blanks', {
        table: tableAt(ruleset, number),
        fixes: [{ title: 'Remove the blanks', safety: 'safe', changes: () => [replaced(place, '')] }],
      }),
    );
  }
}

const linesBetweenPauses = 8192;

function* reportCarriageReturns({ document, ruleset }: LintInput, report: (finding: Finding) => void): Steps<void> {
  for (let number = 0; number < ruleset.lines.length; number += 1) {
    if (number % linesBetweenPauses === linesBetweenPauses - 1) yield;
    const line = ruleset.lines.at(number);
    if (line?.carriageReturn !== true || line.kind === 'comment') continue;
    const end = line.text.length;
    const start = Math.max(line.text.trimEnd().lastIndexOf(' '), line.text.trimEnd().lastIndexOf('\t')) + 1;
    // Behind a comment's words it loads, as a part of them.
    const severity = ruleAt(ruleset, number)?.options.at(-1)?.name === '--comment' ? 'warning' : 'error';
    const message = 'This line ends in CR LF: iptables-restore takes the CR for a part of the last word';
    report(
      finding({ line: number, start, end }, 'carriage-return', severity, message, {
        table: tableAt(ruleset, number),
        fixes: [
          {
            title: 'Make all line ends LF',
            safety: 'safe',
            changes: () => lineEndChanges(document),
            mendsLineEnds: true,
          },
        ],
      }),
    );
  }
}
