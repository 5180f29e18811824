import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { rulesetOf } from '../support/dumps.ts';
import { describeWith, sharedPath } from '../support/requirements.ts';
import { findingsIn } from './check-findings.ts';

const folder = join(sharedPath, 'wild');

function filesIn(path: string): readonly string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.endsWith('.tsv'))
      .map(({ name }) => name)
      .toSorted();
  } catch {
    return [];
  }
}

/** Errors that these texts have for real, by file: code and how often. */
const errors: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  // A parser's own stress test, with options and a family that iptables refuses.
  'diekmann-Iptables_Semantics-parser_test.iptables': { 'unknown-option': 1, 'wrong-family': 2 },
};

function errorsIn(text: string, name: string): Readonly<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const { code, severity } of findingsIn(text, name)) if (severity === 'error') found[code] = (found[code] ?? 0) + 1;
  return found;
}

describeWith('shared', 'dumps as people paste them', () => {
  it.each([...filesIn(folder), ...filesIn(join(folder, 'full')).map((name) => join('full', name))])(
    '%s has no error but its own',
    (name) => {
      const text = readFileSync(join(folder, name), 'utf8');
      expect(errorsIn(text, name)).toEqual(errors[name.replace('full/', '')] ?? {});
    },
  );

  it.each(filesIn(folder))('%s says at most once what is no iptables', (name) => {
    const findings = findingsIn(readFileSync(join(folder, name), 'utf8'), name);
    expect(findings.filter(({ code }) => code === 'not-iptables').length).toBeLessThanOrEqual(1);
    expect(findings.filter(({ code }) => code === 'joined-lines').length).toBeLessThanOrEqual(1);
  });

  it('gives every chain that its rules name', () => {
    const chainsOf = (name: string): number =>
      rulesetOf(readFileSync(join(folder, name), 'utf8'), name).tables.reduce((count, { chains }) => count + chains.size, 0);
    expect(chainsOf('kubernetes-kubernetes-80407.iptables')).toBe(12);
    expect(chainsOf('kubernetes-kubernetes-66454.iptables')).toBe(14);
    expect(chainsOf('openconfig-kne-43.iptables')).toBe(3);
    expect(chainsOf('submariner-io-subctl-1205.iptables')).toBe(6);
  });
});
