/** The target TEE. Source: iptables-extensions(8) and libxt_TEE.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { host } from '../../values/value-kinds.ts';
import { fault } from '../../values/values.ts';
import { findGiven, readGiven } from '../support/given.ts';
import { anyWord, listedAs } from '../support/listed.ts';
import { unquoted } from '../support/normalized.ts';

export const teeTarget: ExtensionData = {
  name: 'TEE',
  help: 'Sends a copy of the packet to another machine on the link.',
  options: [
    { long: '--gateway', value: host, mandatory: true, help: 'Its address.' },
    { long: '--oif', value: { type: 'text', max: 15 }, help: 'The interface to send it through.' },
  ],
  kernelCheck: (given) => {
    const value = readGiven(given, findGiven(given, '--gateway'));
    return value?.type === 'addresses' && value.from === 0n
      ? fault('bad-address', 'the kernel refuses to send to no address')
      : undefined;
  },
  normalize: (options) => options.map(unquoted).filter(({ value }) => value?.text !== ''),
  listed: {
    opening: 'TEE',
    options: [listedAs('--gateway', `gw:${anyWord}`), listedAs('--oif', `oif=${anyWord}`)],
  },
};
