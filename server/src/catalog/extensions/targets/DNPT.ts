/** The target DNPT. Source: iptables-extensions(8) and libip6t_DNPT.c of iptables 1.8.9, and runs of it. */
import { prefixTarget } from '../support/prefixes.ts';

export const dnptTarget = prefixTarget(
  'DNPT',
  ['PREROUTING', 'OUTPUT'],
  'Changes the prefix of the destination address without state.',
);
