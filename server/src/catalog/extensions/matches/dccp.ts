/** The match dccp. Source: iptables-extensions(8) and libxt_dccp.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { portRange } from '../../values/value-kinds.ts';
import { dccpTypes } from '../../values/words.ts';
import { anyWord, listedAs } from '../support/listed.ts';
import { listedPorts, portOptions } from '../support/ports.ts';

/** A listing prints types by number, or without -n by name. */
function dccpTypeNames(list: string): string {
  const names = list.split(',').map((type) => (/^\d/.test(type) ? (dccpTypes[Number(type)] ?? 'INVALID') : type));
  return [...new Set(names)].join(',');
}

const typeWord = ['\\d+', ...dccpTypes].join('|');

export const dccpMatch: ExtensionData = {
  name: 'dccp',
  protocols: ['dccp'],
  help: 'DCCP ports, packet types and options.',
  options: [
    ...portOptions(portRange),
    { long: '--dccp-types', value: { type: 'dccp-types' }, negatable: true, help: 'The packet is of one of these types.' },
    {
      long: '--dccp-option',
      value: { type: 'uint', bits: 8, min: 1, max: 255 },
      negatable: true,
      help: 'The packet has this option.',
    },
  ],
  listed: {
    opening: 'dccp',
    options: [
      ...listedPorts,
      listedAs('--dccp-option', `option=~${anyWord}`),
      listedAs('--dccp-types', `~((?:${typeWord})(?:,(?:${typeWord}))*)(?!\\S)`, ([list = '']) => [dccpTypeNames(list)]),
    ],
  },
};
