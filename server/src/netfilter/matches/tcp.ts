import { readTcpFlags } from '../../catalog/values/read-tcp.ts';
import type { Predicate } from '../answer.ts';
import { aboutValue, eachOption, type OptionReader, unknownOption } from '../match-reader.ts';
import { tcpFlags } from '../packet.ts';
import { portOptions } from '../port-predicates.ts';
import { numbers, numbersWhere } from '../ranges.ts';

function flags(mask: number, set: number, words: string): Predicate {
  const about = aboutValue((packet) => packet.flags, {
    of: 'tcp flags',
    among: numbers(0, 63),
    within: numbersWhere(64, (bits) => (bits & mask) === set),
    yes: `The TCP flags are as ${words} asks.`,
    no: `The TCP flags are not as ${words} asks.`,
  });
  return (packet, knows) => packet.protocol === 'tcp' && about(packet, knows);
}

const flagsOf: OptionReader = (option, _context, match) => {
  const [mask, set] = option.values.map((value) => value.text);
  const value = readTcpFlags(mask ?? '', set ?? '');
  if (value.type !== 'tcp-flags') return unknownOption(match, option);
  return flags(value.mask, value.set, `--tcp-flags ${value.text}`);
};

export const tcp = eachOption({
  ...portOptions,
  '--syn': () => flags(tcpFlags.FIN | tcpFlags.SYN | tcpFlags.RST | tcpFlags.ACK, tcpFlags.SYN, '--syn'),
  '--tcp-flags': flagsOf,
});
