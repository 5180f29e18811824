import { eachOption, optionValue, unknownOption, valueDoubt } from '../match-reader.ts';
import { numbers } from '../ranges.ts';

/** Which processor handles the packet. */
export const cpu = eachOption({
  '--cpu': (option, context, match) => {
    const value = optionValue(option, context);
    if (value?.type !== 'number') return unknownOption(match, option);
    const answer = valueDoubt({
      of: 'cpu',
      within: numbers(value.value),
      yes: `CPU ${value.value} handles the packet.`,
      no: `CPU ${value.value} does not handle the packet.`,
    });
    return () => answer;
  },
});
