/** The match set. Source: iptables-extensions(8) and libxt_set.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { setAndDirections } from '../../values/value-kinds.ts';
import { oneOf } from '../support/given.ts';
import { anyWord, listedAs } from '../support/listed.ts';
import { renamed } from '../support/normalized.ts';

export const setMatch: ExtensionData = {
  name: 'set',
  help: 'The address, port or interface is in an IP set.',
  options: [
    {
      long: '--match-set',
      value: setAndDirections,
      negatable: true,
      help: 'The set, and for each of its dimensions src or dst.',
    },
    { long: '--set', value: setAndDirections, negatable: true, help: 'The old name of --match-set.' },
    { long: '--return-nomatch', help: 'Entries marked nomatch do match.' },
    { long: '--update-counters', negatable: true, help: 'Count in the set; with ! do not.' },
    { long: '--update-subcounters', negatable: true, help: 'Count in the members of a list of sets; with ! do not.' },
    {
      long: '--packets-eq',
      value: { type: 'uint', bits: 64 },
      negatable: true,
      help: 'The packet counter of the entry is this.',
    },
    { long: '--packets-lt', value: { type: 'uint', bits: 64 }, help: 'The packet counter of the entry is lower.' },
    { long: '--packets-gt', value: { type: 'uint', bits: 64 }, help: 'The packet counter of the entry is higher.' },
    { long: '--bytes-eq', value: { type: 'uint', bits: 64 }, negatable: true, help: 'The byte counter of the entry is this.' },
    { long: '--bytes-lt', value: { type: 'uint', bits: 64 }, help: 'The byte counter of the entry is lower.' },
    { long: '--bytes-gt', value: { type: 'uint', bits: 64 }, help: 'The byte counter of the entry is higher.' },
  ],
  check: oneOf("You must specify `--match-set' with proper arguments", '--match-set', '--set'),
  // Counters are updated unless it is negated.
  normalize: (options, context) =>
    renamed('--set', '--match-set')(options, context)?.filter(({ name, negated }) => negated || !name.startsWith('--update-')),
  listed: {
    opening: '',
    options: [
      listedAs('--match-set', `~match-set ${anyWord} ${anyWord}`),
      // Before iptables 1.4.4.
      listedAs('--match-set', `~set ${anyWord} ((?:src|dst)(?:,(?:src|dst))*)`),
      listedAs('--return-nomatch', 'return-nomatch'),
      listedAs('--update-counters', '~update-counters'),
      listedAs('--update-subcounters', '~update-subcounters'),
      ...['packets', 'bytes'].flatMap((counter) => [
        listedAs(`--${counter}-eq`, `~${counter}-eq (\\d+)`),
        listedAs(`--${counter}-lt`, `${counter}-lt (\\d+)`),
        listedAs(`--${counter}-gt`, `${counter}-gt (\\d+)`),
      ]),
    ],
  },
};
