import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../server/src/lint/support/finding.ts';
import { findingsIn } from '../lint/check-findings.ts';
import { fixturePath, labPath } from '../support/fixtures.ts';

/** Whole dumps, healthy ones and some with faults; parts of them are what people paste. */
const wholes: Readonly<Record<string, string>> = Object.fromEntries(
  [
    labPath('shop/node-a.iptables'),
    labPath('shop/node-a.ip6tables'),
    labPath('shop-1.23/node-a.iptables'),
    labPath('shop-1.30/node-a.iptables'),
    labPath('shop-stale/node-a.iptables'),
    fixturePath('sample/worker-1.iptables'),
    fixturePath('flow/booking.iptables'),
    ...['nat', 'filter'].flatMap((table) =>
      ['L', 'L-n', 'L-n-v', 'S'].map((how) => labPath(`shop-listings/${table}.${how}.txt`)),
    ),
  ].map((path) => [path.split('/').slice(-2).join('/'), readFileSync(path, 'utf8')]),
);

/** What may be said of an excerpt as such, as information. */
const aboutTheText = new Set(['cut-off', 'missing-commit', 'outside-table', 'not-iptables', 'chains-not-shown']);

/** What is said of what the text shows, in these words: it is so. */
const ofTheText = /^No rule of this text leads to /;

function keyOf(text: string, { code, line }: Finding): string {
  // Without what a paste puts in front of a line.
  return `${code} ${text
    .split('\n')
    [line]?.replace(/^[>|\s]+/, '')
    .trimEnd()}`;
}

const claimsBefore = new Map<string, ReadonlySet<string>>();

function claimsOf(whole: string): ReadonlySet<string> {
  let claims = claimsBefore.get(whole);
  if (claims === undefined) {
    claims = new Set(findingsIn(whole).map((finding) => keyOf(whole, finding)));
    claimsBefore.set(whole, claims);
  }
  return claims;
}

/** Everything that is said of an excerpt and not of the whole, other than that it is an excerpt. */
function wrongClaims(whole: string, excerpt: string): readonly string[] {
  return findingsIn(excerpt)
    .filter((finding) => !claimsOf(whole).has(keyOf(excerpt, finding)))
    .filter(({ code, severity, message }) => severity !== 'info' || !(aboutTheText.has(code) || ofTheText.test(message)))
    .map((finding) => `${finding.severity} ${keyOf(excerpt, finding)}: ${finding.message}`);
}

// By name, so that a counterexample is short.
const anyWhole = fc.constantFrom(...Object.keys(wholes));
const anyPart = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }));

function between(length: number, [a, b]: readonly [number, number]): [from: number, to: number] {
  const [from, to] = a < b ? [a, b] : [b, a];
  return [Math.floor(from * length), Math.ceil(to * length)];
}

function check(property: fc.IProperty<never> | fc.IPropertyWithHooks<unknown>): void {
  fc.assert(property as fc.IPropertyWithHooks<unknown>, { seed: 20_261_125, numRuns: 300 });
}

