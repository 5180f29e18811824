/**
 * What is said of a recorded dump that went through people's hands: no error that the whole does not have, and nothing that the whole contradicts,
 * whatever command is asked. Less may be said, or that something is not known.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { emptyCluster } from '../../server/src/cluster/cluster.ts';
import { diffDumps } from '../../server/src/kube/drift/dump-diff.ts';
import { withoutThroughout } from '../../server/src/syntax/apart.ts';
import { readWholeDocument } from '../../server/src/syntax/document.ts';
import { findingsIn } from '../lint/check-findings.ts';
import { rulesetOf } from '../support/dumps.ts';
import { labPath } from '../support/fixtures.ts';
import { chainsIn, driftIn, dumpOf, endsIn, faults, namesIn, once, statesIn, tracedEnds, type Whole } from './answers.ts';
import { damages } from './damages.ts';

const wholes: Readonly<Record<string, Whole>> = {
  save: dumpOf(labPath('shop-1.30/node-a.iptables'), labPath('shop-1.30/cluster.json')),
  '-L -n -v': dumpOf(labPath('shop-listings/nat.L-n-v.txt'), labPath('shop/cluster.json')),
  '-S': dumpOf(labPath('shop-listings/nat.S.txt'), labPath('shop/cluster.json')),
};

/** A text as the editor and the command line read it, where something was done to all of its lines. */
function asRead(text: string): string {
  const document = runToEnd(withoutThroughout(readWholeDocument(text)));
  return document.apart === undefined
    ? text
    : document.lines
        .slice()
        .map((line) => line.text)
        .join('\n');
}

const asked = ['10.96.0.1:443', '10.96.0.10:9153'];

/** What is known of a whole, to which what is said of a damaged one is compared. */
const known = once((whole) => {
  const names = namesIn(whole.text);
  return {
    ruleset: rulesetOf(whole.text),
    warnings: new Set(findingsIn(whole.text).map(({ code }) => code)),
    names,
    states: statesIn(whole.text, names),
    chains: chainsIn(whole.text),
    drift: new Set(driftIn(whole.text, whole.cluster ?? emptyCluster)),
    flows: new Map(names.slice(0, 4).map((name) => [name, endsIn(whole.text, name) ?? []])),
    traces: new Map(asked.map((to) => [to, new Set(tracedEnds(whole.text, to)?.ends)])),
  };
});

/** Everything that is said of a text and should not be, in words. */
function wrongIn(text: string, whole: Whole): readonly string[] {
  const truth = known(whole);
  const wrong: string[] = [];
  for (const { code, severity, line, message } of findingsIn(text))
    if (severity === 'error' || (severity === 'warning' && !truth.warnings.has(code) && code !== 'transport-damage'))
      wrong.push(`${severity} ${code}, line ${line + 1}: ${message}`);
  for (const [chain, name] of chainsIn(text))
    if (truth.chains.has(chain) && truth.chains.get(chain) !== name) wrong.push(`resolve: ${chain} is ${name}`);
  const names = namesIn(text).filter((name) => truth.names.includes(name));
  for (const [name, kind] of statesIn(text, names))
    if (faults.has(kind) && truth.states.get(name) !== kind) wrong.push(`map: ${name} ${kind}`);
  for (const [name, ends] of truth.flows) {
    if (!names.includes(name)) continue;
    for (const end of endsIn(text, name) ?? []) {
      const isKnown = ends.some((other) => other === end || other.startsWith(`${end}:`));
      if (end !== 'not known' && !isKnown && !(end === 'not redirected' && ends.includes('DROP')))
        wrong.push(`flow: ${name} leads to ${end}`);
    }
  }
  for (const [to, ends] of truth.traces) {
    const traced = tracedEnds(text, to);
    if (traced?.isSure !== true) continue;
    for (const end of traced.ends) if (!ends.has(end)) wrong.push(`trace: ${to} ends as ${end}`);
  }
  if (whole.cluster !== null)
    for (const name of driftIn(text, whole.cluster)) if (!truth.drift.has(name)) wrong.push(`drift: ${name}`);
  const damaged = rulesetOf(text);
  for (const differences of [diffDumps(damaged, truth.ruleset), diffDumps(truth.ruleset, damaged)]) {
    const { services, chains, rules } = runToEnd(differences);
    wrong.push(...[...services, ...chains, ...rules].slice(0, 3).map((difference) => `diff: ${JSON.stringify(difference)}`));
  }
  return wrong;
}

describe('of a dump that was damaged on its way', () => {
  it('nothing is said that is not so of the whole', { timeout: 240_000 }, () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(damages)), fc.constantFrom(...Object.keys(wholes)), (damage, name) => {
        const whole = wholes[name];
        const change = damages[damage];
        if (whole === undefined || change === undefined) throw new Error(`no ${damage} of ${name}`);
        expect(wrongIn(asRead(change(whole.text.trimEnd().split('\n'))), whole)).toEqual([]);
      }),
      { seed: 20_261_126, numRuns: 70 },
    );
  });
});
