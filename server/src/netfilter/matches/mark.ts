import type { Predicate } from '../answer.ts';
import { eachOption, type OptionReader, unknownOption } from '../match-reader.ts';
import { markValue, valueText } from '../option-view.ts';

/** The mark of a packet, or of its connection. */
export function markPredicate(of: 'mark' | 'connectionMark'): OptionReader {
  return (option, _context, match) => {
    const wanted = markValue(valueText(option));
    if (wanted === undefined) return unknownOption(match, option);
    const predicate: Predicate = (packet) => ((packet[of] & wanted.mask) ^ wanted.value) === 0;
    return predicate;
  };
}

export const mark = eachOption({ '--mark': markPredicate('mark') });
