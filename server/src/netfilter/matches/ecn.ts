import { aboutValue, eachOption, optionValue, unknownOption } from '../match-reader.ts';
import { numbers, numbersWhere } from '../ranges.ts';

/** The two bits of congestion notification in the IP header; those of TCP are not followed. */
export const ecn = eachOption({
  '--ecn-ip-ect': (option, context, match) => {
    const value = optionValue(option, context);
    if (value?.type !== 'number') return unknownOption(match, option);
    return aboutValue((packet) => packet.tos, {
      of: 'tos',
      among: numbers(0, 255),
      within: numbersWhere(256, (tos) => (tos & 3) === value.value),
      yes: `The ECN bits are ${value.value}.`,
      no: `The ECN bits are not ${value.value}.`,
      likely: value.value === 0,
    });
  },
});
