/** What conntrack says of a packet's connection, as -m state asks it; -m conntrack has the same and more. */
import type { RuleOption } from '../../syntax/statement.ts';
import { type Answer, doubt, type Knowledge, type Predicate } from '../answer.ts';
import { isOwnAddress } from '../local-address.ts';
import { eachOption, type OptionReader, unknownOption } from '../match-reader.ts';
import { valueText } from '../option-view.ts';
import { hasConnection, type Packet } from '../packet.ts';

const known = ['INVALID', 'NEW', 'ESTABLISHED', 'RELATED', 'UNTRACKED', 'SNAT', 'DNAT'] as const;

/** The words of a list of states; iptables takes the beginning of a word for it. Undefined where one is none. */
function statesOf(option: RuleOption): ReadonlySet<string> | undefined {
  const words = valueText(option)
    .toUpperCase()
    .split(',')
    .map((word) => (word === '' ? undefined : known.find((state) => state.startsWith(word))));
  return words.includes(undefined) ? undefined : new Set(words.filter((word) => word !== undefined));
}

const isMoved = doubt({
  about: 'other',
  key: 'MASQUERADE changed an own address',
  yes: 'MASQUERADE gave the packet another address of this node than it had.',
  no: 'MASQUERADE left the packet the address that it had, which is no translation.',
  likely: false,
});

/** Whether the source was translated. MASQUERADE of what this node sends most often picks the address that it has already. */
function isTranslatedAtSource(packet: Packet, knows: Knowledge): Answer {
  if (!packet.snat) return false;
  const { asked, answered, source } = packet;
  const picked = answered === null ? source : answered.destination.address;
  const sender = asked.source.address;
  const isOwn = (answered === null && packet.isFromHere) || (sender !== null && isOwnAddress(sender, knows) === true);
  return picked === null && isOwn ? isMoved : true;
}

/** Whether a packet's connection is in one of the states of an option. */
export const inState: OptionReader = (option, _context, match) => {
  const wanted = statesOf(option);
  if (wanted === undefined) return unknownOption(match, option);
  const predicate: Predicate = (packet, knows) => {
    // A template counts as new, whatever the packet will turn out to be.
    if (packet.hasTemplate && !packet.isTracked) return wanted.has('NEW');
    if (packet.state === 'UNTRACKED') return wanted.has('UNTRACKED');
    // Before conntrack has seen it a packet counts as invalid (xt_conntrack.c, conntrack_mt).
    if (!hasConnection(packet)) return wanted.has('INVALID');
    if (wanted.has(packet.state) || (packet.dnat && wanted.has('DNAT'))) return true;
    return wanted.has('SNAT') && isTranslatedAtSource(packet, knows);
  };
  return predicate;
};

export const state = eachOption({ '--state': inState });
