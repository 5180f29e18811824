import { eachOption, optionValue, unknownOption, valueDoubt } from '../match-reader.ts';
import { names } from '../ranges.ts';

/** The address of the network card that sent the frame. What comes in by no Ethernet has none, and fails with `!` too (the kernel's mac_mt). */
const read = eachOption({
  '--mac-source': (option, context, match) => {
    const value = optionValue(option, context);
    if (value?.type !== 'text') return unknownOption(match, option);
    const answer = valueDoubt({
      of: 'mac',
      about: 'frame',
      within: names(value.raw),
      yes: `The frame came from ${value.raw}.`,
      no: `The frame did not come from ${value.raw}.`,
    });
    const wanted = value.raw.toLowerCase();
    return (packet, knows) => {
      const known = knows.frameSource?.(packet);
      return known === undefined ? answer : known === wanted;
    };
  },
});

export const mac: typeof read = (match, context) =>
  read(match, context).map(
    (predicate) => (packet, knows) => !packet.isFromHere && packet.in !== 'lo' && predicate(packet, knows),
  );
