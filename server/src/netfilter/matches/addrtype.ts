/** What kind of address a packet has. Source: the kernel's xt_addrtype.c. */
import type { Family } from '../../catalog/types.ts';
import { type Answer, type Doubt, type Knowledge, negate, type Predicate, perhapsNegated } from '../answer.ts';
import { broadcastAnswer, isOwnAddress, localDoubt } from '../local-address.ts';
import { eachOption, type MatchReader, type OptionReader, optionValue, unknownOption } from '../match-reader.ts';
import type { IPAddress, Packet } from '../packet.ts';

type End = 'source' | 'destination';
type Types = ReadonlySet<string>;

/** Whether an address is the node's own. */
function askLocal(packet: Packet, address: IPAddress, end: End, knows: Knowledge): Answer {
  const own = isOwnAddress(address, knows);
  if (end === 'source' && packet.source === packet.asked.source.address) {
    // What this node sent has one of its sources; with one of them a packet from elsewhere would have been dropped as martian.
    return packet.isFromHere || packet.in === 'lo' || own === true;
  }
  return own ?? localDoubt(address.text, end === 'destination' && knows.seemsLocal?.(packet) === true);
}

/** What is asked of the node's own addresses and networks. */
interface Kinds {
  readonly local: () => Answer;
  readonly broadcast: () => boolean | Doubt;
}

/** The type of an address in the table of local routes, where all that is not there counts as unicast (inet_dev_addr_type). */
function matchesIpv4(wanted: Types, address: IPAddress, { local, broadcast }: Kinds): Answer {
  if (address.low >>> 28 === 0xe) return wanted.has('MULTICAST');
  const isOfAll = address.low === 0xffff_ffff || address.low >>> 24 === 0 || broadcast();
  if (isOfAll === true) return wanted.has('BROADCAST');
  const unicast = wanted.has('UNICAST');
  // An own address is not one of everybody: the one question is enough where both would be open.
  if (isOfAll !== false && wanted.has('BROADCAST') !== unicast) return wanted.has('BROADCAST') ? isOfAll : negate(isOfAll);
  if (unicast === wanted.has('LOCAL')) return unicast;
  return unicast ? negate(local()) : local();
}

/** All types that are asked for must be those of the address, a local one is unicast as well (match_type6). */
function matchesIpv6(wanted: Types, address: IPAddress, { local }: Kinds): Answer {
  const isMulticast = address.bits >> 120n === 0xffn;
  if (wanted.has('MULTICAST') && !isMulticast) return false;
  if (wanted.has('UNICAST') && (isMulticast || address.bits === 0n)) return false;
  if (wanted.has('UNSPEC') && address.bits !== 0n) return false;
  if (wanted.has('LOCAL')) return local();
  return !wanted.has('ANYCAST') && !wanted.has('UNREACHABLE');
}

function matchesType(family: Family, wanted: Types, end: End): Predicate {
  const matches = family === 'ipv4' ? matchesIpv4 : matchesIpv6;
  return (packet, knows) => {
    const address = packet[end];
    // MASQUERADE picks one of the node's own addresses.
    if (address === null) return wanted.has('LOCAL') || (family === 'ipv6' && wanted.size === 1 && wanted.has('UNICAST'));
    return matches(wanted, address, {
      local: () => askLocal(packet, address, end, knows),
      broadcast: () => end === 'destination' && broadcastAnswer(packet, knows),
    });
  };
}

function addressType(end: End): OptionReader {
  return (option, context, match) => {
    const value = optionValue(option, context);
    return value?.type === 'words' ? matchesType(context.family, new Set(value.words), end) : unknownOption(match, option);
  };
}

const plain = eachOption({ '--src-type': addressType('source'), '--dst-type': addressType('destination') });

/** With --limit-iface-in or -out an address of another interface is not local, which nothing here tells. */
export const addrtype: MatchReader = (match, context) => {
  const limits = match.options.filter((option) => option.name.startsWith('--limit-iface'));
  if (limits.length === 0) return plain(match, context);
  return match.options
    .filter((option) => !limits.includes(option))
    .map((option) => perhapsNegated(unknownOption(match, option, limits), option.negation !== undefined));
};
