/** How the frame was addressed. Source: the kernel's xt_pkttype.c. */
import type { Predicate } from '../answer.ts';
import { assumed, eachOption, optionValue, unknownOption } from '../match-reader.ts';
import type { Packet } from '../packet.ts';

/** What a frame with this destination is addressed to; what this node sends counts as its own. */
function addressed(packet: Packet): 'unicast' | 'multicast' | 'broadcast' {
  if (packet.isFromHere || packet.in === 'lo') return 'unicast';
  const { destination } = packet;
  if (destination.family === 'ipv6') return destination.bits >> 120n === 0xffn ? 'multicast' : 'unicast';
  if (destination.low >>> 28 === 0xe) return 'multicast';
  return destination.low === 0xffff_ffff ? 'broadcast' : 'unicast';
}

export const pkttype = eachOption({
  '--pkt-type': (option, context, match) => {
    const value = optionValue(option, context);
    if (value?.type !== 'words') return unknownOption(match, option);
    const [wanted] = value.words;
    const predicate: Predicate = (packet) =>
      assumed(addressed(packet) === wanted, 'Frames are addressed as their IP addresses are.');
    return predicate;
  },
});
