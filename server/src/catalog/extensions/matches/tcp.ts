/** The match tcp. Source: iptables-extensions(8) of iptables 1.8.9, its libxt_tcp.c or kin, and runs of it. */
import type { ExtensionData, Normalize } from '../../extension.ts';
import { orderedPortRange } from '../../values/value-kinds.ts';
import { fault } from '../../values/values.ts';
import { hasGiven } from '../support/given.ts';
import { anyWord, listedAs } from '../support/listed.ts';
import { listedPorts, normalizePorts } from '../support/ports.ts';

const flagNames = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG'];

/** A listing prints flags as a number, 0x17, or without -n by name. */
function tcpFlags(text: string): string {
  const bits = Number(text);
  if (!Number.isInteger(bits)) return text;
  const names = flagNames.filter((_, bit) => (bits & (1 << bit)) !== 0);
  return names.length === 0 ? 'NONE' : names.join(',');
}

/** Flags of which none is looked at say nothing; --syn is short for some. */
const normalize: Normalize = (options) => {
  const looked = options
    .filter(({ value }) => value?.type !== 'tcp-flags' || value.mask !== 0)
    .map((option) =>
      option.name === '--syn'
        ? {
            name: '--tcp-flags',
            negated: option.negated,
            value: { type: 'tcp-flags', mask: 0b10111, set: 0b10, text: 'FIN,SYN,RST,ACK SYN' } as const,
          }
        : option,
    );
  const normalized = normalizePorts(looked);
  return normalized === undefined || (normalized.length === 0 && looked.length < options.length) ? undefined : normalized;
};

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
  check: (given) =>
    hasGiven(given, '--syn') && hasGiven(given, '--tcp-flags')
      ? fault('excluded-option', "Only one of `--syn' or `--tcp-flags'  allowed")
      : undefined,
  normalize,
  joins: true,
  listed: {
    opening: 'tcp(?:(?=flags:)|(?![\\w-]))',
    options: [
      ...listedPorts,
      listedAs('--tcp-option', `option=~${anyWord}`),
      listedAs('--tcp-flags', 'flags:\\s*~([\\w,]+)/([\\w,]+)', (found) => found.map(tcpFlags)),
    ],
  },
};
