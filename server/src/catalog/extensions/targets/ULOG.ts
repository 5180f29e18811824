/** The target ULOG. Source: iptables-extensions(8) and libipt_ULOG.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { listedAs, quotedText, unlessDefault } from '../support/listed.ts';

export const ulogTarget: ExtensionData = {
  name: 'ULOG',
  families: ['ipv4'],
  help: 'Hands the packet to a logging program; kernels before 3.17 only, NFLOG took its place.',
  options: [
    { long: '--ulog-prefix', value: { type: 'text', min: 1, max: 31, oneLine: true }, help: 'A text for the program.' },
    { long: '--ulog-nlgroup', value: { type: 'uint', bits: 8, min: 1, max: 32 }, help: 'The netlink group; 1 when not given.' },
    { long: '--ulog-cprange', value: { type: 'uint', bits: 64 }, help: 'How many bytes of the packet to copy.' },
    {
      long: '--ulog-qthreshold',
      value: { type: 'uint', bits: 64, min: 1, max: 50 },
      help: 'How many packets to collect before they are handed over.',
    },
  ],
  listed: {
    opening: 'ULOG',
    options: [
      listedAs('--ulog-cprange', 'copy_range (\\d+)', unlessDefault('0')),
      listedAs('--ulog-nlgroup', 'nlgroup (\\d+)', unlessDefault('1')),
      listedAs('--ulog-prefix', `prefix ${quotedText}`),
      // Before iptables 1.4.4.
      listedAs('--ulog-prefix', "prefix `([^']*)'"),
      listedAs('--ulog-qthreshold', 'queue_threshold (\\d+)', unlessDefault('1')),
    ],
  },
};
