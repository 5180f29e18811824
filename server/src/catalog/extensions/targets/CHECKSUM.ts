/** The target CHECKSUM. Source: iptables-extensions(8) and libxt_CHECKSUM.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { listedAs } from '../support/listed.ts';

export const checksumTarget: ExtensionData = {
  name: 'CHECKSUM',
  tables: ['mangle'],
  help: 'Computes the checksum of a packet that has none.',
  options: [{ long: '--checksum-fill', mandatory: true, help: 'Fill it in.' }],
  listed: {
    opening: '',
    options: [listedAs('--checksum-fill', 'CHECKSUM fill')],
  },
};
