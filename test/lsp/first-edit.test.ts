import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { lint } from '../../server/src/lint/registry.ts';
import { tryFirstEdit } from '../../server/src/lsp/first-edit.ts';
import { buildWholeRuleset } from '../../server/src/ruleset/build.ts';
import { readWholeDocument } from '../../server/src/syntax/document.ts';
import { generateDump } from '../bench/generate.ts';
import { rulesetOutline } from '../support/ruleset-outline.ts';

/** How often it pauses, and what is known of the dump before and after. */
function tried(text: string) {
  const uri = 'file:///node-a.iptables';
  const document = readWholeDocument(text, uri);
  const ruleset = buildWholeRuleset(document);
  const known = (): readonly unknown[] => [
    rulesetOutline(ruleset),
    runToEnd(lint({ document, ruleset })).map(({ line, start, end, code, message }) => ({ line, start, end, code, message })),
  ];
  const before = known();
  const steps = tryFirstEdit({ uri, document, ruleset });
  let pauses = 0;
  while (steps.next().done !== true) pauses += 1;
  return { pauses, before, after: known(), fresh: rulesetOutline(buildWholeRuleset(readWholeDocument(text, uri))) };
}

describe('an edit that nobody made', () => {
  it('leaves what is known of a large dump as it is', { timeout: 60_000 }, () => {
    const { pauses, before, after, fresh } = tried(generateDump({ services: 500, endpoints: 10 }));
    expect(pauses).toBeGreaterThan(10);
    expect(after).toEqual(before);
    expect(after[0]).toEqual(fresh);
  });

  it.each([
    ['of a small dump', generateDump({ services: 2, endpoints: 2 })],
    ['of a text without a table', '# note\n'.repeat(30_000)],
  ])('is none %s', (_, text) => {
    expect(tried(text).pauses).toBe(0);
  });
});
