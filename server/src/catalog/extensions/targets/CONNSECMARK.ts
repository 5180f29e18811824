/** The target CONNSECMARK. Source: iptables-extensions(8) and libxt_CONNSECMARK.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { anyOption } from '../support/given.ts';
import { listedAs } from '../support/listed.ts';

export const connsecmarkTarget: ExtensionData = {
  name: 'CONNSECMARK',
  tables: ['mangle', 'security'],
  help: 'Copies security marks between packet and connection.',
  options: [
    { long: '--save', excludes: ['--restore'], help: 'From the packet to the connection.' },
    { long: '--restore', excludes: ['--save'], help: 'From the connection to the packet.' },
  ],
  check: anyOption('CONNSECMARK target: parameter required'),
  listed: {
    opening: 'CONNSECMARK',
    options: [listedAs('--save', 'save'), listedAs('--restore', 'restore')],
  },
};
