/** The match tos. Source: iptables-extensions(8) and libxt_tos.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { tos } from '../../values/value-kinds.ts';
import { listedAs } from '../support/listed.ts';

export const tosMatch: ExtensionData = {
  name: 'tos',
  help: 'The type of service byte of the IP header.',
  options: [{ long: '--tos', value: tos, negatable: true, mandatory: true, help: 'Its value, with a mask or by name.' }],
  listed: {
    opening: '',
    options: [
      listedAs('--tos', '(?:tos|TOS) match\\s*~(0x[0-9a-f]+(?:/0x[0-9a-f]+)?|M(?:in|ax)imize-[A-Z][a-z]+|Normal-Service)'),
    ],
  },
};
