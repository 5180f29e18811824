/** The match ipv6header. Source: iptables-extensions(8) and libip6t_ipv6header.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { listedAs } from '../support/listed.ts';

/** By bit, the highest first (ip6t_ipv6header.h). */
const headerNames = ['hop', 'dst', 'route', 'frag', 'auth', 'esp', 'none', 'prot'];

/** A listing prints headers as a number, 0x40, or without -n by name. */
function headersOf(flags: string): string {
  const bits = Number(flags);
  return Number.isNaN(bits) ? flags : headerNames.filter((_, index) => (bits & (0x80 >> index)) !== 0).join(',');
}

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
  listed: {
    opening: 'ipv6header',
    options: [
      listedAs('--header', 'flags:~(0x[0-9A-F]{2}|[a-z][\\w,-]+)', ([flags = '']) => [headersOf(flags)]),
      listedAs('--soft', 'soft'),
    ],
  },
};
