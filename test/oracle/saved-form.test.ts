import { cpus } from 'node:os';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonicalRules } from '../../server/src/ruleset/canonical.ts';
import { lineContext } from '../../server/src/syntax/line.ts';
import { createStatementReader } from '../../server/src/syntax/parser.ts';
import { describeWith } from '../support/requirements.ts';
import { type GeneratedRule, generatedRule } from './arbitrary-rules.ts';
import { type Backend, type Namespace, openNamespace, programName, wholeFile } from './real-iptables.ts';

const count = 2000;
const seed = 20_261_125;
const minutes = 60_000;

const reader = createStatementReader();

/** The rules that iptables makes of a rule, as we print them; undefined where there is something wrong with it. */
function canonical({ family, table, text }: GeneratedRule, backend: Backend = 'nft'): readonly string[] | undefined {
  const context = lineContext(family, backend, table);
  const statement = reader.read(text, context);
  if (statement.kind !== 'rule' || statement.problems.some(({ severity }) => severity === 'error')) return undefined;
  return canonicalRules(statement, context).map((rule) => rule.trimEnd());
}

/** What iptables-save prints when the rule is all that there is; undefined where it does not load. */
async function saved(rule: GeneratedRule, backend: Backend, namespace: Namespace): Promise<readonly string[] | undefined> {
  const restored = await namespace.run(programName(rule.family, backend, 'restore'), [], wholeFile(rule));
  if (restored.status !== 0 || restored.stdout !== '') return undefined;
  const { stdout } = await namespace.run(programName(rule.family, backend, 'save'), ['-t', rule.table]);
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('-A'))
    .map((line) => line.trimEnd());
}

describe('the canonical text of a generated rule', () => {
  it('has itself as its canonical text', () => {
    fc.assert(
      fc.property(generatedRule, (rule) => {
        for (const text of canonical(rule) ?? []) {
          // iptables-save prints what iptables-restore does not take: names without the quotes that they need, masks of nodes that are too
          // large, the base port of a translation that has none; and without its range an ipcomp match means another one.
          if (
            /--cluster-local-nodemask|--led-trigger-id "q"q"|--to-(?:source|ports) \S+\/0|-m ipcomp(?! (?:! )?--ipcompspi)/.test(
              text,
            )
          )
            continue;
          if (rule.text.includes('""') || /some text|a b|q"q/.test(text.replaceAll(/(?<= )"(?:[^"\\]|\\.)*"/g, '""'))) continue;
          expect(canonical({ ...rule, text })).toEqual([text]);
        }
      }),
      { numRuns: 5000, seed },
    );
  });
});

describeWith(['iptables', 'root'], `${count} generated rules`, () => {
  let namespaces: readonly Namespace[] = [];

  beforeAll(async () => {
    namespaces = await Promise.all(Array.from({ length: 2 * cpus().length }, openNamespace));
  });

  afterAll(() => {
    for (const namespace of namespaces) namespace.close();
  });

  it.each(['nft', 'legacy'] as const)(
    'are printed by iptables-save of the %s back end as we print them',
    async (backend) => {
      const rules = fc.sample(generatedRule, { numRuns: count, seed });
      const different: string[] = [];
      let compared = 0;
      let next = 0;
      await Promise.all(
        namespaces.map(async (namespace) => {
          for (let rule = rules[next++]; rule !== undefined; rule = rules[next++]) {
            const ours = canonical(rule, backend);
            const theirs = ours === undefined ? undefined : await saved(rule, backend, namespace);
            if (ours === undefined || theirs === undefined) continue;
            compared += 1;
            if (ours.join('\n') !== theirs.join('\n'))
              different.push(`${rule.text}\n  saved as ${theirs.join('\n')}\n  we print ${ours.join('\n')}`);
          }
        }),
      );
      // iptables-save 1.8.9 prints four bytes of a timeout policy's name.
      expect(different.filter((text) => !/-j "?CT"? .*--timeout/.test(text))).toEqual([]);
      // One in five loads; of a few the kernel says now this and now that.
      expect(compared).toBeGreaterThan(300);
    },
    5 * minutes,
  );
});
