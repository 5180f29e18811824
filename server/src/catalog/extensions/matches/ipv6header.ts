/** The match ipv6header. Source: iptables-extensions(8) of iptables 1.8.9, its libxt_ipv6header.c or kin, and runs of it. */
import type { ExtensionData } from '../../extension.ts';

export const ipv6headerMatch: ExtensionData = {
  name: 'ipv6header',
  families: ['ipv6'],
  help: 'Which IPv6 extension headers a packet has.',
  options: [
    {
      long: '--header',
      value: { type: 'ipv6-headers' },
      negatable: true,
      mandatory: true,
      help: 'Exactly these: hop, dst, route, frag, auth, esp, none, prot, or protocols by name.',
    },
    { long: '--soft', help: 'Others may be there too.' },
  ],
};
