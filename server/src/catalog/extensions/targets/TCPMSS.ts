/** The target TCPMSS. Source: iptables-extensions(8) of iptables 1.8.9, its libxt_TCPMSS.c or kin, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { anyOption } from '../support/given.ts';
import { listedAs } from '../support/listed.ts';
import { findOption, without } from '../support/normalized.ts';

export const tcpmssTarget: ExtensionData = {
  name: 'TCPMSS',
  hooks: ['FORWARD', 'OUTPUT', 'POSTROUTING'],
  protocols: ['tcp'],
  help: 'Changes the maximum segment size that a SYN announces.',
  options: [
    { long: '--set-mss', value: { type: 'uint', bits: 16, max: 65495 }, help: 'To this.' },
    { long: '--clamp-mss-to-pmtu', help: 'To what the route can carry.' },
  ],
  check: anyOption('TCPMSS target: At least one parameter is required'),
  normalize: (options) => (findOption(options, '--clamp-mss-to-pmtu') === undefined ? options : without(options, '--set-mss')),
  listed: {
    opening: 'TCPMSS',
    options: [listedAs('--set-mss', 'set (\\d+)'), listedAs('--clamp-mss-to-pmtu', 'clamp to PMTU')],
  },
};
