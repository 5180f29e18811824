/** The match cpu. Source: iptables-extensions(8) and libxt_cpu.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { uint32 } from '../../values/value-kinds.ts';
import { listedAs } from '../support/listed.ts';

export const cpuMatch: ExtensionData = {
  name: 'cpu',
  help: 'The processor that handles the packet.',
  options: [{ long: '--cpu', value: uint32, negatable: true, mandatory: true, help: 'Its number, from 0.' }],
  listed: {
    opening: '',
    options: [listedAs('--cpu', 'cpu ~(\\d+)')],
  },
};
