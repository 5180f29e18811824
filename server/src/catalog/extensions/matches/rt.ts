/** The match rt. Source: iptables-extensions(8) and libip6t_rt.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData, GivenOptions } from '../../extension.ts';
import { uint32, uint32Range } from '../../values/value-kinds.ts';
import type { ValueFault } from '../../values/values.ts';
import { missingOption, readGiven } from '../support/given.ts';
import { anyWord, listedAs } from '../support/listed.ts';
import { withoutFullRanges } from '../support/normalized.ts';

function check(given: GivenOptions): ValueFault | undefined {
  let isType0 = false;
  let hasAddresses = false;
  for (const option of given.all) {
    switch (option.name) {
      case '--rt-type': {
        const value = readGiven(given, option);
        isType0 = value?.type === 'number' && value.value === 0 && option.negation === undefined;
        break;
      }
      case '--rt-0-res':
        if (!isType0) return missingOption("`--rt-type 0' required before `--rt-0-res'");
        break;
      case '--rt-0-addrs':
        if (!isType0) return missingOption("`--rt-type 0' required before `--rt-0-addrs'");
        hasAddresses = true;
        break;
      case '--rt-0-not-strict':
        if (!hasAddresses) return missingOption("`--rt-0-addr ...' required before `--rt-0-not-strict'");
        break;
      default:
    }
  }
  return undefined;
}

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
  check,
  normalize: withoutFullRanges(0xffff_ffff),
  listed: {
    opening: 'rt',
    options: [
      listedAs('--rt-type', `type:~${anyWord}`),
      listedAs('--rt-segsleft', `segslefts?:~${anyWord}`),
      listedAs('--rt-len', `length:~${anyWord}`),
      listedAs('--rt-0-res', 'reserved'),
      listedAs('--rt-0-addrs', `0-addrs ${anyWord}`),
      listedAs('--rt-0-not-strict', '0-not-strict'),
    ],
  },
};
