/**
 * What commands answer of an excerpt, whatever cut it: flow, map, trace, resolve, drift and diff. An answer may be less than that of the whole, or say that
 * something is not shown; it never says what the whole contradicts.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { emptyCluster } from '../../server/src/cluster/cluster.ts';
import { diffDumps } from '../../server/src/kube/drift/dump-diff.ts';
import { rulesetOf } from '../support/dumps.ts';
import { fixturePath, labPath } from '../support/fixtures.ts';
import { chainsIn, driftIn, dumpOf, endsIn, faults, namesIn, once, statesIn, tracedEnds, type Whole } from './answers.ts';

/** Healthy dumps, one that the cluster has left behind, and the same node as listings; parts of them are what people paste. */
const wholes: Readonly<Record<string, Whole>> = {
  shop: dumpOf(labPath('shop/node-a.iptables'), labPath('shop/cluster.json')),
  'shop-stale': dumpOf(labPath('shop-stale/node-a.iptables'), labPath('shop-stale/cluster.json')),
  'shop-1.30': dumpOf(labPath('shop-1.30/node-a.iptables'), labPath('shop-1.30/cluster.json')),
  'shop-1.23': dumpOf(labPath('shop-1.23/node-a.iptables'), null),
  sample: dumpOf(fixturePath('sample/worker-1.iptables'), fixturePath('sample/cluster.json')),
  'nat -L': dumpOf(labPath('shop-listings/nat.L.txt'), null),
  'nat -L -n -v': dumpOf(labPath('shop-listings/nat.L-n-v.txt'), labPath('shop/cluster.json')),
  'nat -S': dumpOf(labPath('shop-listings/nat.S.txt'), labPath('shop/cluster.json')),
};

/** How a text was cut: between lines, within lines, in its middle, at its end, by grep or by grep -v. */
type Cut = 'lines' | 'characters' | 'gap' | 'head' | 'grep' | 'grep -v';

interface Excerpt {
  readonly name: string;
  readonly cut: Cut;
  readonly from: number;
  readonly to: number;
  readonly word: string;
}

const words = [
  'KUBE-SVC',
  'KUBE-SEP',
  'KUBE-SERVICES',
  'KUBE-NODEPORTS',
  'KUBE-EXT',
  'KUBE-',
  'shop/',
  'web',
  'dns',
  'checkout',
  'cluster IP',
  'DNAT',
  'MASQ',
  'POSTROUTING',
  'PREROUTING',
  'statistic',
  'REJECT',
  'MARK',
  'comment',
  '10.96',
  '10.244.1',
];
const fraction = fc.double({ min: 0, max: 1, noNaN: true });
// By name, so that a counterexample is short.
const anyExcerpt: fc.Arbitrary<Excerpt> = fc
  .record({
    name: fc.constantFrom(...Object.keys(wholes)),
    cut: fc.constantFrom<Cut>('lines', 'characters', 'gap', 'head', 'grep', 'grep -v'),
    from: fraction,
    to: fraction,
    word: fc.constantFrom(...words),
  })
  .filter((excerpt) => !isOtherNode(excerpt));

/**
 * What nothing tells: without a word of kube-proxy's, or without all rules for Services that have no endpoint, a text is that of another healthy
 * node; and the output of -S without comments that of a kernel which cannot have any.
 */
function isOtherNode({ name, cut, word }: Excerpt): boolean {
  return cut === 'grep -v' && (word === 'KUBE-' || word === 'REJECT' || (name === 'nat -S' && word === 'comment'));
}

function wholeOf({ name }: Excerpt): Whole {
  const whole = wholes[name];
  if (whole === undefined) throw new Error(`no dump ${name}`);
  return whole;
}

function textOf(excerpt: Excerpt): string {
  const { text } = wholeOf(excerpt);
  const lines = text.split('\n');
  const [from, to] = [excerpt.from, excerpt.to].toSorted((a, b) => a - b) as [number, number];
  const [first, last] = [Math.floor(from * lines.length), Math.ceil(to * lines.length)];
  switch (excerpt.cut) {
    case 'lines':
      return `${lines.slice(first, last).join('\n')}\n`;
    case 'characters':
      return text.slice(Math.floor(from * text.length), Math.ceil(to * text.length));
    case 'gap':
      return [...lines.slice(0, first), '...', ...lines.slice(last)].join('\n');
    case 'head':
      return `${lines.slice(0, first).join('\n')}\n`;
    case 'grep':
      return lines.filter((line) => line.includes(excerpt.word)).join('\n');
    case 'grep -v':
      return lines.filter((line) => !line.includes(excerpt.word)).join('\n');
  }
}

