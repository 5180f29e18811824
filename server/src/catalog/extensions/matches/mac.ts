/** The match mac. Source: iptables-extensions(8) and libxt_mac.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { mac } from '../../values/value-kinds.ts';
import { listedAs } from '../support/listed.ts';

export const macMatch: ExtensionData = {
  name: 'mac',
  hooks: ['PREROUTING', 'INPUT', 'FORWARD'],
  help: 'The Ethernet address of the sender.',
  options: [{ long: '--mac-source', value: mac, negatable: true, mandatory: true, help: 'The address: `00:11:22:33:44:55`.' }],
  listed: {
    opening: '',
    options: [listedAs('--mac-source', 'MAC ?~((?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2})')],
  },
};
