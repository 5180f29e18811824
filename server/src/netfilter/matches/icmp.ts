/** The type and code of ICMP and ICMPv6 messages. */
import { eachOption, type OptionReader, optionValue, unknownOption, valueDoubt } from '../match-reader.ts';
import { includes, numbers, type Ranges } from '../ranges.ts';

/** The reader of --icmp-type and --icmpv6-type. */
export const icmpType: OptionReader = (option, context, match) => {
  const value = optionValue(option, context);
  if (value?.type !== 'icmp') return unknownOption(match, option);
  const { kind, codes, text } = value;
  if (kind === undefined) return () => true;
  // Type and code side by side, as one number.
  const within: Ranges = [[kind * 256 + codes.from, kind * 256 + codes.to + 1]];
  const answer = valueDoubt({
    of: 'icmp type and code',
    among: numbers(0, 65535),
    within,
    yes: `The ICMP type is ${text}.`,
    no: `The ICMP type is not ${text}.`,
  });
  return ({ icmp: message }) => (message === null ? answer : includes(within, message.type * 256 + message.code));
};

export const icmp = eachOption({ '--icmp-type': icmpType });
