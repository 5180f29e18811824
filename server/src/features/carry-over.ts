import type { Finding } from '../lint/finding.ts';
import type { Ruleset } from '../ruleset/ruleset.ts';

/**
 * Findings on older lines at the places where those lines are among newer ones; those of lines that were edited are left out. Lines
 * that an edit did not touch are the same objects in both.
 */
export function carryOver(findings: readonly Finding[], old: Ruleset['lines'], now: Ruleset['lines']): readonly Finding[] {
  if (findings.length === 0 || old === now) return findings;
  let head = 0;
  while (head < old.length && head < now.length && old[head] === now[head]) head += 1;
  let tail = 0;
  while (tail < old.length - head && tail < now.length - head && old[old.length - 1 - tail] === now[now.length - 1 - tail])
    tail += 1;
  const shift = now.length - old.length;
  return findings.flatMap((finding) => {
    if (finding.line < head) return [finding];
    return finding.line >= old.length - tail ? [{ ...finding, line: finding.line + shift }] : [];
  });
}
