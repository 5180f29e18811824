import type { Predicate } from '../answer.ts';
import { eachOption, type MatchReader, optionValue, unknownOption, valueDoubt } from '../match-reader.ts';
import { tcpFlags } from '../packet.ts';
import { numbers } from '../ranges.ts';

const read = eachOption({
  '--mss': (option, context, match) => {
    const value = optionValue(option, context);
    if (value?.type !== 'range') return unknownOption(match, option);
    const answer = valueDoubt({
      of: 'mss',
      among: numbers(0, 65535),
      within: numbers(value.range.from, value.range.to),
      yes: `The TCP MSS is ${value.text}.`,
      no: `The TCP MSS is not ${value.text}.`,
      likely: value.range.from <= 1460 && 1460 <= value.range.to,
    });
    return () => answer;
  },
});

/** The largest segment that the sender takes, which SYN says; other packets do not say it and fail, whatever the `!` (the kernel's tcpmss_mt). */
export const tcpmss: MatchReader = (match, context) =>
  read(match, context).map(
    (predicate): Predicate =>
      (packet, knows) =>
        packet.protocol === 'tcp' && (packet.flags === null || (packet.flags & tcpFlags.SYN) !== 0) && predicate(packet, knows),
  );
