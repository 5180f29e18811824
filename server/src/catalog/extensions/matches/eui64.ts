/** The match eui64. Source: iptables-extensions(8) and libip6t_eui64.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';

export const eui64Match: ExtensionData = {
  name: 'eui64',
  families: ['ipv6'],
  hooks: ['PREROUTING', 'INPUT', 'FORWARD'],
  help: 'The lower half of the source address is made from the sender\u2019s MAC address.',
  options: [],
  listed: { opening: 'eui64', options: [] },
};
