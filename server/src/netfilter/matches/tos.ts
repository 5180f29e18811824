import { readTos } from '../../catalog/values/read-names.ts';
import { aboutValue, eachOption, unknownOption } from '../match-reader.ts';
import { valueText } from '../option-view.ts';
import { numbers, numbersWhere } from '../ranges.ts';

/** The type of service, or traffic class. */
export const tos = eachOption({
  '--tos': (option, _context, match) => {
    const value = readTos(valueText(option), '--tos');
    if (value.type !== 'mark') return unknownOption(match, option);
    const within = numbersWhere(256, (bits) => (bits & value.mask) === value.value);
    return aboutValue((packet) => packet.tos, {
      of: 'tos',
      among: numbers(0, 255),
      within,
      yes: `The type of service is ${value.text}.`,
      no: `The type of service is not ${value.text}.`,
      likely: value.value === 0,
    });
  },
});
