/** The target SYNPROXY. Source: iptables-extensions(8) and libxt_SYNPROXY.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { uint32 } from '../../values/value-kinds.ts';
import { listedAs } from '../support/listed.ts';
import { cutNumber } from '../support/normalized.ts';

export const synproxyTarget: ExtensionData = {
  name: 'SYNPROXY',
  hooks: ['INPUT', 'FORWARD'],
  protocols: ['tcp'],
  help: 'Answers SYNs with cookies and lets only real connections through.',
  options: [
    { long: '--sack-perm', help: 'Offer selective acknowledgements.' },
    { long: '--timestamp', help: 'Offer timestamps.' },
    { long: '--wscale', value: uint32, help: 'Offer this window scale.' },
    { long: '--mss', value: uint32, help: 'Offer this maximum segment size.' },
    { long: '--ecn', help: 'Offer explicit congestion notification.' },
  ],
  normalize: (options) =>
    options.map((option) =>
      option.name === '--wscale' ? cutNumber(option, 8) : option.name === '--mss' ? cutNumber(option, 16) : option,
    ),
  listed: {
    opening: 'SYNPROXY',
    options: [
      listedAs('--sack-perm', 'sack-perm'),
      listedAs('--timestamp', 'timestamp'),
      listedAs('--wscale', 'wscale (\\d+)'),
      listedAs('--mss', 'mss (\\d+)'),
      listedAs('--ecn', 'ecn'),
    ],
  },
};
