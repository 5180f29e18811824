import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMistyped, nearestNames } from '../../server/src/base/nearest-names.ts';

/** Edits between two texts, by what an edit is. */
function edits(a: string, b: string): number {
  if (a === '' || b === '') return a.length + b.length;
  const rest = edits(a.slice(1), b.slice(1));
  if (a[0] === b[0]) return rest;
  return 1 + Math.min(rest, edits(a.slice(1), b), edits(a, b.slice(1)));
}

const short = fc.string({ unit: fc.constantFrom('A', 'B', 'C'), maxLength: 6 });

describe('the names that a mistyped one may mean', () => {
  it('are those that begin alike and differ by a few letters', () => {
    const names = ['KUBE-SVC-AAAAAAAAAAAAAAAA', 'KUBE-SVC-BBBBBBBBBBBBBBBB', 'KUBE-SERVICES', 'INPUT'];
    expect(nearestNames('KUBE-SVC-AAAAAAAAAAAAAAAB', names)).toEqual(['KUBE-SVC-AAAAAAAAAAAAAAAA']);
    expect(nearestNames('KUBE-SERVICE', names)).toEqual(['KUBE-SERVICES']);
    expect(nearestNames('NPUT', names)).toEqual(['INPUT']);
    expect(nearestNames('KUBE-SVC-CCCCCCCCCCCCCCCC', names)).toEqual([]);
  });

  it('are as many edits away as it takes, or too many', () => {
    fc.assert(
      fc.property(short, short, (before, name) => {
        // With so much before, no name is a part of another, and up to four edits are few.
        const [wanted, other] = [`QQQQQQQQQQ${before}`, `QQQQQQQQQQ${name}`];
        const most = Math.max(2, Math.floor(wanted.length / 4));
        const isPart = wanted.includes(other) || other.includes(wanted);
        expect(nearestNames(wanted, [other])).toEqual(edits(before, name) <= most || isPart ? [other] : []);
      }),
    );
  });

  it('is mistyped where one letter is another', () => {
    expect(isMistyped('--dporr', '--dport')).toBe(true);
    expect(isMistyped('--dport', '--dport')).toBe(false);
    expect(isMistyped('--doprt', '--dport')).toBe(false);
  });
});
