/** Who made a packet that this machine sends. Source: the kernel's xt_owner.c, owner_mt. */
import type { Predicate } from '../answer.ts';
import { aboutValue, eachOption, type OptionReader, optionValue, shapes, unknownOption } from '../match-reader.ts';
import { numbers } from '../ranges.ts';

function account(of: 'uid' | 'gid', word: string): OptionReader {
  return (option, context, match) => {
    const value = optionValue(option, context);
    if (value?.type !== 'range') return unknownOption(match, option);
    const known = aboutValue((packet) => packet[of], {
      of,
      within: numbers(value.range.from, value.range.to),
      yes: `A process of ${word} ${value.text} sends the packet.`,
      no: `No process of ${word} ${value.text} sends the packet.`,
    });
    // A packet that is only passed on has no socket here: no such question is answered with yes.
    const predicate: Predicate = (packet, knows) => packet.isFromHere && known(packet, knows);
    return predicate;
  };
}

export const owner = eachOption({
  '--uid-owner': account('uid', 'user'),
  '--gid-owner': account('gid', 'group'),
  '--socket-exists': () => (packet) => packet.isFromHere,
  '--suppl-groups': shapes,
});
