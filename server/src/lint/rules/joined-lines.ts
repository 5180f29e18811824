import type { Steps } from '../../base/steps.ts';
import { tableAt } from '../../ruleset/ruleset.ts';
import { isBehindAnother, throughoutOfText } from '../../syntax/apart.ts';
import type { LinesApart } from '../../syntax/document.ts';
import type { Lines } from '../../syntax/lines.ts';
import { joinedCode } from '../../syntax/pasted/joined-lines.ts';
import type { Change } from '../mending/change.ts';
import { fileShape } from '../support/file-shape.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';
import { lineRanges } from '../support/line-ranges.ts';
import { repairEdits, wholeLineEdits } from '../support/repair.ts';

/** Several lines of a dump on one, as in a JSON string: said once. Its code is one of the reader's problems (`line-problems`). */
export const joinedLines: LintRule = { codes: {}, check };

const title = 'Put each line on a line of its own';

function* check(input: LintInput, report: (finding: Finding) => void): Steps<void> {
  const { document, ruleset } = input;
  const { apart } = document;
  if (apart !== undefined) {
    const throughout = throughoutOfText(apart);
    if (throughout === undefined) report(ofApart(input, apart));
    else if (throughout === 'side-by-side') report(ofSides(input));
    else if (throughout === 'broken') report(ofBroken(input, apart));
    return;
  }
  const { joined } = fileShape(input);
  const [first] = joined;
  const line = first === undefined ? undefined : ruleset.lines.at(first);
  const problem = line?.problems.find(({ code }) => code === joinedCode);
  if (first === undefined || problem === undefined) return;
  const message = `Several lines of a dump stand on one, and only the first of them is read: ${lineRanges(joined)}`;
  report(
    finding({ line: first, start: problem.start, end: problem.end }, joinedCode, 'info', message, {
      table: tableAt(ruleset, first),
      fixes: [{ title, safety: 'unsafe', changes: () => repairEdits(document, 'plain-dump') }],
    }),
  );
}

/** Of a log's quote that a terminal broke nothing is written anew: what stood around it would be lost. */
function ofBroken(input: LintInput, apart: LinesApart): Finding {
  const { fixes: _, ...said } = ofApart(input, apart);
  return { ...said, fixes: () => [] };
}

/** Where they were put apart already it stands at the first that was not at its line's beginning. */
function ofApart({ document, ruleset }: LintInput, apart: LinesApart): Finding {
  const line = Math.max(
    apart.places.findIndex((_, number) => isBehindAnother(apart, number)),
    0,
  );
  const message = 'Several lines of a dump stand on one: each is read, and counted, as a line of its own';
  const end = document.lines.at(line)?.text.length ?? 0;
  return finding({ line, start: 0, end }, joinedCode, 'info', message, {
    table: tableAt(ruleset, line),
    fixes: [{ title, safety: 'unsafe', changes: () => apartEdits(document, apart) }],
  });
}

/** The first line (0-based) that a table, a chain or a rule stands on; 0 where none does. */
function firstOfDump(lines: Lines): number {
  for (let number = 0; number < lines.length; number += 1) {
    const kind = lines.kindAt(number);
    if (kind === 'table' || kind === 'rule' || kind === 'chain') return number;
  }
  return 0;
}

/** Of two texts side by side one is read. */
function ofSides({ document, ruleset }: LintInput): Finding {
  const line = firstOfDump(document.lines);
  const message = 'Two texts stand side by side, as diff -y prints them: the left one is read';
  const end = document.lines.at(line)?.text.length ?? 0;
  return finding({ line, start: 0, end }, joinedCode, 'info', message, {
    table: tableAt(ruleset, line),
    fixes: [{ title: 'Keep the left one', safety: 'unsafe', changes: () => wholeLineEdits(document), mendsAllLines: true }],
  });
}

/** The edits that write each line on one of its own. */
function apartEdits({ lines }: LintInput['document'], apart: LinesApart): readonly Change[] {
  const changes: Change[] = [];
  for (let first = 0; first < lines.length; first += 1) {
    let last = first;
    while (isBehindAnother(apart, last + 1)) last += 1;
    if (last === first) continue;
    const texts = lines.slice(first, last + 1).map(({ text }) => text);
    // Whatever stands behind the last one on its line closes a string.
    const end = { line: last, character: Number.MAX_SAFE_INTEGER };
    changes.push({ start: { line: first, character: 0 }, end, text: texts.join('\n') });
    first = last;
  }
  return changes;
}
