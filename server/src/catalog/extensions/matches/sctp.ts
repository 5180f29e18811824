/** The match sctp. Source: iptables-extensions(8) and libxt_sctp.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { orderedPortRange } from '../../values/value-kinds.ts';
import { sctpChunkTypes } from '../../values/words.ts';
import { listedAs } from '../support/listed.ts';
import { listedPorts, portOptions } from '../support/ports.ts';

const chunkNames = new Map(Object.entries(sctpChunkTypes).map(([name, number]) => [number, name]));

export const sctpMatch: ExtensionData = {
  name: 'sctp',
  protocols: ['sctp'],
  help: 'SCTP ports and chunks.',
  options: [
    ...portOptions(orderedPortRange),
    {
      long: '--chunk-types',
      value: { type: 'sctp-chunks' },
      negatable: true,
      help: 'All, any or only these chunk types, with their flags if they matter.',
    },
  ],
  listed: {
    opening: 'sctp',
    options: [
      ...listedPorts,
      listedAs('--chunk-types', '~(all|any|only) (\\S+)', ([how = '', list = '']) => [
        how,
        list.replace(/0x[0-9A-F]{4}/g, (type) => chunkNames.get(Number(type)) ?? type),
      ]),
    ],
  },
};
