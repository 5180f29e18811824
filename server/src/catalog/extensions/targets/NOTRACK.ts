/** The target NOTRACK. Source: iptables-extensions(8) and libxt_CT.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { listedAs } from '../support/listed.ts';

export const notrackTarget: ExtensionData = {
  name: 'NOTRACK',
  tables: ['raw'],
  help: 'Do not track the packet’s connection; CT --notrack is the same.',
  options: [],
  listed: {
    opening: '',
    options: [listedAs('', 'NOTRACK')],
  },
};
