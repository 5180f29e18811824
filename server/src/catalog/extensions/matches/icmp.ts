/** The match icmp. Source: iptables-extensions(8) and libipt_icmp.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { listedAs } from '../support/listed.ts';

export const icmpMatch: ExtensionData = {
  name: 'icmp',
  families: ['ipv4'],
  protocols: ['icmp'],
  help: 'ICMP type and code.',
  options: [
    {
      long: '--icmp-type',
      value: { type: 'icmp-type' },
      negatable: true,
      mandatory: true,
      help: 'A name, `type` or `type/code`.',
    },
  ],
  listed: {
    opening: '',
    options: [
      listedAs('--icmp-type', 'icmp\\s*~type (\\d+) code (\\d+)', ([type, code]) => [`${type}/${code}`]),
      listedAs('--icmp-type', 'icmp\\s*~type (\\d+)(?! codes? )', ([type = '']) => [type === '255' ? 'any' : type]),
      listedAs('--icmp-type', 'icmp ~((?!type)[a-zA-Z][\\w-]+)'),
    ],
  },
};
