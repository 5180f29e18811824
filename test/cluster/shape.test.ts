import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { fitsShape, misfitSteps, type Shape } from '../../server/src/cluster/shape.ts';

// Whether a value fits is asked of all objects of a cluster, quickly; where it does not, the place is looked for. Both must say the same.

const seeded = { seed: 20_261_128, numRuns: 3_000 };

const kinds = [
  'text',
  'number',
  'port',
  'boolean',
  'text or number',
  'boolean or number',
  'port or name',
  'time',
  'texts by name',
  'object',
] as const;
const names = ['kind', 'port', 'labels'] as const;

const { shape } = fc.letrec<{ shape: Shape }>((tie) => ({
  shape: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom(...kinds),
    fc.record({ each: tie('shape') }),
    fc.dictionary(fc.constantFrom(...names), tie('shape'), { maxKeys: 3 }),
  ),
}));

const odd = fc.constantFrom(null, undefined, '', 'http', '2026-11-28T00:00:00Z', 0, 80, -1, 1.5, 65_536, true, Number.NaN);

/** A value of the shape, but for what is odd here and there. */
function nearly(shape: Shape): fc.Arbitrary<unknown> {
  const most = { arbitrary: exactly(shape), weight: 6 };
  return fc.oneof(most, { arbitrary: odd, weight: 1 }, { arbitrary: fc.constantFrom([], {}, ['a'], { a: 1 }), weight: 1 });
}

function exactly(shape: Shape): fc.Arbitrary<unknown> {
  switch (shape) {
    case 'text':
      return fc.string();
    case 'number':
      return fc.nat();
    case 'port':
      return fc.nat(65_535);
    case 'boolean':
      return fc.boolean();
    case 'text or number':
      return fc.oneof(fc.string(), fc.nat());
    case 'boolean or number':
      return fc.oneof(fc.boolean(), fc.nat());
    case 'port or name':
      return fc.oneof(fc.string(), fc.nat(65_535));
    case 'time':
      return fc.constant('2026-11-28T00:00:00Z');
    case 'texts by name':
      return fc.dictionary(fc.string(), fc.oneof(fc.string(), odd), { maxKeys: 2 });
    case 'object':
      return fc.constant({});
    default:
      break;
  }
  if (typeof shape === 'string') throw new Error(shape);
  if ('each' in shape) return fc.array(nearly(shape.each as Shape), { maxLength: 3 });
  return fc.record(Object.fromEntries(Object.entries(shape).map(([name, inner]) => [name, nearly(inner)])), {
    requiredKeys: [],
  });
}

function placeOf(shape: Shape, value: unknown): string | undefined {
  return runToEnd(misfitSteps(shape, value, ''))?.path;
}

describe('a value and its shape', () => {
  it.each([
    ['all is as it should be', { ports: [{ port: 80 }] }, true, undefined],
    ['a field of another type', { ports: [{ port: '80' }] }, false, 'ports[0].port'],
    ['a field that is not set', { ports: null }, true, undefined],
    ['an unset entry of a list', { ports: [null] }, false, 'ports[0]'],
    ['a list where an object should be', [], false, ''],
  ])('%s', (_, value, fits, place) => {
    const ports: Shape = { ports: { each: { port: 'port' } } };
    expect(fitsShape(ports, value)).toBe(fits);
    expect(placeOf(ports, value)).toBe(place);
  });

  it('has a place that is wrong just where it does not fit', () => {
    let misfits = 0;
    const cases = shape.chain((chosen) => fc.tuple(fc.constant(chosen), nearly(chosen)));
    fc.assert(
      fc.property(cases, ([chosen, value]) => {
        const fits = fitsShape(chosen, value);
        if (!fits) misfits += 1;
        expect(placeOf(chosen, value) === undefined).toBe(fits);
      }),
      seeded,
    );
    expect(misfits).toBeGreaterThan(seeded.numRuns / 10);
    expect(misfits).toBeLessThan((seeded.numRuns * 9) / 10);
  });
});
