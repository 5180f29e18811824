/** The match length. Source: iptables-extensions(8) and libxt_length.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { uint16Range } from '../../values/value-kinds.ts';
import { listedAs } from '../support/listed.ts';

export const lengthMatch: ExtensionData = {
  name: 'length',
  help: 'The length of the packet.',
  options: [
    { long: '--length', value: uint16Range, negatable: true, mandatory: true, help: 'Bytes with the IP header, or a range.' },
  ],
  listed: {
    opening: '',
    options: [listedAs('--length', 'length ~([0-9:]+)')],
  },
};
