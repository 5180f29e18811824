/** The target TCPMSS. Source: iptables-extensions(8) and libxt_TCPMSS.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData, GivenOptions } from '../../extension.ts';
import { faultOf } from '../../values/values.ts';
import { anyOption, readGiven } from '../support/given.ts';
import { outgoingHooks } from '../support/hooks.ts';
import { listedAs } from '../support/listed.ts';

const syn = 0b10;

/** The legacy back end shows the target the other matches, and it wants one that tells SYNs. Source: xt_TCPMSS.c, find_syn_match. */
function looksForSyn(given: GivenOptions): boolean {
  return given.rule.some((option) => {
    if (option.name === '--syn') return option.negation === undefined;
    if (option.name !== '--tcp-flags' || option.negation !== undefined) return false;
    const value = readGiven(given, option);
    return value?.type === 'tcp-flags' && (value.set & syn) !== 0;
  });
}

export const tcpmssTarget: ExtensionData = {
  name: 'TCPMSS',
  protocols: ['tcp'],
  help: 'Changes the maximum segment size that a SYN announces.',
  options: [
    { long: '--set-mss', value: { type: 'segment-size' }, help: 'To this.' },
    { long: '--clamp-mss-to-pmtu', help: 'To what the route can carry.' },
  ],
  check: anyOption('TCPMSS target: At least one parameter is required'),
  kernelCheck: (given) =>
    looksForSyn(given)
      ? undefined
      : faultOf('legacy', 'missing-option', 'the kernel refuses TCPMSS without a test for SYN, such as -m tcp --syn'),
  hooksWith: (given) => (given.all.at(-1)?.name === '--clamp-mss-to-pmtu' ? outgoingHooks : undefined),
  // Of the two the last one typed counts.
  orderCounts: true,
  normalize: (options) => options.slice(-1),
  listed: {
    opening: 'TCPMSS',
    options: [listedAs('--set-mss', 'set (\\d+)'), listedAs('--clamp-mss-to-pmtu', 'clamp to PMTU')],
  },
};
