/** The target HMARK. Source: iptables-extensions(8) of iptables 1.8.9, its libxt_HMARK.c or kin, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import type { ValueKind } from '../../types.ts';
import { uint32 } from '../../values/value-kinds.ts';

const wideHex32: ValueKind = { type: 'uint', bits: 32, print: 'hex8' };

export const hmarkTarget: ExtensionData = {
  name: 'HMARK',
  help: 'Marks the packet with a hash of its addresses and ports.',
  options: [
    { long: '--hmark-src-prefix', value: { type: 'prefix-mask' }, help: 'The part of the source address that counts.' },
    { long: '--hmark-dst-prefix', value: { type: 'prefix-mask' }, help: 'The part of the destination address that counts.' },
    {
      long: '--hmark-sport-mask',
      value: { type: 'uint', bits: 16, print: 'hex4' },
      help: 'The part of the source port that counts.',
    },
    {
      long: '--hmark-dport-mask',
      value: { type: 'uint', bits: 16, print: 'hex4' },
      help: 'The part of the destination port that counts.',
    },
    { long: '--hmark-spi-mask', value: wideHex32, help: 'The part of the security parameters index that counts.' },
    { long: '--hmark-sport', value: { type: 'uint', bits: 16, print: 'hex4' }, help: 'A source port instead of the real one.' },
    {
      long: '--hmark-dport',
      value: { type: 'uint', bits: 16, print: 'hex4' },
      help: 'A destination port instead of the real one.',
    },
    { long: '--hmark-spi', value: wideHex32, help: 'A security parameters index instead of the real one.' },
    {
      long: '--hmark-proto-mask',
      value: { type: 'uint', bits: 16, print: 'hex2' },
      help: 'The part of the protocol number that counts.',
    },
    { long: '--hmark-rnd', value: wideHex32, help: 'The seed of the hash.' },
    { long: '--hmark-mod', value: { type: 'uint', bits: 32, min: 1 }, mandatory: true, help: 'How many different marks.' },
    { long: '--hmark-offset', value: uint32, help: 'The lowest mark.' },
    {
      long: '--hmark-tuple',
      value: { type: 'enum', values: ['src', 'dst', 'sport', 'dport', 'spi', 'ct'], list: true, beginning: true },
      help: 'What goes into the hash.',
    },
  ],
};
