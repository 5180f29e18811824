/** The target SET. Source: iptables-extensions(8) and libxt_SET.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData, GivenOptions } from '../../extension.ts';
import { setAndDirections, uint32 } from '../../values/value-kinds.ts';
import { fault, type ValueFault } from '../../values/values.ts';
import { hasGiven, missingOption } from '../support/given.ts';
import { outgoingHooks } from '../support/hooks.ts';
import { anyWord, listedAs } from '../support/listed.ts';

const mapped = ['--map-mark', '--map-prio', '--map-queue'];

/** Source: libxt_SET.c, set_target_check_v3. */
function check(given: GivenOptions): ValueFault | undefined {
  const [adds, removes, maps] = ['--add-set', '--del-set', '--map-set'].map((long) => hasGiven(given, long));
  if (!adds && !removes && !maps) return missingOption("You must specify either `--add-set' or `--del-set' or `--map-set'");
  if (!adds && hasGiven(given, '--exist')) return missingOption("Flag `--exist' can be used with `--add-set' only");
  if (!adds && hasGiven(given, '--timeout')) return missingOption("Option `--timeout' can be used with `--add-set' only");
  const taken = mapped.find((long) => hasGiven(given, long));
  if (!maps && taken !== undefined) return missingOption(`Flag \`${taken}' can be used with \`--map-set' only`);
  return maps && taken === undefined
    ? missingOption("You must specify flags `--map-mark' or '--map-prio` or `--map-queue'")
    : undefined;
}

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
  check,
  kernelCheck: (given) =>
    hasGiven(given, '--map-set') && given.table !== undefined && given.table !== 'mangle'
      ? fault('wrong-table', 'the kernel takes --map-set in the table mangle only')
      : undefined,
  hooksWith: (given) => (hasGiven(given, '--map-prio') || hasGiven(given, '--map-queue') ? outgoingHooks : undefined),
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
