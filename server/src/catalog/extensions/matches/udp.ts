/** The match udp. Source: iptables-extensions(8) and libxt_udp.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { portRange } from '../../values/value-kinds.ts';
import { listedPorts, narrowsPorts, normalizePorts, portOptions } from '../support/ports.ts';

export const udpMatch: ExtensionData = {
  name: 'udp',
  protocols: ['udp'],
  help: 'UDP ports.',
  options: [...portOptions(portRange)],
  normalize: normalizePorts,
  nativeInNft: narrowsPorts,
  listed: {
    opening: 'udp',
    options: [...listedPorts],
  },
};
