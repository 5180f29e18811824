/** The match connlabel. Source: iptables-extensions(8) and libxt_connlabel.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { fault } from '../../values/values.ts';
import { givenNumber } from '../support/given.ts';
import { listedAs } from '../support/listed.ts';

export const connlabelMatch: ExtensionData = {
  name: 'connlabel',
  help: 'A label of the connection.',
  options: [
    {
      long: '--label',
      value: { type: 'label' },
      negatable: true,
      mandatory: true,
      help: 'By name from connlabel.conf, or by number.',
    },
    { long: '--set', help: 'Set the label; match if that worked.' },
  ],
  kernelCheck: (given) =>
    (givenNumber(given, '--label') ?? 0) > 127 ? fault('bad-number', 'the kernel has labels from 0 to 127') : undefined,
  listed: {
    opening: 'connlabel',
    options: [listedAs('--label', "~'([^']*)'"), listedAs('--label', `~(\\d+)`), listedAs('--set', 'set')],
  },
};
