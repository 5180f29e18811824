import type { Steps } from '../../base/steps.ts';
import { isChainShownWhole } from '../../ruleset/completeness.ts';
import type { Chain } from '../../ruleset/ruleset.ts';
import { insertedBehind, removedLines } from '../mending/change.ts';
import type { Fix } from '../mending/fix.ts';
import { isMendable } from '../mending/mendable.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';
import { targetPlace } from '../support/line-place.ts';
import { masqueradeRules } from '../support/masquerade-rule.ts';

/** kubernetes/kubernetes PR 92035: KUBE-POSTROUTING clears the mark before it masquerades, since kube-proxy 1.19. */
export const markNotCleared: LintRule = {
  codes: { 'mark-not-cleared': 'KUBE-POSTROUTING leaves the mark on: over a tunnel a packet is masqueraded twice.' },
  check,
};

function* check(input: LintInput, report: (finding: Finding) => void): Steps<void> {
  const { ruleset } = input;
  for (const { table, chain, number, rule } of yield* masqueradeRules(ruleset)) {
    const clears = chain.rules.some((other) => other < number && ruleset.lines.at(other)?.target === 'MARK');
    // In an excerpt the rule may be among what is left out.
    if (clears || !isChainShownWhole(ruleset, chain)) continue;
    const message =
      'KUBE-POSTROUTING does not clear the mark before it masquerades: over VXLAN a packet is masqueraded twice (kube-proxy does so since 1.19)';
    report(
      finding(targetPlace(number, rule), 'mark-not-cleared', 'info', message, {
        table,
        chain,
        fixes: () => clearing(input, chain, number),
      }),
    );
  }
}

/** Marks as kube-proxy up to 1.18 writes them, one bit for the value and the mask. */
const ownMark = / -m mark --mark (0x[0-9a-f]+)\/\1(?= |$)/;

/** What kube-proxy writes since 1.19, for a rule that is the chain's last: return without the mark, clear it, masquerade. */
function clearing(input: LintInput, chain: Chain, number: number): readonly Fix[] {
  const { document, ruleset } = input;
  const text = ruleset.lines.at(number)?.text ?? '';
  const found = ownMark.exec(text);
  if (found?.[1] === undefined || chain.rules.at(-1) !== number || !isMendable(input, chain.table)) return [];
  const mark = found[1];
  const start = text.indexOf('-A ');
  const rules = [
    `-A ${chain.name} -m mark ! --mark ${mark}/${mark} -j RETURN`,
    `-A ${chain.name} -j MARK --set-xmark ${mark}/0x0`,
    text.slice(start).replace(ownMark, ''),
  ];
  return [
    {
      title: 'Clear the mark before masquerading, as kube-proxy 1.19 and later do',
      safety: 'unsafe',
      changes: () => [...insertedBehind(document, number - 1, rules), ...removedLines(document, [number])],
    },
  ];
}
