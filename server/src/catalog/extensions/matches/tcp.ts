/** The match tcp. Source: iptables-extensions(8) and libxt_tcp.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData, Normalize } from '../../extension.ts';
import { orderedPortRange } from '../../values/value-kinds.ts';
import { fault } from '../../values/values.ts';
import { findGiven, hasGiven, readGiven } from '../support/given.ts';
import { anyWord, listedAs } from '../support/listed.ts';
import { listedPorts, narrowsPorts, normalizePorts, portOptions } from '../support/ports.ts';

const flagNames = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG'];

/** A listing prints flags as a number, 0x17, or without -n by name. */
function tcpFlags(text: string): string {
  const bits = Number(text);
  if (!Number.isInteger(bits)) return text;
  const names = flagNames.filter((_, bit) => (bits & (1 << bit)) !== 0);
  return names.length === 0 ? 'NONE' : names.join(',');
}

/** Flags of which none is looked at say nothing, and vanish in the nft back end with the whole match; --syn is short for some. */
const normalize: Normalize = (options, context) => {
  const isLegacy = context.backend === 'legacy';
  const looked = options
    .filter(({ value, negated }) => value?.type !== 'tcp-flags' || value.mask !== 0 || (isLegacy && negated))
    .map((option) =>
      option.name === '--syn'
        ? {
            name: '--tcp-flags',
            negated: option.negated,
            value: { type: 'tcp-flags', mask: 0b10111, set: 0b10, text: 'FIN,SYN,RST,ACK SYN' } as const,
          }
        : option,
    );
  const normalized = normalizePorts(looked, context);
  if (normalized === undefined || normalized.length > 0 || isLegacy) return normalized;
  const saysNothing = options.every(({ negated, value }) => !negated && (value?.type !== 'tcp-flags' || value.set === 0));
  return saysNothing ? normalized : undefined;
};

export const tcpMatch: ExtensionData = {
  name: 'tcp',
  protocols: ['tcp'],
  help: 'TCP ports, flags and options.',
  options: [
    ...portOptions(orderedPortRange),
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
  nativeInNft: (given) => {
    if (hasGiven(given, '--tcp-option')) return false;
    const flags = readGiven(given, findGiven(given, '--tcp-flags'));
    const hasFlags = flags?.type === 'tcp-flags' && (flags.mask !== 0 || flags.set !== 0);
    return hasFlags || hasGiven(given, '--syn') || narrowsPorts(given);
  },
  listed: {
    opening: 'tcp(?:(?=flags:)|(?![\\w-]))',
    options: [
      ...listedPorts,
      listedAs('--tcp-option', `option=~${anyWord}`),
      listedAs('--tcp-flags', 'flags:\\s*~([\\w,]+)/([\\w,]+)', (found) => found.map(tcpFlags)),
    ],
  },
};
