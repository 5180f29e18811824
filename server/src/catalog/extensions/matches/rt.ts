/** The match rt. Source: iptables-extensions(8) of iptables 1.8.9, its libxt_rt.c or kin, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { uint32, uint32Range } from '../../values/value-kinds.ts';
import { anyWord, listedAs } from '../support/listed.ts';

export const rtMatch: ExtensionData = {
  name: 'rt',
  families: ['ipv6'],
  help: 'The routing header.',
  options: [
    { long: '--rt-type', value: uint32, negatable: true, help: 'Its type.' },
    { long: '--rt-segsleft', value: uint32Range, negatable: true, help: 'How many segments are left.' },
    { long: '--rt-len', value: uint32, negatable: true, help: 'Its length in bytes.' },
    { long: '--rt-0-res', help: 'Look at the reserved field of type 0.' },
    { long: '--rt-0-addrs', value: { type: 'address-list', max: 16 }, help: 'The addresses of type 0.' },
    { long: '--rt-0-not-strict', help: 'Other addresses may stand between.' },
  ],
  listed: {
    opening: 'rt',
    options: [
      listedAs('--rt-type', `type:~${anyWord}`),
      listedAs('--rt-segsleft', `segslefts?:~${anyWord}`),
      listedAs('--rt-len', `length:~${anyWord}`),
      listedAs('--rt-0-res', 'reserved'),
    ],
  },
};
