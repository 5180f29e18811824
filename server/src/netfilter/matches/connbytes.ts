/** How much a connection has carried so far, this packet included. Source: the kernel's xt_connbytes.c. */
import { type Answer, type Predicate, perhapsNegated } from '../answer.ts';
import { isNegated, type MatchReader, optionNamed, optionValue, unknownMatch, valueDoubt } from '../match-reader.ts';
import { optionsText, valueText } from '../option-view.ts';
import { hasConnection, type Packet } from '../packet.ts';
import { includes, numbers, type Ranges } from '../ranges.ts';

/** How many packets went each way, this one included; undefined where that is not known. */
function packetsOf(packet: Packet): { readonly original: number; readonly reply: number } | undefined {
  if (packet.before === 0) return { original: 1, reply: 0 };
  if (packet.before === 1 && packet.direction === 'reply') return { original: 1, reply: 1 };
  return packet.before === 2 && packet.direction === 'original' ? { original: 2, reply: 1 } : undefined;
}

function countOf(packet: Packet, mode: string, direction: string): number | undefined {
  const packets = packetsOf(packet);
  if (packets === undefined) return undefined;
  const count = { original: packets.original, reply: packets.reply, both: packets.original + packets.reply };
  const wanted = direction === 'original' || direction === 'reply' ? count[direction] : count.both;
  if (mode === 'packets' || wanted === 0) return wanted;
  // The size of earlier packets is not known.
  return packet.before === 0 && packet.length !== null ? packet.length : undefined;
}

export const connbytes: MatchReader = (match, context) => {
  const amount = optionNamed(match, '--connbytes');
  const value = optionValue(amount, context);
  const mode = valueText(optionNamed(match, '--connbytes-mode'));
  const direction = valueText(optionNamed(match, '--connbytes-dir'));
  if (value?.type !== 'range') return [unknownMatch(match)];
  const { from, to } = value.range;
  const within: Ranges = to >= 2 ** 53 ? [[from, null]] : numbers(from, to);
  const text = optionsText(match.options.map((option) => ({ ...option, negation: undefined })));
  const answer: Answer = valueDoubt({
    of: `${mode} ${direction} of the connection`,
    within,
    yes: `The connection has carried what "${text}" asks for.`,
    no: `The connection has not carried what "${text}" asks for.`,
  });
  const predicate: Predicate = (packet) => {
    const count = countOf(packet, mode, direction);
    return count === undefined ? answer : includes(within, count);
  };
  const negatable = perhapsNegated(predicate, isNegated(amount));
  return [(packet, knows) => hasConnection(packet) && negatable(packet, knows)];
};
