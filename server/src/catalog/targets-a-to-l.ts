/** Targets from AUDIT to LOG. Source: iptables-extensions(8) of iptables 1.8.9 and runs of it. */
import type { ExtensionData, ValueKind } from './types.ts';
import { dscpClass, hex32, mac, mark, network, uint8, uint32 } from './values/value-kinds.ts';

const markOperations = ['--set-xmark', '--set-mark', '--and-mark', '--or-mark', '--xor-mark', '--save-mark', '--restore-mark'];
const othersThan = (long: string): readonly string[] => markOperations.filter((operation) => operation !== long);
const shift: ValueKind = { type: 'uint', bits: 8, max: 32 };
const wideHex32: ValueKind = { type: 'uint', bits: 32, print: 'hex8' };
const bit: ValueKind = { type: 'uint', bits: 8, max: 1 };

export const targetsAToL = [
  {
    name: 'AUDIT',
    help: 'Writes an audit record.',
    options: [
      {
        long: '--type',
        value: { type: 'enum', values: ['accept', 'drop', 'reject'], ignoreCase: true },
        mandatory: true,
        help: 'What the record says was done.',
      },
    ],
  },
  {
    name: 'CHECKSUM',
    tables: ['mangle'],
    help: 'Computes the checksum of a packet that has none.',
    options: [{ long: '--checksum-fill', mandatory: true, help: 'Fill it in.' }],
  },
  {
    name: 'CLASSIFY',
    hooks: ['FORWARD', 'OUTPUT', 'POSTROUTING'],
    help: 'Puts the packet into a class of a queueing discipline.',
    options: [
      { long: '--set-class', value: { type: 'class' }, mandatory: true, help: 'The class: `major:minor` in hexadecimal.' },
    ],
  },
  {
    name: 'CLUSTERIP',
    families: ['ipv4'],
    help: 'A cluster of nodes that share an IP and a MAC address.',
    options: [
      { long: '--new', help: 'Make the cluster address.' },
      {
        long: '--hashmode',
        value: { type: 'enum', values: ['sourceip', 'sourceip-sourceport', 'sourceip-sourceport-destport'] },
        help: 'What decides which node answers.',
      },
      { long: '--clustermac', value: mac, help: 'The shared MAC address.' },
      { long: '--total-nodes', value: { type: 'uint', bits: 16, max: 16 }, help: 'How many nodes there are.' },
      { long: '--local-node', value: { type: 'uint', bits: 16, max: 16 }, help: 'The number of this one.' },
      { long: '--hash-init', value: uint32, help: 'The seed of the hash.' },
    ],
  },
  {
    name: 'CONNMARK',
    help: 'Sets the mark of the connection, or copies between it and the packet.',
    options: [
      {
        long: '--set-xmark',
        value: mark,
        excludes: othersThan('--set-xmark'),
        help: 'Clear the bits of the mask, then flip those of the value.',
      },
      {
        long: '--set-mark',
        value: mark,
        excludes: othersThan('--set-mark'),
        help: 'Clear the bits of the mask, then set those of the value.',
      },
      { long: '--and-mark', value: uint32, excludes: othersThan('--and-mark'), help: 'Keep these bits only.' },
      { long: '--or-mark', value: uint32, excludes: othersThan('--or-mark'), help: 'Set these bits.' },
      { long: '--xor-mark', value: uint32, excludes: othersThan('--xor-mark'), help: 'Flip these bits.' },
      { long: '--save-mark', excludes: othersThan('--save-mark'), help: 'Copy the mark of the packet to the connection.' },
      { long: '--restore-mark', excludes: othersThan('--restore-mark'), help: 'Copy the mark of the connection to the packet.' },
      { long: '--left-shift-mark', value: shift, help: 'Shift the mark to the left.' },
      { long: '--right-shift-mark', value: shift, help: 'Shift the mark to the right.' },
      { long: '--nfmask', value: hex32, excludes: ['--mask'], help: 'The part of the mark of the packet that takes part.' },
      { long: '--ctmask', value: hex32, excludes: ['--mask'], help: 'The part of the mark of the connection that takes part.' },
      { long: '--mask', value: hex32, excludes: ['--ctmask', '--nfmask'], help: 'Both masks at once.' },
    ],
  },
  {
    name: 'CONNSECMARK',
    tables: ['mangle', 'security'],
    help: 'Copies security marks between packet and connection.',
    options: [
      { long: '--save', excludes: ['--restore'], help: 'From the packet to the connection.' },
      { long: '--restore', excludes: ['--save'], help: 'From the connection to the packet.' },
    ],
  },
  {
    name: 'CT',
    tables: ['raw'],
    help: 'Settings of connection tracking for the packet’s connection.',
    options: [
      { long: '--notrack', help: 'Do not track it.' },
      { long: '--helper', value: { type: 'text', max: 15 }, help: 'Use this helper.' },
      { long: '--timeout', value: { type: 'text', max: 31 }, help: 'Use this timeout policy.' },
      {
        long: '--ctevents',
        value: {
          type: 'enum',
          values: ['new', 'related', 'destroy', 'reply', 'assured', 'protoinfo', 'helper', 'mark', 'natseqinfo', 'secmark'],
          list: true,
        },
        help: 'Report these events only.',
      },
      {
        long: '--expevents',
        value: { type: 'enum', values: ['new'], list: true },
        help: 'Report these events of expectations only.',
      },
      { long: '--zone-orig', value: { type: 'zone' }, help: 'The zone in the original direction only.' },
      { long: '--zone-reply', value: { type: 'zone' }, help: 'The zone in the reply direction only.' },
      { long: '--zone', value: { type: 'zone' }, help: 'The zone: a number, or the mark of the packet.' },
    ],
  },
  {
    name: 'DNAT',
    tables: ['nat'],
    hooks: ['PREROUTING', 'OUTPUT'],
    help: 'Changes the destination of the connection.',
    options: [
      {
        long: '--to-destination',
        value: { type: 'nat-range', shifted: true },
        mandatory: true,
        help: 'The new address or range of addresses, with a port or a range of ports.',
      },
      { long: '--random', help: 'Choose the port at random.' },
      { long: '--persistent', help: 'The same client gets the same address each time.' },
    ],
  },
  {
    name: 'DNPT',
    families: ['ipv6'],
    tables: ['mangle'],
    hooks: ['PREROUTING', 'OUTPUT'],
    help: 'Changes the prefix of the destination address without state.',
    options: [
      { long: '--src-pfx', value: network, mandatory: true, help: 'The prefix as it is.' },
      { long: '--dst-pfx', value: network, mandatory: true, help: 'The prefix as it will be.' },
    ],
  },
  {
    name: 'DSCP',
    tables: ['mangle'],
    help: 'Sets the six bits of differentiated services.',
    options: [
      {
        long: '--set-dscp',
        value: { type: 'uint', bits: 8, max: 63, print: 'hex2' },
        excludes: ['--set-dscp-class'],
        help: 'Their value.',
      },
      { long: '--set-dscp-class', value: dscpClass, excludes: ['--set-dscp'], help: 'Their value by name: BE, EF, AFxx, CSx.' },
    ],
  },
  {
    name: 'ECN',
    families: ['ipv4'],
    tables: ['mangle'],
    help: 'Takes explicit congestion notification off.',
    options: [
      { long: '--ecn-tcp-remove', excludes: ['--ecn-tcp-cwr', '--ecn-tcp-ece'], help: 'Clear both TCP flags.' },
      { long: '--ecn-tcp-cwr', value: bit, excludes: ['--ecn-tcp-remove'], help: 'Set the TCP flag CWR to 0 or 1.' },
      { long: '--ecn-tcp-ece', value: bit, excludes: ['--ecn-tcp-remove'], help: 'Set the TCP flag ECE to 0 or 1.' },
      { long: '--ecn-ip-ect', value: { type: 'uint', bits: 8, max: 3 }, help: 'Set the two bits in the IP header.' },
    ],
  },
  {
    name: 'HL',
    families: ['ipv6'],
    tables: ['mangle'],
    help: 'Changes the hop limit.',
    options: [
      { long: '--hl-set', value: uint8, excludes: ['--hl-dec', '--hl-inc'], help: 'To this.' },
      { long: '--hl-dec', value: { type: 'uint', bits: 8, min: 1 }, excludes: ['--hl-set', '--hl-inc'], help: 'Down by this.' },
      { long: '--hl-inc', value: { type: 'uint', bits: 8, min: 1 }, excludes: ['--hl-set', '--hl-dec'], help: 'Up by this.' },
    ],
  },
  {
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
  },
  {
    name: 'IDLETIMER',
    help: 'Says when an interface has been idle.',
    options: [
      { long: '--timeout', value: uint32, mandatory: true, help: 'Seconds until it counts as idle.' },
      { long: '--label', value: { type: 'text', max: 27 }, mandatory: true, help: 'The name of the timer.' },
      { long: '--alarm', help: 'Go on while the machine sleeps.' },
    ],
  },
  {
    name: 'LED',
    help: 'Switches a light on.',
    options: [
      {
        long: '--led-trigger-id',
        value: { type: 'text', max: 15, strict: true },
        mandatory: true,
        help: 'The name of the trigger.',
      },
      { long: '--led-delay', value: { type: 'led-delay' }, help: 'How long it stays on in milliseconds, or `inf`.' },
      { long: '--led-always-blink', help: 'Blink for each packet.' },
    ],
  },
  {
    name: 'LOG',
    help: 'Writes the packet to the kernel’s log and goes on.',
    options: [
      { long: '--log-prefix', value: { type: 'text', min: 1, max: 29 }, help: 'A text before it, up to 29 bytes.' },
      { long: '--log-level', value: { type: 'log-level' }, help: 'The level by name or number; 4, warning, when not given.' },
      { long: '--log-tcp-sequence', help: 'With TCP sequence numbers.' },
      { long: '--log-tcp-options', help: 'With the options of the TCP header.' },
      { long: '--log-ip-options', help: 'With the options of the IP header.' },
      { long: '--log-uid', help: 'With the user that sent it.' },
      { long: '--log-macdecode', help: 'With decoded MAC addresses.' },
    ],
  },
] as const satisfies readonly ExtensionData[];
