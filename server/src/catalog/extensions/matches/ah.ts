/** The match ah. Source: iptables-extensions(8) and libipt_ah.c and libip6t_ah.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { uint32, uint32Range } from '../../values/value-kinds.ts';
import { listedAs } from '../support/listed.ts';
import { withoutFullRanges } from '../support/normalized.ts';

export const ahMatch: ExtensionData = {
  name: 'ah',
  protocols: ['ah'],
  protocolsIn: 'ipv4',
  help: 'The IPsec authentication header.',
  options: [
    { long: '--ahspi', value: uint32Range, negatable: true, help: 'Its security parameters index is this or in this range.' },
    { long: '--ahlen', value: uint32, negatable: true, families: ['ipv6'], help: 'Its length in bytes.' },
    { long: '--ahres', families: ['ipv6'], help: 'Its reserved field is zero.' },
  ],
  normalize: withoutFullRanges(0xffff_ffff),
  listed: {
    opening: 'ah',
    options: [
      listedAs('--ahspi', 'spis?:~(\\d+(?::\\d+)?)'),
      listedAs('--ahlen', 'length:~(\\d+)'),
      listedAs('--ahres', 'reserved'),
    ],
  },
};
