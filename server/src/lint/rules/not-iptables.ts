import type { Steps } from '../../base/steps.ts';
import { tableAt } from '../../ruleset/ruleset.ts';
import { statementOf } from '../../syntax/document.ts';
import { isCutAway } from '../support/cut-text.ts';
import { fileShape } from '../support/file-shape.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';
import { lineRanges } from '../support/line-ranges.ts';

/** Text of a paste that is none of iptables': said once, not line by line. */
export const notIptables: LintRule = {
  codes: {
    'not-iptables':
      'Lines of a paste are no lines of iptables’ and are skipped: prompts, prose, fences, rules in nft’s language.',
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
  log: 'logs',
  // The rest of a line that was read with the line above.
  wrapped: undefined,
} as const;

function* check(input: LintInput, report: (finding: Finding) => void): Steps<void> {
  const { ruleset } = input;
  const { unread: all, foreign, isRestoreFile } = fileShape(input);
  const unread = all.filter((number) => !isCutAway(input, number));
  const isSkipped = (number: number): boolean => ruleset.lines.at(number)?.context.within?.kind !== 'wrapped';
  const skipped = (isRestoreFile ? foreign : [...unread, ...foreign].sort((a, b) => a - b)).filter(isSkipped);
  const [first] = skipped;
  if (first === undefined) return;
  const kinds = new Set<string>();
  if (!isRestoreFile && unread.length > 0) kinds.add('text');
  for (const number of foreign) {
    const line = ruleset.lines.at(number);
    const statement = line === undefined ? undefined : statementOf(line);
    const what = statement?.kind === 'foreign' ? whatIs[statement.what] : undefined;
    if (what !== undefined) kinds.add(what);
    if (kinds.size > Object.keys(whatIs).length) break;
  }
  const message = `${skipped.length === 1 ? '1 line is' : `${skipped.length} lines are`} no iptables and skipped (${[...kinds].join(', ')}): ${lineRanges(skipped)}`;
  const place = { line: first, start: 0, end: ruleset.lines.at(first)?.text.length ?? 0 };
  report(finding(place, 'not-iptables', 'info', message, { table: tableAt(ruleset, first) }));
}
