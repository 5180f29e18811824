import type { Predicate } from '../answer.ts';
import { assumed, eachOption, optionValue, unknownOption } from '../match-reader.ts';

const left = assumed(true, 'No quota is used up.');

/** So many bytes match and no more; a packet that does not fit in what is left takes the rest with it (the kernel's quota_mt). */
export const quota = eachOption({
  '--quota': (option, context, match) => {
    const value = optionValue(option, context);
    if (value?.type !== 'number') return unknownOption(match, option);
    const predicate: Predicate = (packet) => (value.value < (packet.length ?? 20) ? false : left);
    return predicate;
  },
});
