import { cpus } from 'node:os';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { lineContext } from '../../server/src/syntax/line.ts';
import { createStatementReader } from '../../server/src/syntax/parser.ts';
import type { Problem } from '../../server/src/syntax/statement.ts';
import { describeWith } from '../support/requirements.ts';
import { type GeneratedRule, generatedRule } from './arbitrary-rules.ts';
import { type Backend, loadAll, type Namespace, openNamespace, type Verdict } from './real-iptables.ts';

const count = 3000;
const seed = 20_261_124;
const minutes = 60_000;

const reader = createStatementReader();

/** What we say of a rule in a dump that this back end wrote, or in one that does not say who wrote it. */
function problemsOf({ family, table, text }: GeneratedRule, backend: Backend | undefined): readonly Problem[] {
  return reader.read(text, lineContext(family, backend, table)).problems;
}

function errorsOf(rule: GeneratedRule, backend: Backend | undefined): readonly Problem[] {
  return problemsOf(rule, backend).filter(({ severity }) => severity === 'error');
}

/**
 * A match that iptables 1.8 does not have is kept and shown; a machine without it refuses the rule. A kernel without the module for QUEUE says nothing of a
 * module, and timers of all namespaces share their names.
 */
function isOfMachine(rule: GeneratedRule): boolean {
  return (
    problemsOf(rule, undefined).some(({ code }) => code === 'unknown-match') ||
    /-j "?(?:QUEUE|IDLETIMER|RATEEST)\b/.test(rule.text)
  );
}

describeWith(['iptables', 'root'], `${count} rules from the catalogue, judged by us and loaded by real iptables`, () => {
  let namespaces: readonly Namespace[] = [];
  let rules: readonly GeneratedRule[] = [];
  const verdicts = new Map<Backend, ReadonlyMap<GeneratedRule, Verdict | undefined>>();

  beforeAll(async () => {
    // iptables-restore waits for the kernel most of the time: twice as many namespaces as processors keep these busy.
    const some = (): Promise<readonly Namespace[]> => Promise.all(Array.from({ length: cpus().length }, openNamespace));
    const [forNft, forLegacy] = await Promise.all([some(), some()]);
    namespaces = [...forNft, ...forLegacy];
    rules = fc.sample(generatedRule, { numRuns: count, seed });
    const [nft, legacy] = await Promise.all([loadAll(forNft, 'nft', rules), loadAll(forLegacy, 'legacy', rules)]);
    verdicts.set('nft', nft).set('legacy', legacy);
  }, 10 * minutes);

  afterAll(() => {
    for (const namespace of namespaces) namespace.close();
  });

  /** The rule with every word left out that does not matter to the disagreement. */
  async function smallest(rule: GeneratedRule, backend: Backend): Promise<string> {
    const [namespace] = namespaces;
    if (namespace === undefined) return rule.text;
    const disagrees = async (candidate: GeneratedRule): Promise<boolean> => {
      const real = (await loadAll([namespace], backend, [candidate])).get(candidate);
      return real !== undefined && !isOfMachine(candidate) && real.accepted !== (errorsOf(candidate, backend).length === 0);
    };
    let current = rule;
    for (let at = 2; at < current.text.split(' ').length; ) {
      const words = current.text.split(' ');
      const shorter = { ...current, text: words.filter((_word, index) => index !== at).join(' ') };
      if (await disagrees(shorter)) current = shorter;
      else at += 1;
    }
    return current.text;
  }

  it.each(['nft', 'legacy'] as const)(
    'agree on every one where the %s back end wrote the dump',
    async (backend) => {
      const real = verdicts.get(backend);
      const disagreements: string[] = [];
      let accepted = 0;
      for (const rule of rules) {
        const verdict = real?.get(rule);
        if (verdict?.accepted === true) accepted += 1;
        if (verdict === undefined || isOfMachine(rule)) continue;
        const errors = errorsOf(rule, backend);
        if (verdict.accepted === (errors.length === 0)) continue;
        if (disagreements.length >= 20) continue;
        const minimal = await smallest(rule, backend);
        const says = verdict.accepted ? 'accepts' : `refuses: ${verdict.message}`;
        const ours = errors.length === 0 ? 'we accept' : `we refuse: ${errors[0]?.message}`;
        disagreements.push(`${rule.family} *${rule.table}\n${minimal}\n  iptables ${says}\n  ${ours}\n  from ${rule.text}`);
      }
      expect(disagreements).toEqual([]);
      expect(real?.size).toBe(count);
      // Rules of both kinds, or the comparison says little.
      expect(accepted / count).toBeGreaterThan(0.15);
      expect(accepted / count).toBeLessThan(0.75);
    },
    5 * minutes,
  );

  it('say that the rule is wrong in the same words nearly always', () => {
    let refused = 0;
    let same = 0;
    for (const rule of rules) {
      const verdict = verdicts.get('nft')?.get(rule);
      // What the kernel refuses, it refuses without a word.
      if (verdict === undefined || verdict.accepted || isOfMachine(rule) || /^line \d+: RULE_/.test(verdict.message)) continue;
      refused += 1;
      if (errorsOf(rule, 'nft').some(({ message }) => message.startsWith(verdict.message))) same += 1;
    }
    expect(refused).toBeGreaterThan(200);
    expect(same / refused).toBeGreaterThan(0.9);
  });

  it('take what either back end loads, and only that, where nobody says which one wrote the dump', () => {
    const wrong = rules.filter((rule) => {
      const both = [verdicts.get('nft')?.get(rule), verdicts.get('legacy')?.get(rule)];
      if (both.includes(undefined) || isOfMachine(rule)) return false;
      return both.some((verdict) => verdict?.accepted) !== (errorsOf(rule, undefined).length === 0);
    });
    expect(wrong.map(({ family, table, text }) => `${family} ${table} ${text}`)).toEqual([]);
  });

  it('name the back end that alone refuses a rule', () => {
    for (const rule of rules) {
      const [nft, legacy] = [verdicts.get('nft')?.get(rule)?.accepted, verdicts.get('legacy')?.get(rule)?.accepted];
      if (nft === undefined || legacy === undefined || nft === legacy || isOfMachine(rule)) continue;
      const named = problemsOf(rule, undefined).flatMap(({ refusedBy }) => refusedBy ?? []);
      expect(named, rule.text).toContain(nft ? 'legacy' : 'nft');
    }
  });
});
