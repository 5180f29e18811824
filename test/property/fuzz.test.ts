import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { lint } from '../../server/src/lint/registry.ts';
import { buildWholeRuleset } from '../../server/src/ruleset/build.ts';
import { canonicalRules } from '../../server/src/ruleset/canonical.ts';
import { ruleAt } from '../../server/src/ruleset/rules.ts';
import { readWholeDocument } from '../../server/src/syntax/document.ts';
import { fixtureNames, fixturePath, fixtureText } from '../support/fixtures.ts';
import { mutateText } from './mutate-text.ts';
import { seeded } from './random-edits.ts';

/** Half a minute where everything must run, as in CI; elsewhere a look. */
const milliseconds = process.env['IPTABLES_REQUIRE_ALL'] === '1' ? 30_000 : 4_000;
const crashers = fixturePath('crashers');
/** Milliseconds. Not how fast it is, which the benchmark measures, but that nothing hangs: a line that does takes minutes. */
const longestLine = 1_000;
const mostGrowth = 48 * 1024 * 1024;

setFlagsFromString('--expose-gc');
const collectGarbage: unknown = runInNewContext('gc');

/** Bytes that are in use for good. */
function bytesKept(): number {
  if (typeof collectGarbage === 'function') collectGarbage();
  return process.memoryUsage().heapUsed;
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !/\.(?:json|jsonl|yaml|tsv|md)$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name));
  } catch {
    return [];
  }
}

/** Real dumps, cut to what a mutation is tried on in a few milliseconds. */
function corpus(): readonly string[] {
  return ['sample', 'pasted', 'lab/shop']
    .flatMap(fixtureNames)
    .filter((name) => !/\.(?:json|jsonl|yaml|md)$/.test(name))
    .map((name) => fixtureText(name).slice(0, 24_000));
}

/** Everything that reads a text without asking anybody. */
function readEverything(text: string): void {
  const document = readWholeDocument(text, 'fuzz.iptables');
  const ruleset = buildWholeRuleset(document);
  for (const { fixes } of runToEnd(lint({ document, ruleset }))) for (const { changes } of fixes()) changes();
  for (const [number, line] of ruleset.lines.entries()) {
    const rule = line.kind === 'rule' && number % 7 === 0 ? ruleAt(ruleset, number) : undefined;
    if (rule === undefined) continue;
    canonicalRules(rule, line.context);
    for (const option of rule.options) {
      for (const { start, end } of option.values) expect(start >= 0 && start <= end && end <= line.text.length).toBe(true);
    }
  }
}

describe('mutated real dumps', () => {
  it('are read without an error, without a long wait, and without keeping memory', { timeout: milliseconds * 2 + 30_000 }, () => {
    const texts = corpus();
    const seed = 20_261_124;
    const below = seeded(seed);
    const end = performance.now() + milliseconds;
    let slowest = 0;
    let tried = 0;
    let baseline = 0;
    while (performance.now() < end || tried < 60) {
      const text = mutateText(texts[below(texts.length)] ?? '', texts[below(texts.length)] ?? '', below);
      const start = performance.now();
      try {
        readEverything(text);
      } catch (error) {
        throw new Error(`seed ${seed}, text ${tried}: ${JSON.stringify(text)}`, { cause: error });
      }
      const took = performance.now() - start;
      if (took > slowest) slowest = took;
      // A whole text of at most 60,000 characters: no line of it may take a second, and even all of them together must not take many.
      if (took > longestLine * 4) throw new Error(`${took} ms for seed ${seed}, text ${tried}: ${JSON.stringify(text)}`);
      tried += 1;
      if (tried === 40) baseline = bytesKept();
    }
    expect(tried).toBeGreaterThanOrEqual(60);
    expect(bytesKept() - baseline).toBeLessThan(mostGrowth);
  });
});

describe('texts that once broke the reader', () => {
  const files = filesIn(crashers);

  it.each(files.length > 0 ? files : [fixturePath('sample/worker-1.iptables')])('%s is read', (file) => {
    readEverything(readFileSync(file, 'utf8'));
  });

  it.each([
    ['a quote that never closes', `-A INPUT -m comment --comment "${'x'.repeat(1_000_000)}`],
    ['a word of a million letters', `-A INPUT -s ${'1'.repeat(1_000_000)} -j ACCEPT`],
    ['a hundred thousand words', `-A INPUT ${'-m tcp '.repeat(100_000)}`],
    ['blanks', ' '.repeat(1_000_000)],
    ['brackets', `${'['.repeat(300_000)}`],
    ['quote marks', '>'.repeat(500_000)],
    ['braces', `table ip x {${'{'.repeat(500_000)}`],
    ['a prompt without end', `${'a'.repeat(500_000)}$ `],
    ['a million commas', `-A INPUT -p tcp -m multiport --dports ${'1,'.repeat(500_000)}`],
    ['a comment of a listing', `Chain INPUT (policy ACCEPT)\nACCEPT all -- 0.0.0.0/0 0.0.0.0/0 ${'/* '.repeat(300_000)}`],
    ['dots', '.'.repeat(1_000_000)],
    ['null bytes', '\u0000'.repeat(500_000)],
  ])('%s in one line is read within a second', { timeout: 20_000 }, (_, line) => {
    const start = performance.now();
    readEverything(`*filter\n:INPUT ACCEPT [0:0]\n${line}\nCOMMIT\n`);
    expect(performance.now() - start).toBeLessThan(longestLine * 4);
  });
});
