import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runToEnd, type Steps } from '../../server/src/base/steps.ts';
import { type TreeAnswer, treeSteps } from '../../server/src/kube/expectation/yaml-tree.ts';

const packet = '  - from: 10.0.0.1\n    to: a/b:http\n    expect: [10.0.0.2:80, 10.0.0.3:80]\n';

/** What may stand in a list, and what must not. */
const items = [
  packet,
  '  - {from: a, to: b,\n     expect: accept}\n',
  '  - from: "over\n  - two lines"\n    to: b\n',
  "  - 'it''s\n\n  - one'\n",
  '  - |\n    text\n\n    more\n',
  '  - >-\n\n  -\n  - x\n',
  '  # a remark\n\n',
  '  -   - nested\n      - list\n    \n',
  '  - [flow,\n  - minus, x]\n',
  '  - &a x\n',
  '  - *a\n',
  '  - !!str 5\n',
  '  - ? key\n    : value\n',
  '  -\n',
  '  - a: 1\n   b: 2\n',
  '   - deeper\n',
  ' - shallower\n',
  '  - a: b: c\n',
  '  - "not closed\n',
  '  - ]\n',
  '\t- tab\n',
  '  - [a: 1]: x\n',
  'node: x\n',
  '---\n',
  '...\n',
  '# at the margin\n',
  '- at the margin\n',
  '  - carriage\r\n  - return\r',
];
const heads = ['', 'node: worker\nassume:\n  - usual\n', '%YAML 1.2\n---\n', '# a remark\n', '{', 'node: "x\n'];

const treeOf = (text: string, ofPiece: number): TreeAnswer => runToEnd(treeSteps(text, ofPiece));

function pausesOf(steps: Steps<unknown>): number {
  let pauses = 0;
  while (steps.next().done !== true) pauses += 1;
  return pauses;
}

describe('a file of expectations that is read in pieces', () => {
  it('is the same tree as at once, or has the same fault at the same place', () => {
    const textOf = fc
      .tuple(
        fc.constantFrom(...heads),
        fc.array(fc.oneof({ weight: 3, arbitrary: fc.constant(packet) }, fc.constantFrom(...items)), { maxLength: 12 }),
      )
      .map(([head, list]) => `${head}packets:\n${list.join('')}`);
    fc.assert(
      fc.property(textOf, fc.integer({ min: 1, max: 120 }), (text, ofPiece) => {
        expect(treeOf(text, ofPiece)).toEqual(treeOf(text, Number.POSITIVE_INFINITY));
      }),
      { numRuns: 2_000 },
    );
  });

  it('pauses every few thousand characters', () => {
    const text = `packets:\n${packet.repeat(4_000)}`;
    expect(pausesOf(treeSteps(text))).toBeGreaterThan(text.length / 20_000);
    expect(pausesOf(treeSteps(`${text}  - ]\n`))).toBeGreaterThan(text.length / 20_000);
  });
});
