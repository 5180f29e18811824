/** The match icmp6. Source: iptables-extensions(8) and libip6t_icmp6.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { listedAs } from '../support/listed.ts';

export const icmp6Match: ExtensionData = {
  name: 'icmp6',
  aliases: ['icmpv6', 'ipv6-icmp'],
  families: ['ipv6'],
  protocols: ['ipv6-icmp'],
  help: 'ICMPv6 type and code.',
  options: [
    {
      long: '--icmpv6-type',
      value: { type: 'icmpv6-type' },
      negatable: true,
      mandatory: true,
      help: 'A name, `type` or `type/code`.',
    },
  ],
  listed: {
    opening: '',
    options: [
      listedAs('--icmpv6-type', 'ipv6-icmp\\s*~type (\\d+) code (\\d+)', ([type, code]) => [`${type}/${code}`]),
      listedAs('--icmpv6-type', 'ipv6-icmp\\s*~type (\\d+)(?! codes? )'),
      listedAs('--icmpv6-type', 'ipv6-icmp ~((?!type)[a-zA-Z][\\w-]+)'),
    ],
  },
};
