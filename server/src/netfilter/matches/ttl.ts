import { eachOption, type OptionReader, optionValue, unknownOption, valueDoubt } from '../match-reader.ts';
import { includes, numbers, type Ranges } from '../ranges.ts';

function compare(name: string, holdsFor: (value: number) => Ranges, words: string): OptionReader {
  return (option, context, match) => {
    const value = optionValue(option, context);
    if (value?.type !== 'number') return unknownOption(match, option);
    const within = holdsFor(value.value);
    return (packet) => {
      if (packet.ttl !== null) return includes(within, packet.ttl);
      // Told of the packet as it was at the start.
      const shifted: Ranges = within.map(([from, to]) => [
        from === null ? null : Number(from) - packet.ttlChange,
        to === null ? null : Number(to) - packet.ttlChange,
      ]);
      return valueDoubt({
        of: 'ttl',
        among: numbers(-1, 256),
        within: shifted,
        yes: `The ${name} is ${words}${value.value}.`,
        no: `The ${name} is not ${words}${value.value}.`,
        likely: includes(shifted, 64),
      });
    };
  };
}

/** The options of ttl, and of hl, which are named alike. */
export function ttlOptions(prefix: 'ttl' | 'hl', name: string): Readonly<Record<string, OptionReader>> {
  return {
    [`--${prefix}-eq`]: compare(name, (value) => numbers(value), ''),
    [`--${prefix}-lt`]: compare(name, (value) => [[null, value]], 'less than '),
    [`--${prefix}-gt`]: compare(name, (value) => [[value + 1, null]], 'greater than '),
  };
}

/** The time to live of an IPv4 packet. */
export const ttl = eachOption(ttlOptions('ttl', 'TTL'));
