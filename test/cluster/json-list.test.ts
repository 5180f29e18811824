import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJsonList } from '../../server/src/cluster/json-list.ts';
import { fixtureText } from '../support/fixtures.ts';

function run(text: string): { readonly value: unknown } | undefined {
  const steps = parseJsonList(text);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

describe('a long list of objects', () => {
  it.each(['sample/cluster.json', 'lab/shop/cluster.json', 'lab/large-600x10/cluster.json'])(
    '%s is read as JSON.parse reads it',
    (name) => {
      const text = fixtureText(name);
      expect(run(text)).toEqual({ value: JSON.parse(text) });
    },
  );

  it('is read as JSON.parse reads it, whatever is in it', () => {
    const list = fc.record({
      kind: fc.constant('List'),
      a: fc.jsonValue(),
      items: fc.array(fc.dictionary(fc.string(), fc.jsonValue())),
      z: fc.jsonValue(),
    });
    fc.assert(
      fc.property(list, fc.constantFrom(undefined, 2, '\t'), (value, space) => {
        const text = JSON.stringify(value, null, space);
        // An "items" within what stands around the list may make it give up, never make it wrong.
        const found = run(text);
        if (found !== undefined) expect(found.value).toEqual(JSON.parse(text));
      }),
      { seed: 20_261_125, numRuns: 1_000 },
    );
  });

  it.each([
    '{"items":[{"a":1} {"b":2}]}',
    '{"items":[{"a":1},,{"b":2}]}',
    '{"items":[,{"a":1}]}',
    '{"items":[{"a":1},]}',
    '{"items":[{"a":1},7]}',
    '{"items":[{"a":}]}',
    '{"items":[{"a":1}]',
    '{"items":[{"a":1}]}}',
    '{"items":[{"a":1}],"items":[]}',
    '[{"items":[{"a":1}]}]',
    '{"items":[{"a":"',
    '',
  ])('is given up where it is none, or not plainly one: %s', (text) => {
    const found = run(text);
    if (found !== undefined) expect(found.value).toEqual(JSON.parse(text));
    else expect(found).toBeUndefined();
  });

  it('pauses often', () => {
    const text = fixtureText('lab/large-600x10/cluster.json');
    expect([...parseJsonList(text)].length).toBeGreaterThan(20);
  });
});
