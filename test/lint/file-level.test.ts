import { describe, expect, it } from 'vitest';
import { type FileCase, fileCases } from '../support/file-cases.ts';
import { findingsIn } from './check-findings.ts';
import { knownDifferences } from './file-level-differences.ts';

/**
 * What we make of a file. A warning is enough where only the kernel refuses it, and for what a transport did: that is said in one warning
 * which names iptables-restore.
 */
function isRefused({ text, family }: FileCase, atCommitOnly: boolean): boolean {
  const findings = findingsIn(text, family === 'ipv6' ? 'rules.v6' : 'rules.v4');
  return findings.some(
    ({ severity, code }) => severity === 'error' || code === 'transport-damage' || (atCommitOnly && severity === 'warning'),
  );
}

/** Whether we agree with real iptables: what either back end accepts is no error, what both refuse is one. */
function agrees(file: FileCase): boolean {
  if (file.legacy === 'accepted' || file.nft === 'accepted') return !isRefused(file, false);
  return isRefused(file, file.legacy === 'refused-at-commit' && file.nft === 'refused-at-commit');
}

describe('files that were given to real iptables', () => {
  const cases = fileCases();

  it('are 534', () => {
    expect(cases).toHaveLength(534);
  });

  for (const section of new Set(cases.map((file) => file.section))) {
    it(section, () => {
      const wrong = cases
        .filter((file) => file.section === section && !knownDifferences.has(file.name) && !agrees(file))
        .map(({ name, words }) => `${name}: ${words}`);
      expect(wrong).toEqual([]);
    });
  }

  it('and where we differ it is still so, and for the reason given', () => {
    const byName = new Map(cases.map((file) => [file.name, file]));
    for (const [name, reason] of knownDifferences) {
      const file = byName.get(name);
      expect(file, name).toBeDefined();
      expect(reason).not.toBe('');
      expect(file === undefined || agrees(file), `${name} agrees by now: ${reason}`).toBe(false);
    }
  });
});

describe('the differences', () => {
  it('are few', () => {
    expect(knownDifferences.size).toBeLessThanOrEqual(20);
  });
});
