/** The match u32. Source: iptables-extensions(8) of iptables 1.8.9, its libxt_u32.c or kin, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { listedAs, quotedText } from '../support/listed.ts';

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
  listed: {
    opening: '',
    options: [listedAs('--u32', `u32 ~${quotedText}`), listedAs('--u32', 'u32 ~(0x[^\\s"]+)')],
  },
};
