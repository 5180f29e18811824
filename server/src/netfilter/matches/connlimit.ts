import { perhapsNegated } from '../answer.ts';
import { assumed, eachOption, type OptionReader, optionValue, shapes, unknownOption } from '../match-reader.ts';

const few = 'No client has more connections than -m connlimit allows.';

/** There is one connection at least, this one. */
function within(isWithin: boolean): OptionReader {
  return (option, context, match) => {
    const value = optionValue(option, context);
    if (value?.type !== 'number') return unknownOption(match, option);
    const answer = value.value === 0 ? !isWithin : assumed(isWithin, few);
    return perhapsNegated(() => answer, false);
  };
}

/** How many connections a client has. Source: the kernel's xt_connlimit.c. */
export const connlimit = eachOption({
  '--connlimit-upto': within(true),
  '--connlimit-above': within(false),
  '--connlimit-mask': shapes,
  '--connlimit-saddr': shapes,
  '--connlimit-daddr': shapes,
});
