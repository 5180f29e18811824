import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coreOptions, matches, targets } from '../../server/src/catalog/lookup.ts';
import type { Family, OptionSpec, ValueKind } from '../../server/src/catalog/types.ts';
import { readValue } from '../../server/src/catalog/values/read-value.ts';
import { isPlainValue } from '../../server/src/syntax/checks/quick-value-check.ts';

const options = [...coreOptions, ...[...matches.values(), ...targets.values()].flatMap((extension) => extension.options)];

function optionWith(kind: ValueKind['type']): OptionSpec & { readonly value: ValueKind } {
  const found = options.find(({ value }) => value?.type === kind);
  if (found?.value === undefined) throw new Error(`no option has a value of kind ${kind}`);
  return { ...found, value: found.value };
}

function isPlain(kind: ValueKind['type'], text: string, family: Family = 'ipv4'): boolean {
  return isPlainValue(optionWith(kind).value, text, family);
}

describe('a value that is right at a glance', () => {
  it.each([
    ['networks', ['10.96.0.1', '10.0.0.0/8', '255.255.255.255/32', '0.0.0.0/0', '100.109.90.199']],
    ['nat-range', ['10.244.0.7:8080', '10.244.0.7', '10.0.0.1:65535', '0.0.0.0:0']],
    ['ordered-port-range', ['0', '9', '53', '65535']],
    ['interface', ['eth0', 'cali+', 'fifteen-letters']],
    ['protocol', ['tcp', 'udp', 'icmp', 'sctp']],
    ['mark', ['0x4000/0x4000', '0x0', '0xffffffff', '0x1/0xffffffff', '0xaf']],
    ['probability', ['0.5', '0.33333333349', '0.0', '0.9']],
    ['chain', ['KUBE-SVC-TG4Y7II5EGIOXNPD', 'A', 'x'.repeat(28)]],
  ] as const)('of kind %s needs no reader', (kind, texts) => {
    for (const text of texts) expect(isPlain(kind, text), text).toBe(true);
  });

  it.each([
    [
      'networks',
      [
        '10.96.0',
        '10.96.0.1.1',
        '10.96.0.256',
        '10.96.00.1',
        '010.0.0.1',
        '10..0.1',
        '10.0.0.1/',
        '10.0.0.1/33',
        '10.0.0.1/08',
        '10.0.0.1:80',
        '',
        '10.0.0.',
      ],
    ],
    ['nat-range', ['10.0.0.1/8', '10.0.0.1:', '10.0.0.1:65536', '10.0.0.1-10.0.0.2', '10.0.0.1:080']],
    ['ordered-port-range', ['', '65536', '080', '00', '1000000', '8o', '-1', ' 1', 'http']],
    ['interface', ['', 'sixteen-letters-', 'a b', 'a/b', '-a', '!a', 'a\u007f', 'ä']],
    ['protocol', ['TCP', 'tcpx', '6', '']],
    ['mark', ['0x', '0X1', '1', '0x1/', '/0x1', '0x1/1', '0xg', '0x123456789', '0x1/0x1/0x1']],
    ['probability', ['.5', '0.', '1.0', '0,5', '0.5x', '-0.5', '0.5e']],
    ['chain', ['', '-A', '!A', 'A B', 'x'.repeat(29)]],
  ] as const)('of kind %s is no text like these', (kind, texts) => {
    for (const text of texts) expect(isPlain(kind, text), text).toBe(false);
  });

  it('is none of IPv4 where the rule is for IPv6', () => {
    expect(isPlain('networks', '10.0.0.1', 'ipv6')).toBe(false);
    expect(isPlain('nat-range', '10.0.0.1:80', 'ipv6')).toBe(false);
  });

  it('is one that the reader has nothing against, whatever the option', () => {
    const piece = fc.constantFrom(
      '0',
      '1',
      '9',
      '10',
      '25',
      '256',
      '65535',
      '.',
      ':',
      '/',
      '-',
      '!',
      'x',
      '0x',
      'f',
      'tcp',
      'NEW',
      ' ',
      '+',
      '\n',
      'ä',
    );
    const text = fc.array(piece, { maxLength: 9 }).map((pieces) => pieces.join(''));
    const option = fc.constantFrom(...options.filter(({ value, arity }) => value !== undefined && arity <= 1));
    const family = fc.constantFrom<Family>('ipv4', 'ipv6');
    fc.assert(
      fc.property(option, text, family, (spec, word, ofFamily) => {
        if (spec.value === undefined || !isPlainValue(spec.value, word, ofFamily)) return;
        // The numbers of ports need a protocol that has some: what asks for that looks at the whole rule.
        const value = readValue(spec, [word], { family: ofFamily, protocol: 6 });
        expect(value?.type === 'fault' ? value : undefined, `${spec.long} ${word}`).toBeUndefined();
      }),
      { numRuns: 20_000, seed: 11 },
    );
  });
});
