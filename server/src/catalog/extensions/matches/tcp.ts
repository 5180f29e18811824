/** The match tcp. Source: iptables-extensions(8) of iptables 1.8.9, its libxt_tcp.c or kin, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { orderedPortRange } from '../../values/value-kinds.ts';
import { anyWord, listedAs } from '../support/listed.ts';
import { listedPorts } from '../support/ports.ts';

const flagNames = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG'];

/** A listing prints flags as a number: 0x17. */
function tcpFlags(text: string): string {
  const bits = Number(text);
  if (!Number.isInteger(bits)) return text;
  const names = flagNames.filter((_, bit) => (bits & (1 << bit)) !== 0);
  return names.length === 0 ? 'NONE' : names.join(',');
}

export const tcpMatch: ExtensionData = {
  name: 'tcp',
  protocols: ['tcp'],
  help: 'TCP ports, flags and options.',
  options: [
    {
      long: '--source-port',
      aliases: ['--sport'],
      saved: '--sport',
      value: orderedPortRange,
      negatable: true,
      help: 'The source port or a range.',
    },
    {
      long: '--destination-port',
      aliases: ['--dport'],
      saved: '--dport',
      value: orderedPortRange,
      negatable: true,
      help: 'The destination port or a range.',
    },
    { long: '--tcp-option', value: { type: 'tcp-option' }, negatable: true, help: 'This option is there.' },
    {
      long: '--tcp-flags',
      value: { type: 'tcp-flags' },
      negatable: true,
      help: 'Of the first flags exactly the second are set.',
    },
    {
      long: '--syn',
      negatable: true,
      help: 'The packet opens a connection: SYN is set, and ACK, RST and FIN are not.',
    },
  ],
  listed: {
    opening: 'tcp',
    options: [
      ...listedPorts,
      listedAs('--tcp-option', `option=~${anyWord}`),
      listedAs('--tcp-flags', 'flags:~(\\w+)/(\\w+)', (found) => found.map(tcpFlags)),
    ],
  },
};
