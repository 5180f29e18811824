/** The target IDLETIMER. Source: iptables-extensions(8) and libxt_IDLETIMER.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData, GivenOptions } from '../../extension.ts';
import { uint32 } from '../../values/value-kinds.ts';
import { fault, type ValueFault } from '../../values/values.ts';
import { givenNumber, givenText } from '../support/given.ts';
import { anyWord, listedAs } from '../support/listed.ts';
import { unquoted } from '../support/normalized.ts';

/** Seconds; the kernel counts milliseconds in 31 bits. */
const longest = Math.floor(0x7fff_ffff / 1000) - 1;

/** Source: xt_IDLETIMER.c, idletimer_tg_helper and idletimer_check_sysfs_name. */
function kernelCheck(given: GivenOptions): ValueFault | undefined {
  const timeout = givenNumber(given, '--timeout');
  if (timeout !== undefined && (timeout === 0 || timeout > longest))
    return fault('bad-number', `the kernel takes a --timeout from 1 to ${longest} seconds`);
  const label = givenText(given, '--label') ?? '-';
  if (label === '') return fault('text-too-short', 'the kernel refuses an empty --label');
  return ['power', 'subsystem', 'uevent', '.', '..'].includes(label) || label.includes('/')
    ? fault('bad-name', `the kernel takes no timer named ${label}: it would be a file of that name`)
    : undefined;
}

export const idletimerTarget: ExtensionData = {
  name: 'IDLETIMER',
  help: 'Says when an interface has been idle.',
  options: [
    { long: '--timeout', value: uint32, mandatory: true, help: 'Seconds until it counts as idle.' },
    { long: '--label', value: { type: 'text', max: 27 }, mandatory: true, help: 'The name of the timer.' },
    { long: '--alarm', help: 'Go on while the machine sleeps.' },
  ],
  kernelCheck,
  normalize: (options) => options.map(unquoted),
  listed: {
    opening: '',
    options: [listedAs('--timeout', 'timeout:(\\d+)'), listedAs('--label', `label:${anyWord}`), listedAs('--alarm', 'alarm')],
  },
};
