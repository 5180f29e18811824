/** The match physdev. Source: iptables-extensions(8) and libxt_physdev.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import type { Hook, ValueKind } from '../../types.ts';
import { anyOption, findGiven, hasGiven } from '../support/given.ts';
import { anyWord, listedAs } from '../support/listed.ts';

const bridgePort: ValueKind = { type: 'interface', mayBeEmpty: true };

const everywhereElse: readonly Hook[] = ['PREROUTING', 'INPUT', 'FORWARD', 'POSTROUTING'];

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
  // A packet that this machine sends has no bridge port yet, unless it is known to be bridged.
  hooksWith: (given) => {
    const bridged = findGiven(given, '--physdev-is-bridged');
    if (bridged !== undefined && bridged.negation === undefined) return undefined;
    return hasGiven(given, '--physdev-out') || hasGiven(given, '--physdev-is-out') ? everywhereElse : undefined;
  },
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
