/** The target NETMAP. Source: iptables-extensions(8) and libipt_NETMAP.c and libip6t_NETMAP.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData, Normalize } from '../../extension.ts';
import { printNetwork } from '../../values/addresses.ts';
import { network } from '../../values/value-kinds.ts';
import { anyWord, listedAs } from '../support/listed.ts';
import { replaceText } from '../support/normalized.ts';

const normalize: Normalize = (options) =>
  options.map((option) => {
    const value = option.value;
    if (value?.type !== 'network') return option;
    return replaceText(option, printNetwork(value.network));
  });

export const netmapTarget: ExtensionData = {
  name: 'NETMAP',
  tables: ['nat'],
  help: 'Maps one network to another, address by address.',
  options: [{ long: '--to', value: network, mandatory: true, help: 'The other network.' }],
  normalize,
  listed: {
    opening: '',
    options: [listedAs('--to', `to:${anyWord}`)],
  },
};