function check(property: fc.IPropertyWithHooks<[Excerpt]>): void {
  fc.assert(property, { seed: 20_261_126, numRuns: 100 });
}

const servicesOf = once(({ text }) => namesIn(text));

const statesOf = once((whole) => statesIn(whole.text, servicesOf(whole)));

const findingsOf = once(({ text, cluster }) => new Set(driftIn(text, cluster ?? emptyCluster)));

const namedIn = once(({ text }) => chainsIn(text));

describe('of an excerpt', () => {
  it('diff says nothing to be missing that the whole has, nor the other way round', { timeout: 120_000 }, () => {
    check(
      fc.property(anyExcerpt, (excerpt) => {
        const part = rulesetOf(textOf(excerpt));
        const whole = rulesetOf(wholeOf(excerpt).text);
        const nothing = { services: [], chains: [], rules: [] };
        expect(runToEnd(diffDumps(part, whole))).toMatchObject(nothing);
        expect(runToEnd(diffDumps(whole, part))).toMatchObject(nothing);
      }),
    );
  });

  it('drift finds nothing that it does not find in the whole', { timeout: 120_000 }, () => {
    check(
      fc.property(anyExcerpt, (excerpt) => {
        const whole = wholeOf(excerpt);
        if (whole.cluster === null) return;
        expect(driftIn(textOf(excerpt), whole.cluster).filter((each) => !findingsOf(whole).has(each))).toEqual([]);
      }),
    );
  });

  it('map calls no Service faulty that is not', { timeout: 120_000 }, () => {
    check(
      fc.property(anyExcerpt, (excerpt) => {
        const whole = wholeOf(excerpt);
        const text = textOf(excerpt);
        const names = namesIn(text).filter((name) => servicesOf(whole).includes(name));
        const wrong = Array.from(statesIn(text, names)).filter(
          ([name, kind]) => faults.has(kind) && statesOf(whole).get(name) !== kind,
        );
        expect(wrong).toEqual([]);
      }),
    );
  });

  it('flow leads nowhere that the whole does not lead to', { timeout: 120_000 }, () => {
    check(
      fc.property(anyExcerpt, (excerpt) => {
        const text = textOf(excerpt);
        const wrong: string[] = [];
        for (const name of namesIn(text).slice(0, 4)) {
          const known = endsIn(wholeOf(excerpt).text, name) ?? [];
          for (const end of endsIn(text, name) ?? []) {
            // The rule that says an endpoint's port may not be shown, nor what the filter does to a packet that is not redirected.
            if (
              end !== 'not known' &&
              !(end === 'not redirected' && known.includes('DROP')) &&
              !known.some((each) => each === end || each.startsWith(`${end}:`))
            )
              wrong.push(`${name}: ${end}`);
          }
        }
        expect(wrong).toEqual([]);
      }),
    );
  });

  it('resolve names no chain otherwise', { timeout: 120_000 }, () => {
    check(
      fc.property(anyExcerpt, (excerpt) => {
        const known = namedIn(wholeOf(excerpt));
        const wrong = Array.from(chainsIn(textOf(excerpt))).filter(
          ([chain, name]) => known.has(chain) && known.get(chain) !== name,
        );
        expect(wrong).toEqual([]);
      }),
    );
  });

  it('trace goes where the whole goes, or says what is not shown', { timeout: 120_000 }, () => {
    check(
      fc.property(anyExcerpt, fc.constantFrom('10.96.0.1:443', '10.96.0.10:9153'), (excerpt, to) => {
        const found = tracedEnds(textOf(excerpt), to);
        if (found === undefined || !found.isSure) return;
        const known = new Set(tracedEnds(wholeOf(excerpt).text, to)?.ends);
        expect(found.ends.filter((end) => !known.has(end))).toEqual([]);
      }) as unknown as fc.IPropertyWithHooks<[Excerpt]>,
    );
  });
});
