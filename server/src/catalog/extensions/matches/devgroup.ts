/** The match devgroup. Source: iptables-extensions(8) and libxt_devgroup.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { anyOption, hasGiven } from '../support/given.ts';
import { incomingHooks, outgoingHooks } from '../support/hooks.ts';
import { anyWord, listedAs } from '../support/listed.ts';

export const devgroupMatch: ExtensionData = {
  name: 'devgroup',
  help: 'The group of the interface.',
  options: [
    {
      long: '--src-group',
      value: { type: 'device-group' },
      negatable: true,
      help: 'Of the one that the packet came in through.',
    },
    {
      long: '--dst-group',
      value: { type: 'device-group' },
      negatable: true,
      help: 'Of the one that the packet leaves through.',
    },
  ],
  check: anyOption("devgroup match: You must specify either '--src-group' or '--dst-group'"),
  hooksWith: (given) => {
    if (!hasGiven(given, '--src-group')) return outgoingHooks;
    return hasGiven(given, '--dst-group') ? ['FORWARD'] : incomingHooks;
  },
  listed: {
    opening: '',
    options: [listedAs('--src-group', `~src-group ${anyWord}`), listedAs('--dst-group', `~dst-group ${anyWord}`)],
  },
};
