import { aboutValue, eachOption, optionValue, unknownOption } from '../match-reader.ts';
import { numbers } from '../ranges.ts';

/** The length of the whole packet with its IP header. Source: the kernel's xt_length.c. */
export const length = eachOption({
  '--length': (option, context, match) => {
    const value = optionValue(option, context);
    if (value?.type !== 'range') return unknownOption(match, option);
    return aboutValue((packet) => packet.length, {
      of: 'length',
      among: numbers(20, 65535),
      within: numbers(value.range.from, value.range.to),
      yes: `The packet is ${value.text} bytes long.`,
      no: `The packet is not ${value.text} bytes long.`,
      // The first packet of a TCP connection has 60 bytes on Linux.
      likely: value.range.from <= 60 && 60 <= value.range.to,
    });
  },
});
