/** The match frag. Source: iptables-extensions(8) and libip6t_frag.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { uint32, uint32Range } from '../../values/value-kinds.ts';
import { anyWord, listedAs } from '../support/listed.ts';
import { withoutFullRanges } from '../support/normalized.ts';

export const fragMatch: ExtensionData = {
  name: 'frag',
  families: ['ipv6'],
  help: 'The fragment header.',
  options: [
    { long: '--fragid', value: uint32Range, negatable: true, help: 'Its identification is this or in this range.' },
    { long: '--fraglen', value: uint32, negatable: true, help: 'Its length in bytes; old kernels only.' },
    { long: '--fragres', help: 'Its reserved fields are zero.' },
    { long: '--fragfirst', help: 'The first fragment.' },
    { long: '--fragmore', excludes: ['--fraglast'], help: 'More fragments follow.' },
    { long: '--fraglast', excludes: ['--fragmore'], help: 'The last fragment.' },
  ],
  normalize: withoutFullRanges(0xffff_ffff),
  listed: {
    opening: 'frag',
    options: [
      listedAs('--fragid', `ids?:~${anyWord}`),
      listedAs('--fraglen', `length:~${anyWord}`),
      listedAs('--fragres', 'reserved'),
      listedAs('--fragfirst', 'first'),
      listedAs('--fragmore', 'more'),
      listedAs('--fraglast', 'last'),
    ],
  },
};
