import { describe, expect, it } from 'vitest';
import { coreOptions, matches, targets } from '../../server/src/catalog/lookup.ts';
import type { Family, OptionSpec } from '../../server/src/catalog/types.ts';
import { exampleValue } from '../../server/src/catalog/values/example-value.ts';
import { knownWords } from '../../server/src/catalog/values/known-words.ts';
import { readValue } from '../../server/src/catalog/values/read-value.ts';
import { wordMeaning } from '../../server/src/catalog/values/word-meanings.ts';

const options: readonly OptionSpec[] = [...coreOptions, ...[...matches, ...targets].flatMap((extension) => extension.options)];
const families: readonly Family[] = ['ipv4', 'ipv6'];
const nameOf = ({ extension, long }: OptionSpec): string => `${extension?.name ?? 'iptables'} ${long}`;
const unquoted = (word: string): string => word.replaceAll('"', '');

function faultsOf(option: OptionSpec, family: Family, words: readonly string[]): readonly string[] {
  // What an IPv6 match asks is read with IPv6 addresses.
  const value = readValue(option, words.map(unquoted), { family, protocol: 6 });
  return value?.type === 'fault' ? [`${nameOf(option)} ${words.join(' ')}: ${value.message}`] : [];
}

describe('the example of each option', () => {
  it.each(families)('is a value that %s takes', (family) => {
    const known = options.filter((option) => option.families.includes(family));
    expect(known.flatMap((option) => faultsOf(option, family, exampleValue(option, family)))).toEqual([]);
    expect(known.filter((option) => option.value !== undefined && exampleValue(option, family).includes(''))).toEqual([]);
  });
});

describe('each known word', () => {
  it.each(families)('is a value of its option in %s', (family) => {
    const faults = options.flatMap((option) => {
      const { value } = option;
      if (value === undefined || !option.families.includes(family)) return [];
      return [0, 1].flatMap((at) =>
        (knownWords(value, family, at)?.words ?? []).flatMap((word) => {
          const [first = '', second = ''] = exampleValue(option, family);
          return faultsOf(option, family, at === 0 ? [word, ...(second === '' ? [] : [second])] : [first, word]);
        }),
      );
    });
    expect(faults).toEqual([]);
  });

  it('has a meaning, where it is no account, day or number that its name says', () => {
    const silent = new Set(['account', 'weekdays', 'tcp-option-list', 'dccp-types', 'mh-type', 'ipv6-headers']);
    const missing = options.flatMap((option) => {
      const { value } = option;
      if (value === undefined || silent.has(value.type)) return [];
      return families.flatMap((family) =>
        [0, 1].flatMap((at) =>
          (knownWords(value, family, at)?.words ?? [])
            .filter((word) => wordMeaning(option, word) === undefined)
            .map((word) => `${nameOf(option)} ${word}`),
        ),
      );
    });
    expect([...new Set(missing)]).toEqual([]);
  });
});
