/** The match udp. Source: iptables-extensions(8) of iptables 1.8.9, its libxt_udp.c or kin, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { portRange } from '../../values/value-kinds.ts';
import { listedPorts, narrowsPorts, normalizePorts } from '../support/ports.ts';

export const udpMatch: ExtensionData = {
  name: 'udp',
  protocols: ['udp'],
  help: 'UDP ports.',
  options: [
    {
      long: '--source-port',
      aliases: ['--sport'],
      saved: '--sport',
      value: portRange,
      negatable: true,
      help: 'The source port or a range.',
    },
    {
      long: '--destination-port',
      aliases: ['--dport'],
      saved: '--dport',
      value: portRange,
      negatable: true,
      help: 'The destination port or a range.',
    },
  ],
  normalize: normalizePorts,
  nativeInNft: narrowsPorts,
  listed: {
    opening: 'udp',
    options: [...listedPorts],
  },
};
