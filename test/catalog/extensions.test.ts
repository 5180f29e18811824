import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { matchData, targetData } from '../../server/src/catalog/extensions/registry.ts';
import { matches, spellings, targets } from '../../server/src/catalog/lookup.ts';
import type { ExtensionSpec, OptionSpec } from '../../server/src/catalog/types.ts';
import { fixtureText } from '../support/fixtures.ts';

interface ProbedOption {
  readonly long: string;
  readonly families?: readonly string[];
  readonly arity: number;
  readonly invertible: boolean;
  readonly mandatory?: boolean;
  readonly repeatable?: boolean;
  readonly excludes?: readonly string[];
  readonly requires?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  /** Read by getopt and the extension's own code: mandatory and repeatable were not probed. */
  readonly oldstyle?: boolean;
}

interface ProbedExtension {
  readonly name: string;
  readonly kind: 'match' | 'target';
  readonly families: readonly string[];
  readonly options: readonly ProbedOption[];
}

describe('a file in catalog/extensions', () => {
  const filesIn = (folder: string): readonly string[] =>
    readdirSync(new URL(`../../server/src/catalog/extensions/${folder}`, import.meta.url)).sort();

  it('is registered, and is named like its match or target', () => {
    expect(filesIn('matches')).toEqual(matchData.map(({ name }) => `${name}.ts`).sort());
    expect(filesIn('targets')).toEqual(targetData.map(({ name }) => `${name}.ts`).sort());
  });
});

/** What the list says otherwise than the catalogue, and why the catalogue is right. */
const knownDifferences = new Set([
  // Its own code takes a second word, as --match-set's does; the list has what getopt is told.
  'set --set arity',
]);

/** Extensions ("match NAME", "target NAME") that iptables 1.8.9 has not, each with the version or the package that has it. */
const notIn189: Readonly<Record<string, string>> = {};

describe('the catalogue and the probed list of iptables 1.8.9', () => {
  const probed = (JSON.parse(fixtureText('corpus/extensions.json')) as { readonly extensions: readonly ProbedExtension[] })
    .extensions;

  it('have the same matches and targets', () => {
    const name = (extension: { readonly kind: string; readonly name: string }): string => `${extension.kind} ${extension.name}`;
    expect([...matches, ...targets].map(name).sort()).toEqual([...probed.map(name), ...Object.keys(notIn189)].sort());
  });

  it('agree on every option', () => {
    const differences = probed.flatMap((extension) => compare(extension, [...matches, ...targets]));
    expect(differences.filter((difference) => !knownDifferences.has(difference.split(':')[0] ?? ''))).toEqual([]);
  });
});

function compare(probed: ProbedExtension, all: readonly ExtensionSpec[]): readonly string[] {
  const extension = all.find((candidate) => candidate.kind === probed.kind && candidate.name === probed.name);
  if (extension === undefined) return [`${probed.name}: missing`];
  const differences: string[] = [];
  const seen = new Set<OptionSpec>();
  const canonical = (long: string): string | undefined =>
    extension.options.find((option) => spellings(option).includes(long))?.long;
  for (const theirs of probed.options) {
    const ours = extension.options.find((option) => spellings(option).includes(theirs.long));
    if (ours === undefined) {
      differences.push(`${probed.name} ${theirs.long}: missing`);
      continue;
    }
    seen.add(ours);
    const check = (what: string, left: unknown, right: unknown): void => {
      const [a, b] = [JSON.stringify(left), JSON.stringify(right)];
      if (a !== b) differences.push(`${probed.name} ${theirs.long} ${what}: ${a}, probed ${b}`);
    };
    const names = (longs: readonly string[] | undefined): unknown =>
      [...new Set((longs ?? []).map(canonical))].filter((long) => long !== ours.long).sort();
    check('arity', ours.arity, theirs.arity);
    check('negatable', ours.negatable, theirs.invertible);
    check('families', ours.families, theirs.families ?? probed.families);
    check('excludes', names(ours.excludes), names(theirs.excludes));
    check('requires', names(ours.requires), names(theirs.requires));
    if (!theirs.oldstyle) {
      check('mandatory', ours.mandatory, theirs.mandatory ?? false);
      check('repeatable', ours.repeatable, theirs.repeatable ?? false);
    }
    if (theirs.min !== undefined && ours.value?.type === 'uint') check('min', ours.value.min ?? 0, theirs.min);
    // Where the list has 0 for the upper bound it means the type's own.
    if (theirs.max && ours.value?.type === 'uint') check('max', ours.value.max ?? 2 ** ours.value.bits - 1, theirs.max);
  }
  for (const option of extension.options)
    if (!seen.has(option)) differences.push(`${probed.name} ${option.long}: not in the list`);
  return differences;
}