describe('an excerpt of a dump gets no error and no claim that the whole contradicts', () => {
  it('when it is cut between lines', () => {
    check(
      fc.property(anyWhole, anyPart, fc.boolean(), (name, part, endsLine) => {
        const whole = wholes[name] ?? '';
        const lines = whole.split('\n');
        const excerpt = lines.slice(...between(lines.length, part)).join('\n') + (endsLine ? '\n' : '');
        expect(wrongClaims(whole, excerpt)).toEqual([]);
      }),
    );
  });

  it('when it is cut within lines', () => {
    check(
      fc.property(anyWhole, anyPart, (name, part) => {
        const whole = wholes[name] ?? '';
        expect(wrongClaims(whole, whole.slice(...between(whole.length, part)))).toEqual([]);
      }),
    );
  });

  it('when something is left out of its middle, and says so', () => {
    check(
      fc.property(anyWhole, anyPart, fc.constantFrom('...', '[snip]', '# [snipped]', '…'), (name, part, gap) => {
        const whole = wholes[name] ?? '';
        const lines = whole.split('\n');
        const [from, to] = between(lines.length, part);
        expect(wrongClaims(whole, [...lines.slice(0, from), gap, ...lines.slice(to)].join('\n'))).toEqual([]);
      }),
    );
  });

  it('when it is what grep found', () => {
    const words = [
      'KUBE-SVC',
      'KUBE-SEP',
      'KUBE-SERVICES',
      'KUBE-',
      'shop/',
      'FORWARD',
      'POSTROUTING',
      'DNAT',
      '-A',
      'web',
      'MARK',
    ];
    check(
      fc.property(anyWhole, fc.constantFrom(...words), fc.boolean(), (name, word, onlyRules) => {
        const whole = wholes[name] ?? '';
        const excerpt = whole
          .split('\n')
          .filter((line) => line.includes(word) && (!onlyRules || line.startsWith('-A')))
          .join('\n');
        expect(wrongClaims(whole, excerpt)).toEqual([]);
      }),
    );
  });

  it('when it is what grep -v left', () => {
    const words = [
      'KUBE-SEP',
      'KUBE-SVC',
      'KUBE-SERVICES',
      'KUBE-NODEPORTS',
      'KUBE-EXT',
      'KUBE-MARK',
      'KUBE-POSTROUTING',
      'KUBE-',
      'web',
      'shop/',
      'cluster IP',
      '10.96',
      'DNAT',
      'MASQ',
      'POSTROUTING',
      'PREROUTING',
      'OUTPUT',
      'FORWARD',
      'ACCEPT',
      'REJECT',
      'DROP',
      'statistic',
      'comment',
      'mark',
      'FLANNEL',
      'CNI',
      'udp',
      'conntrack',
      'COMMIT',
      'Chain ',
      'target ',
      '*',
    ];
    for (const [name, whole] of Object.entries(wholes)) {
      for (const word of words) {
        const excerpt = whole
          .split('\n')
          .filter((line) => !line.includes(word))
          .join('\n');
        expect(wrongClaims(whole, excerpt), `${name} without ${word}`).toEqual([]);
      }
    }
  });

  it('when it is its head or its tail', () => {
    check(
      fc.property(anyWhole, fc.nat({ max: 400 }), fc.boolean(), (name, count, isHead) => {
        const whole = wholes[name] ?? '';
        const lines = whole.split('\n');
        const excerpt = isHead ? lines.slice(0, count) : lines.slice(Math.max(lines.length - count, 0));
        expect(wrongClaims(whole, excerpt.join('\n'))).toEqual([]);
      }),
    );
  });

  it('when it is one of its tables', () => {
    check(
      fc.property(anyWhole, fc.nat(), fc.boolean(), (name, index, withStar) => {
        const whole = wholes[name] ?? '';
        const tables = whole.split(/^(?=\*)/m).slice(1);
        const table = tables[index % tables.length] ?? '';
        const text = table.slice(0, table.indexOf('\nCOMMIT') + '\nCOMMIT\n'.length);
        expect(wrongClaims(whole, withStar ? text : text.slice(text.indexOf('\n') + 1))).toEqual([]);
      }),
    );
  });

  it('when it is pasted between words, twice over, or quoted', () => {
    check(
      fc.property(anyWhole, anyPart, anyPart, fc.constantFrom('', '> ', '    ', '| '), (name, one, other, mark) => {
        const whole = wholes[name] ?? '';
        const lines = whole.split('\n');
        const part = (of: readonly [number, number]): string[] =>
          lines.slice(...between(lines.length, of)).map((line) => mark + line);
        const excerpt = [
          'This is what the node has:',
          '',
          '```',
          ...part(one),
          '```',
          'and this:',
          '```',
          ...part(other),
          '```',
        ].join('\n');
        expect(wrongClaims(whole, excerpt)).toEqual([]);
      }),
    );
  });
});
