/** The match bpf. Source: iptables-extensions(8) and libxt_bpf.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { oneOnly } from '../support/given.ts';
import { listedAs } from '../support/listed.ts';

export const bpfMatch: ExtensionData = {
  name: 'bpf',
  help: 'A BPF program says whether the packet matches.',
  options: [
    { long: '--bytecode', value: { type: 'bytecode' }, help: 'The program as numbers: `4,48 0 0 9,21 0 1 6,6 0 0 1,6 0 0 0`.' },
    {
      long: '--object-pinned',
      value: { type: 'text', min: 1, max: 511 },
      help: 'The path of a program pinned in the BPF file system.',
    },
  ],
  check: oneOnly('bpf: one of --bytecode or --pinned is required', '--bytecode', '--object-pinned'),
  listed: {
    opening: '',
    options: [
      listedAs('--object-pinned', 'match bpf pinned (\\S+)'),
      listedAs('--bytecode', 'match bpf (\\d+ \\d+ \\d+ \\d+(?:,\\d+ \\d+ \\d+ \\d+)*)', ([code = '']) => [
        `${code.split(',').length},${code}`,
      ]),
    ],
  },
};
