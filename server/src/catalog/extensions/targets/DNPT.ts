/** The target DNPT. Source: iptables-extensions(8) and libip6t_DNPT.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { network } from '../../values/value-kinds.ts';
import { listedAs } from '../support/listed.ts';
import { checkPrefixes } from '../support/prefixes.ts';

export const dnptTarget: ExtensionData = {
  name: 'DNPT',
  families: ['ipv6'],
  tables: ['mangle'],
  hooks: ['PREROUTING', 'OUTPUT'],
  help: 'Changes the prefix of the destination address without state.',
  options: [
    { long: '--src-pfx', value: network, mandatory: true, help: 'The prefix as it is.' },
    { long: '--dst-pfx', value: network, mandatory: true, help: 'The prefix as it will be.' },
  ],
  kernelCheck: checkPrefixes,
  listed: {
    // The name is not printed before iptables 1.8.
    opening: '',
    options: [
      listedAs('', 'DNPT'),
      listedAs('--src-pfx', 'src-pfx ([0-9a-f:./]+)'),
      listedAs('--dst-pfx', 'dst-pfx ([0-9a-f:./]+)'),
    ],
  },
};
