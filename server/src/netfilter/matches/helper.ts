import { assumed, eachOption, unknownOption } from '../match-reader.ts';
import { hasConnection } from '../packet.ts';

/** The helper of the connection that this one is related to (the kernel's xt_helper.c: others have none). */
export const helper = eachOption({
  '--helper': (option, _context, match) => {
    const unknown = unknownOption(match, option);
    const none = assumed(false, 'The connection belongs to no other, so that no conntrack helper made it.');
    return (packet, knows) => {
      if (!hasConnection(packet) || packet.state === 'NEW') return false;
      return packet.state === 'RELATED' ? unknown(packet, knows) : none;
    };
  },
});
