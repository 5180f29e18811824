import { type Finding, withChanges } from '../../lint/support/finding.ts';
import { changedLines } from '../../ruleset/changed-lines.ts';
import type { Ruleset } from '../../ruleset/ruleset.ts';

/**
 * Findings on older lines at the places where those lines are among newer ones; those of lines that were edited are
 * left out.
 */
export function carryOver(findings: readonly Finding[], old: Ruleset['lines'], now: Ruleset['lines']): readonly Finding[] {
  if (findings.length === 0 || old === now) return findings;
  const { at, removed, added } = changedLines(old, now);
  return findings.flatMap((finding) => {
    if (finding.line < at) return [finding];
    return finding.line >= at + removed ? [withChanges(finding, { line: finding.line + added - removed })] : [];
  });
}
