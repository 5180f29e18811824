/** The target IDLETIMER. Source: iptables-extensions(8) of iptables 1.8.9, its libxt_IDLETIMER.c or kin, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { uint32 } from '../../values/value-kinds.ts';
import { anyWord, listedAs } from '../support/listed.ts';
import { unquoted } from '../support/normalized.ts';

export const idletimerTarget: ExtensionData = {
  name: 'IDLETIMER',
  help: 'Says when an interface has been idle.',
  options: [
    { long: '--timeout', value: uint32, mandatory: true, help: 'Seconds until it counts as idle.' },
    { long: '--label', value: { type: 'text', max: 27 }, mandatory: true, help: 'The name of the timer.' },
    { long: '--alarm', help: 'Go on while the machine sleeps.' },
  ],
  normalize: (options) => options.map(unquoted),
  listed: {
    opening: '',
    options: [listedAs('--timeout', 'timeout:(\\d+)'), listedAs('--label', `label:${anyWord}`), listedAs('--alarm', 'alarm')],
  },
};
