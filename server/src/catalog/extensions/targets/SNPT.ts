/** The target SNPT. Source: iptables-extensions(8) and libip6t_SNPT.c of iptables 1.8.9, and runs of it. */
import { prefixTarget } from '../support/prefixes.ts';

export const snptTarget = prefixTarget(
  'SNPT',
  ['INPUT', 'POSTROUTING'],
  'Changes the prefix of the source address without state.',
);
