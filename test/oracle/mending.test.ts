import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { diffDumps } from '../../server/src/kube/drift/dump-diff.ts';
import { allFindings, ownSeverities } from '../../server/src/lint/all-findings.ts';
import { type Mended, mend } from '../../server/src/lint/mending/mend.ts';
import { fileShape } from '../../server/src/lint/support/file-shape.ts';
import { buildWholeRuleset } from '../../server/src/ruleset/build.ts';
import { readWholeDocument } from '../../server/src/syntax/document.ts';
import { doubledDump, faultyDump } from '../support/faulty-dumps.ts';
import { describeWith } from '../support/requirements.ts';
import { type Backend, type Namespace, openNamespace, programName } from './real-iptables.ts';

function mended(text: string, unsafe: boolean): Mended {
  return runToEnd(
    mend({
      text,
      fileName: 'node.iptables',
      unsafe,
      *find(input) {
        return (yield* allFindings(input, ownSeverities, undefined)).findings;
      },
    }),
  );
}

/** What a back end saves once it has loaded a text; undefined where it refuses it. */
async function loaded(namespace: Namespace, backend: Backend, text: string): Promise<string | undefined> {
  const { status } = await namespace.run(programName('ipv4', backend, 'restore'), [], text);
  if (status !== 0) return undefined;
  return (await namespace.run(programName('ipv4', backend, 'save'), [])).stdout;
}

function rulesetOf(text: string) {
  return buildWholeRuleset(readWholeDocument(text, 'node.iptables'));
}

describeWith(['root', 'iptables'], 'real iptables', () => {
  let nft: Namespace;
  let legacy: Namespace;
  beforeAll(async () => {
    nft = await openNamespace();
    legacy = await openNamespace();
  });
  afterAll(() => {
    nft.close();
    legacy.close();
  });

  it('loads what was mended of files that have no error any more', async () => {
    let seen = 0;
    await fc.assert(
      fc.asyncProperty(faultyDump, fc.boolean(), async (text, unsafe) => {
        const { text: after, left, input } = mended(text, unsafe);
        if (!fileShape(input).isRestoreFile || left.some(({ severity }) => severity === 'error')) return;
        // What one back end alone refuses is told of it, or not at all where the file is of the other.
        const isFor = (backend: Backend): boolean =>
          (input.ruleset.dumps[0]?.generator?.backend ?? backend) === backend &&
          !left.some(({ message }) => message.includes(backend));
        seen += 1;
        for (const [backend, namespace] of [
          ['nft', nft],
          ['legacy', legacy],
        ] as const) {
          if (!isFor(backend)) continue;
          const { status, stderr } = await namespace.run(programName('ipv4', backend, 'restore'), ['--test'], after);
          expect(status, `${backend}: ${stderr}${text}\n--- mended:\n${after}`).toBe(0);
        }
      }),
      { numRuns: 40, seed: 7 },
    );
    expect(seen).toBeGreaterThan(5);
  });

  it('saves the same rules before and after safe fixes', async () => {
    let seen = 0;
    await fc.assert(
      fc.asyncProperty(doubledDump, fc.constantFrom<Backend>('nft', 'legacy'), async (text, backend) => {
        const after = mended(text, false);
        if (after.made.length === 0 || after.made.some(({ code }) => code === 'missing-commit')) return;
        const namespace = backend === 'nft' ? nft : legacy;
        const before = await loaded(namespace, backend, text);
        if (before === undefined) return;
        seen += 1;
        const now = await loaded(namespace, backend, after.text);
        expect(now).toBeDefined();
        const { rules, chains } = runToEnd(diffDumps(rulesetOf(before), rulesetOf(now ?? '')));
        // A rule that stands in its chain again without effect is one less.
        const doubles = after.made.filter(({ code }) => code === 'repeated-rule').length;
        expect(chains).toEqual([]);
        expect(rules.filter(({ change }) => change === 'added')).toEqual([]);
        expect(rules.length === 0 || doubles > 0, JSON.stringify(rules)).toBe(true);
      }),
      { numRuns: 40, seed: 7 },
    );
    expect(seen).toBeGreaterThan(5);
  });
});
