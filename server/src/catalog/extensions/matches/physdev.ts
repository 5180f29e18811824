/** The match physdev. Source: iptables-extensions(8) of iptables 1.8.9, its libxt_physdev.c or kin, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import type { ValueKind } from '../../types.ts';
import { anyOption } from '../support/given.ts';
import { anyWord, listedAs } from '../support/listed.ts';

const bridgePort: ValueKind = { type: 'interface', mayBeEmpty: true };

export const physdevMatch: ExtensionData = {
  name: 'physdev',
  help: 'The port of a bridge that the packet crosses.',
  options: [
    { long: '--physdev-is-in', negatable: true, help: 'The packet came in through a bridge.' },
    { long: '--physdev-in', value: bridgePort, negatable: true, help: 'The bridge port that it came in through.' },
    { long: '--physdev-is-out', negatable: true, help: 'The packet leaves through a bridge.' },
    { long: '--physdev-out', value: bridgePort, negatable: true, help: 'The bridge port that it leaves through.' },
    { long: '--physdev-is-bridged', negatable: true, help: 'The packet is bridged, not routed.' },
  ],
  check: anyOption('PHYSDEV: no physdev option specified'),
  listed: {
    opening: 'PHYSDEV match',
    options: [
      listedAs('--physdev-is-in', '~--physdev-is-in'),
      listedAs('--physdev-in', `~--physdev-in ${anyWord}`),
      listedAs('--physdev-is-out', '~--physdev-is-out'),
      listedAs('--physdev-out', `~--physdev-out ${anyWord}`),
      listedAs('--physdev-is-bridged', '~--physdev-is-bridged'),
    ],
  },
};
