import type { Steps } from '../../base/steps.ts';
import { fileShape } from '../support/file-shape.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';
import { linePlace } from '../support/line-place.ts';

/**
 * iptables-save's own note that the other back end has tables, too (kubernetes/kubernetes#109811). It looks for tables alone, which loading a module
 * makes: they may hold no rule.
 */
export const otherBackEnd: LintRule = {
  codes: {
    'other-back-end': 'The other back end of iptables has tables, too, which the dump does not show: the kernel goes by both.',
  },
  check,
};

const note = /^# Warning: (iptables|ip6tables)(?:-(legacy|nft))? tables present, use (\S+)/;

function* check(input: LintInput, report: (finding: Finding) => void): Steps<void> {
  const { ruleset } = input;
  for (const number of fileShape(input).warnings) {
    const line = ruleset.lines.at(number);
    const found = line === undefined ? null : note.exec(line.text.slice(line.prefix));
    if (found === null) continue;
    const [, program = '', variant = 'legacy', command = ''] = found;
    const family = program === 'ip6tables' ? 'ipv6' : 'ipv4';
    // Where its dump stands in the same text, it is shown.
    if (ruleset.dumps.some((dump) => dump.family === family && dump.generator?.backend === variant)) continue;
    const message = `${program}-${variant} has tables as well; whether they hold rules, this dump does not show. If they do, packets go by both: ${command} shows them`;
    report(finding(linePlace(ruleset, number), 'other-back-end', 'info', message));
  }
}
