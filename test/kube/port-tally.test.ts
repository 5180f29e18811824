import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { otherCluster } from '../../server/src/kube/drift/other-cluster.ts';
import { portTally } from '../../server/src/kube/drift/port-tally.ts';
import { buildWholeRuleset, rebuildRuleset } from '../../server/src/ruleset/build.ts';
import type { Ruleset } from '../../server/src/ruleset/ruleset.ts';
import { changeDocument, readWholeDocument, type SourceDocument, type TextChange } from '../../server/src/syntax/document.ts';
import { randomEdit, seeded, textOf } from '../property/random-edits.ts';
import { clusterFrom } from '../support/dumps.ts';
import { fixturePath } from '../support/fixtures.ts';

const path = fixturePath('sample/worker-1.iptables');
const cluster = clusterFrom(fixturePath('sample/cluster.json'));

function tallies(ruleset: Ruleset): readonly object[] {
  return ruleset.dumps.map((dump) => {
    const { numbers, hashes, counts } = portTally(ruleset, dump);
    const isOther = otherCluster(ruleset, dump, cluster);
    return { numbers, hashes, counts: [...counts].sort(([one], [other]) => (one < other ? -1 : 1)), isOther };
  });
}

/** Now and then a rule for a Service comes, goes or moves; otherwise anything. */
function edit(document: SourceDocument, below: (bound: number) => number): TextChange {
  const rules = document.lines.slice().flatMap(({ text }, line) => (/^-A KUBE-(?:SERVICES|NODEPORTS) /.test(text) ? [line] : []));
  const line = rules[below(Math.max(1, rules.length))];
  if (line === undefined || below(3) === 0) return randomEdit(document, below);
  const start = { line, character: 0 };
  const again = `${document.lines.at(rules[below(rules.length)] ?? line)?.text ?? ''}\n`;
  switch (below(3)) {
    case 0:
      return { range: { start, end: { line: line + 1, character: 0 } }, text: '' };
    case 1:
      return { range: { start, end: start }, text: again };
    default:
      return { range: { start, end: { line: line + 1, character: 0 } }, text: again };
  }
}

describe('the Service ports that a dump has rules for', () => {
  it('are those of the sample', () => {
    const text = readFileSync(path, 'utf8');
    const ruleset = buildWholeRuleset(readWholeDocument(text, path));
    const [dump] = ruleset.dumps;
    const expected = [...text.matchAll(/^-A KUBE-(?:SERVICES|NODEPORTS) .* -j KUBE-(?:SVC|EXT|FW|SVL)-(\S+)$/gm)].map(
      ([, hash]) => hash,
    );
    const { hashes } = dump === undefined ? { hashes: [] } : portTally(ruleset, dump);
    expect(hashes.filter((hash) => hash !== '').toSorted()).toEqual(expected.toSorted());
    expect(expected.length).toBeGreaterThan(5);
  });

  it.each([1, 2, 3, 4])('are counted on over 400 edits as the whole text gives them (seed %i)', { timeout: 60_000 }, (seed) => {
    const below = seeded(seed);
    const text = readFileSync(path, 'utf8');
    let document = readWholeDocument(text, path);
    let ruleset = buildWholeRuleset(document);
    for (let number = 0; number < 400; number += 1) {
      if (number % 60 === 0) {
        document = readWholeDocument(text, path);
        ruleset = buildWholeRuleset(document);
      }
      const change = edit(document, below);
      const before = { ruleset, tallies: tallies(ruleset) };
      document = runToEnd(changeDocument(document, change, path));
      ruleset = runToEnd(rebuildRuleset(document, ruleset));
      const fresh = buildWholeRuleset(readWholeDocument(textOf(document), path));
      const where = `edit ${number}: ${JSON.stringify(change)}`;
      expect(tallies(ruleset), where).toEqual(tallies(fresh));
      // Whoever still holds the version before gets what it said.
      if (number % 5 === 0) expect(tallies(before.ruleset), where).toEqual(before.tallies);
    }
  });

  it('of a rule that takes another away are none', () => {
    const hash = 'NPX46M4PTMTKRN6Y';
    const ruleset = buildWholeRuleset(
      readWholeDocument(
        `*nat\n:KUBE-SERVICES - [0:0]\n:KUBE-SVC-${hash} - [0:0]\n-D KUBE-SERVICES -j KUBE-SVC-${hash}\nCOMMIT\n`,
        '',
      ),
    );
    expect(ruleset.dumps.map((dump) => [...portTally(ruleset, dump).counts])).toEqual([[]]);
  });
});
