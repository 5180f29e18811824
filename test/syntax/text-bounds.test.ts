import { describe, expect, it } from 'vitest';
import { beyondRulesets, mostLines, mostTables } from '../../server/src/syntax/text-bounds.ts';

describe('a text that no ruleset is', () => {
  it('has more lines than the kernel loads rules', () => {
    expect(beyondRulesets('-A x\n-A x\n-A x', 3)).toBeUndefined();
    expect(beyondRulesets('-A x\n-A x\n-A x\n', 3)).toBe('has more than 3 lines, and no kernel loads so many rules');
    expect(beyondRulesets('\n'.repeat(mostLines))).toBe('has more than 3,500,000 lines, and no kernel loads so many rules');
  });

  it('opens more tables than all nodes have', () => {
    expect(beyondRulesets('*nat\n-A x *\n*nat\n', 10, 2)).toBeUndefined();
    expect(beyondRulesets('*nat\n*nat\n*nat', 10, 2)).toBe('opens more than 2 tables, and no node has so many');
    expect(beyondRulesets('*nat\n'.repeat(mostTables))).toBeUndefined();
  });

  it('is none of the largest dumps that are known', () => {
    expect(mostLines).toBeGreaterThan(4 * 860_000);
  });
});
