/** The target CLASSIFY. Source: iptables-extensions(8) and libxt_CLASSIFY.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { listedAs } from '../support/listed.ts';

export const classifyTarget: ExtensionData = {
  name: 'CLASSIFY',
  hooks: ['FORWARD', 'OUTPUT', 'POSTROUTING'],
  help: 'Puts the packet into a class of a queueing discipline.',
  options: [{ long: '--set-class', value: { type: 'class' }, mandatory: true, help: 'The class: `major:minor` in hexadecimal.' }],
  listed: {
    opening: '',
    options: [
      listedAs('--set-class', 'CLASSIFY set ([0-9a-f]+):([0-9a-f]+)', ([major = '', minor = '']) => [
        `${major.padStart(4, '0')}:${minor.padStart(4, '0')}`,
      ]),
    ],
  },
};
