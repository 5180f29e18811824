import type { Predicate } from '../answer.ts';
import { addressDoubt } from '../core-match-predicates.ts';
import { eachOption, type OptionReader, unknownOption } from '../match-reader.ts';
import { valueText } from '../option-view.ts';
import { ipAddress } from '../packet.ts';

function inRange(end: 'source' | 'destination'): OptionReader {
  return (option, { family }, match) => {
    const text = valueText(option);
    const [firstText = '', lastText] = text.split('-');
    const first = ipAddress(firstText);
    const last = lastText === undefined ? first : ipAddress(lastText);
    if (first === undefined || last === undefined) return unknownOption(match, option);
    const predicate: Predicate = (packet) => {
      const address = packet[end];
      if (address === null || address.standsIn === true) return addressDoubt(packet, end, text, [[first.bits, last.bits + 1n]]);
      return address.family === family && address.bits >= first.bits && address.bits <= last.bits;
    };
    return predicate;
  };
}

/** Whether an address lies between two others. */
export const iprange = eachOption({ '--src-range': inRange('source'), '--dst-range': inRange('destination') });
