import type { Steps } from '../../base/steps.ts';
import { fileShape } from '../support/file-shape.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';

/** iptables-save's own warning that the other back end has rules, too, which the dump does not show (kubernetes/kubernetes#109811). */
export const otherBackEnd: LintRule = {
  codes: { 'other-back-end': 'The other back end of iptables has tables, too: the kernel goes by both, the dump shows one.' },
  check,
};

const warning = /^# Warning: (iptables|ip6tables)(?:-(legacy|nft))? tables present, use (\S+)/;

// biome-ignore lint/correctness/useYield: a dump has a few comments.
function* check(input: LintInput, report: (finding: Finding) => void): Steps<void> {
  for (const number of fileShape(input).warnings) {
    const line = input.ruleset.lines[number];
    const found = line === undefined ? null : warning.exec(line.text.slice(line.prefix));
    if (line === undefined || found === null) continue;
    const place = { line: number, start: line.prefix, end: line.text.length };
    const message = `The kernel has rules of ${found[1]}-${found[2] ?? 'legacy'} as well, which this dump does not show: packets go by both. See them with ${found[3]}`;
    report(finding(place, 'other-back-end', 'warning', message));
  }
}
