import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { rulesetOf } from '../support/dumps.ts';
import { fixturePath, fixtureText } from '../support/fixtures.ts';
import { findingsIn } from './check-findings.ts';

/** Texts with what people's pastes have: prompts, fences, cuts, joined and wrapped lines, quotes; one kind a file. */
const files = readdirSync(fixturePath('pasted'))
  .filter((name) => name.endsWith('.iptables'))
  .toSorted();

/** The log of a kube-proxy whose input iptables-restore refused. */
const refused = 'log-prefix.iptables';

describe('dumps as people paste them', () => {
  it('have the one error that iptables had with them', () => {
    const findings = findingsIn(fixtureText(`pasted/${refused}`), refused);
    const errors = findings.filter(({ severity }) => severity === 'error');
    // A chain whose rule is broken is not empty.
    expect(findings.map(({ code }) => code)).toEqual(['not-iptables', 'bad-argument']);
    expect(errors.map(({ line, message }) => [line + 1, message])).toEqual([[6, "Bad argument `KUBE-SEP-IAZPHGLZVO2SWOVD'"]]);
  });

  it.each(files.filter((name) => name !== refused))('%s has no error', (name) => {
    const findings = findingsIn(fixtureText(`pasted/${name}`), name);
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  it.each(files)('%s says at most once what is no iptables', (name) => {
    const findings = findingsIn(fixtureText(`pasted/${name}`), name);
    expect(findings.filter(({ code }) => code === 'not-iptables').length).toBeLessThanOrEqual(1);
    expect(findings.filter(({ code }) => code === 'joined-lines').length).toBeLessThanOrEqual(1);
  });

  it('give every chain that their rules name', () => {
    const chainsOf = (name: string): number =>
      rulesetOf(fixtureText(`pasted/${name}`), name).tables.reduce((count, { chains }) => count + chains.size, 0);
    expect(chainsOf('quoted-prefix.iptables')).toBe(12);
    expect(chainsOf('tab-indented.iptables')).toBe(14);
    expect(chainsOf('listing.iptables')).toBe(3);
    expect(chainsOf('counters.iptables')).toBe(5);
  });
});
