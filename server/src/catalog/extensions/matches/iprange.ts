/** The match iprange. Source: iptables-extensions(8) and libxt_iprange.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { addressRange } from '../../values/value-kinds.ts';
import { anyOption } from '../support/given.ts';
import { anyWord, listedAs } from '../support/listed.ts';

export const iprangeMatch: ExtensionData = {
  name: 'iprange',
  help: 'Addresses from one to another, whatever the prefix.',
  options: [
    { long: '--src-range', value: addressRange, negatable: true, help: 'The source is in this range.' },
    { long: '--dst-range', value: addressRange, negatable: true, help: 'The destination is in this range.' },
  ],
  check: anyOption("iprange match: You must specify `--src-range' or `--dst-range'"),
  listed: {
    opening: '',
    options: [
      listedAs('--src-range', `source IP range ~${anyWord}`),
      listedAs('--dst-range', `destination IP range ~${anyWord}`),
    ],
  },
};
