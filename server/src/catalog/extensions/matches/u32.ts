/** The match u32. Source: iptables-extensions(8) and libxt_u32.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData, GivenOptions } from '../../extension.ts';
import { fault, type ValueFault } from '../../values/values.ts';
import { findGiven, readGiven } from '../support/given.ts';
import { listedAs, quotedText } from '../support/listed.ts';

/** A number of 32 bits is shifted by 31 at the most. Source: xt_u32.c, u32_mt_checkentry. */
function kernelCheck(given: GivenOptions): ValueFault | undefined {
  const value = readGiven(given, findGiven(given, '--u32'));
  const shifts = value?.type === 'text' ? value.raw.matchAll(/(?:<<|>>)(0x[0-9a-f]+)/g) : [];
  for (const [, by] of shifts) if (Number(by) > 31) return fault('bad-number', `the kernel refuses to shift by ${Number(by)}`);
  return undefined;
}

export const u32Match: ExtensionData = {
  name: 'u32',
  help: 'Numbers taken from anywhere in the packet.',
  options: [
    {
      long: '--u32',
      value: { type: 'u32' },
      negatable: true,
      mandatory: true,
      help: 'Tests such as `0&0xffff=0x100:0xffff`, joined by &&.',
    },
  ],
  kernelCheck,
  listed: {
    opening: '',
    options: [listedAs('--u32', `u32 ~${quotedText}`), listedAs('--u32', 'u32 ~(0x[^\\s"]+)')],
  },
};
