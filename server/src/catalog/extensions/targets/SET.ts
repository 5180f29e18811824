/** The target SET. Source: iptables-extensions(8) of iptables 1.8.9, its libxt_SET.c or kin, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { setAndDirections, uint32 } from '../../values/value-kinds.ts';
import { oneOf } from '../support/given.ts';
import { anyWord, listedAs } from '../support/listed.ts';

export const setTarget: ExtensionData = {
  name: 'SET',
  help: 'Puts the address, port or interface into an IP set, or takes it out.',
  options: [
    { long: '--add-set', value: setAndDirections, help: 'Add to this set; for each of its dimensions src or dst.' },
    { long: '--exist', help: 'An entry that is there already gets the new timeout.' },
    { long: '--timeout', value: uint32, help: 'The timeout of the entry in seconds.' },
    { long: '--del-set', value: setAndDirections, help: 'Take out of this set; for each of its dimensions src or dst.' },
    { long: '--map-set', value: setAndDirections, help: 'Take mark, priority and queue from the entry in this set.' },
    { long: '--map-mark', help: 'Take the mark.' },
    { long: '--map-prio', help: 'Take the priority.' },
    { long: '--map-queue', help: 'Take the transmit queue.' },
  ],
  check: oneOf("You must specify either `--add-set' or `--del-set' or `--map-set'", '--add-set', '--del-set', '--map-set'),
  listed: {
    opening: '',
    options: [
      listedAs('--add-set', `add-set ${anyWord} ${anyWord}`),
      listedAs('--del-set', `del-set ${anyWord} ${anyWord}`),
      listedAs('--map-set', `map-set ${anyWord} ${anyWord}`),
      listedAs('--exist', 'exist'),
      listedAs('--timeout', 'timeout (\\d+)'),
      listedAs('--map-mark', 'map-mark'),
      listedAs('--map-prio', 'map-prio'),
      listedAs('--map-queue', 'map-queue'),
    ],
  },
};
