/** Matches from addrtype to eui64. Source: iptables-extensions(8) of iptables 1.8.9 and runs of it. */
import type { ExtensionData, ValueKind } from './types.ts';
import { dscpClass, mark, network, portRange, protocol, uint32, uint32Range } from './values/value-kinds.ts';

/** Address types in the kernel's order, in which iptables-save prints them. */
export const addressTypes = [
  'UNSPEC',
  'UNICAST',
  'LOCAL',
  'BROADCAST',
  'ANYCAST',
  'MULTICAST',
  'BLACKHOLE',
  'UNREACHABLE',
  'PROHIBIT',
  'THROW',
  'NAT',
  'XRESOLVE',
] as const;

const addressType: ValueKind = { type: 'enum', values: addressTypes, list: true, ignoreCase: true, beginning: true };

/** Connection states as iptables-save orders them. */
export const conntrackStates = ['INVALID', 'NEW', 'RELATED', 'ESTABLISHED', 'UNTRACKED', 'SNAT', 'DNAT'] as const;
export const conntrackStatuses = ['EXPECTED', 'SEEN_REPLY', 'ASSURED', 'CONFIRMED'] as const;

export const dccpTypes = [
  'REQUEST',
  'RESPONSE',
  'DATA',
  'ACK',
  'DATAACK',
  'CLOSEREQ',
  'CLOSE',
  'RESET',
  'SYNC',
  'SYNCACK',
  'INVALID',
] as const;

export const matchesAToE = [
  {
    name: 'addrtype',
    help: 'The kind of the address as routing sees it: local, broadcast, multicast ...',
    options: [
      { long: '--src-type', value: addressType, negatable: true, help: 'The source address is of one of these types.' },
      { long: '--dst-type', value: addressType, negatable: true, help: 'The destination address is of one of these types.' },
      {
        long: '--limit-iface-in',
        excludes: ['--limit-iface-out'],
        help: 'Ask routing about the interface that the packet came in through only.',
      },
      {
        long: '--limit-iface-out',
        excludes: ['--limit-iface-in'],
        help: 'Ask routing about the interface that the packet leaves through only.',
      },
    ],
  },
  {
    name: 'ah',
    protocols: ['ah'],
    help: 'The IPsec authentication header.',
    options: [
      { long: '--ahspi', value: uint32Range, negatable: true, help: 'Its security parameters index is this or in this range.' },
      { long: '--ahlen', value: uint32, negatable: true, families: ['ipv6'], help: 'Its length in bytes.' },
      { long: '--ahres', families: ['ipv6'], help: 'Its reserved field is zero.' },
    ],
  },
  {
    name: 'bpf',
    help: 'A BPF program says whether the packet matches.',
    options: [
      { long: '--bytecode', value: { type: 'bytecode' }, help: 'The program as numbers: `4,48 0 0 9,21 0 1 6,6 0 0 1,6 0 0 0`.' },
      {
        long: '--object-pinned',
        value: { type: 'text', max: 511 },
        help: 'The path of a program pinned in the BPF file system.',
      },
    ],
  },
  {
    name: 'cgroup',
    hooks: ['INPUT', 'OUTPUT', 'POSTROUTING'],
    help: 'The control group of the socket that the packet belongs to.',
    options: [
      { long: '--path', value: { type: 'text', max: 511 }, negatable: true, help: 'Its path in cgroup v2, or one above it.' },
      { long: '--cgroup', value: uint32, negatable: true, help: 'Its net_cls class in cgroup v1.' },
    ],
  },
  {
    name: 'cluster',
    help: 'Which node of a cluster of gateways takes the connection, by a hash of its source.',
    options: [
      {
        long: '--cluster-local-node',
        value: { type: 'uint', bits: 32, min: 1, max: 32 },
        negatable: true,
        excludes: ['--cluster-local-nodemask'],
        help: 'The number of this node.',
      },
      {
        long: '--cluster-local-nodemask',
        value: { type: 'uint', bits: 32, min: 1, max: 32 },
        negatable: true,
        excludes: ['--cluster-local-node'],
        help: 'The numbers of this node as a mask.',
      },
      {
        long: '--cluster-total-nodes',
        value: { type: 'uint', bits: 32, min: 1, max: 32 },
        mandatory: true,
        help: 'How many nodes there are.',
      },
      {
        long: '--cluster-hash-seed',
        value: { type: 'uint', bits: 32, print: 'hex8' },
        mandatory: true,
        help: 'The seed of the hash, the same on every node.',
      },
    ],
  },
  {
    name: 'comment',
    help: 'A note for people; it always matches.',
    options: [{ long: '--comment', value: { type: 'text', max: 255 }, mandatory: true, help: 'The note, up to 255 bytes.' }],
  },
  {
    name: 'connbytes',
    help: 'How much a connection has transferred so far.',
    options: [
      {
        long: '--connbytes',
        value: { type: 'uint-range', bits: 64, openEnd: true },
        negatable: true,
        mandatory: true,
        help: 'At least the first, at most the second number.',
      },
      {
        long: '--connbytes-mode',
        value: { type: 'enum', values: ['packets', 'bytes', 'avgpkt'] },
        mandatory: true,
        help: 'What to count: packets, bytes, or bytes a packet.',
      },
      {
        long: '--connbytes-dir',
        value: { type: 'enum', values: ['original', 'reply', 'both'] },
        mandatory: true,
        help: 'In which direction to count.',
      },
    ],
  },
  {
    name: 'connlabel',
    help: 'A label of the connection.',
    options: [
      {
        long: '--label',
        value: { type: 'label' },
        negatable: true,
        mandatory: true,
        help: 'By name from connlabel.conf, or by number.',
      },
      { long: '--set', help: 'Set the label; match if that worked.' },
    ],
  },
  {
    name: 'connlimit',
    help: 'How many connections there are from or to an address or network.',
    options: [
      { long: '--connlimit-upto', value: uint32, negatable: true, excludes: ['--connlimit-above'], help: 'At most so many.' },
      { long: '--connlimit-above', value: uint32, negatable: true, excludes: ['--connlimit-upto'], help: 'More than so many.' },
      { long: '--connlimit-mask', value: { type: 'prefix-mask' }, help: 'Count networks of this prefix length together.' },
      { long: '--connlimit-saddr', excludes: ['--connlimit-daddr'], help: 'Count by source address, the default.' },
      { long: '--connlimit-daddr', excludes: ['--connlimit-saddr'], help: 'Count by destination address.' },
    ],
  },
  {
    name: 'connmark',
    help: 'The mark of the connection.',
    options: [{ long: '--mark', value: mark, negatable: true, mandatory: true, help: 'The mark, looked at through the mask.' }],
  },
  {
    name: 'conntrack',
    help: 'What connection tracking knows of the packet.',
    options: [
      {
        long: '--ctstate',
        value: { type: 'enum', values: conntrackStates, list: true, ignoreCase: true, beginning: true },
        negatable: true,
        help: 'The connection is in one of these states.',
      },
      { long: '--ctproto', value: protocol, negatable: true, help: 'Its protocol.' },
      { long: '--ctorigsrc', value: network, negatable: true, help: 'Its source before translation.' },
      { long: '--ctorigdst', value: network, negatable: true, help: 'Its destination before translation.' },
      { long: '--ctreplsrc', value: network, negatable: true, help: 'The source of its replies.' },
      { long: '--ctrepldst', value: network, negatable: true, help: 'The destination of its replies.' },
      { long: '--ctorigsrcport', value: portRange, negatable: true, help: 'Its source port before translation.' },
      { long: '--ctorigdstport', value: portRange, negatable: true, help: 'Its destination port before translation.' },
      { long: '--ctreplsrcport', value: portRange, negatable: true, help: 'The source port of its replies.' },
      { long: '--ctrepldstport', value: portRange, negatable: true, help: 'The destination port of its replies.' },
      {
        long: '--ctstatus',
        value: { type: 'enum', values: ['NONE', ...conntrackStatuses], list: true, ignoreCase: true, beginning: true },
        negatable: true,
        help: 'One of these is true of it.',
      },
      { long: '--ctexpire', value: uint32Range, negatable: true, help: 'Seconds until it is forgotten.' },
      {
        long: '--ctdir',
        value: { type: 'enum', values: ['ORIGINAL', 'REPLY'], ignoreCase: true },
        help: 'The packet goes the way of the first one, or the other way.',
      },
    ],
  },
  {
    name: 'cpu',
    help: 'The processor that handles the packet.',
    options: [{ long: '--cpu', value: uint32, negatable: true, mandatory: true, help: 'Its number, from 0.' }],
  },
  {
    name: 'dccp',
    protocols: ['dccp'],
    help: 'DCCP ports, packet types and options.',
    options: [
      {
        long: '--source-port',
        aliases: ['--sport'],
        saved: '--sport',
        value: portRange,
        negatable: true,
        help: 'The source port.',
      },
      {
        long: '--destination-port',
        aliases: ['--dport'],
        saved: '--dport',
        value: portRange,
        negatable: true,
        help: 'The destination port.',
      },
      { long: '--dccp-types', value: { type: 'dccp-types' }, negatable: true, help: 'The packet is of one of these types.' },
      {
        long: '--dccp-option',
        value: { type: 'uint', bits: 8, min: 1, max: 255 },
        negatable: true,
        help: 'The packet has this option.',
      },
    ],
  },
  {
    name: 'devgroup',
    help: 'The group of the interface.',
    options: [
      {
        long: '--src-group',
        value: { type: 'device-group' },
        negatable: true,
        help: 'Of the one that the packet came in through.',
      },
      {
        long: '--dst-group',
        value: { type: 'device-group' },
        negatable: true,
        help: 'Of the one that the packet leaves through.',
      },
    ],
  },
  {
    name: 'dscp',
    help: 'The six bits of differentiated services in the IP header.',
    options: [
      {
        long: '--dscp',
        value: { type: 'uint', bits: 8, max: 63, print: 'hex2' },
        negatable: true,
        excludes: ['--dscp-class'],
        help: 'Their value.',
      },
      {
        long: '--dscp-class',
        value: dscpClass,
        negatable: true,
        excludes: ['--dscp'],
        help: 'Their value by name: BE, EF, AFxx, CSx.',
      },
    ],
  },
  {
    name: 'dst',
    families: ['ipv6'],
    help: 'The destination options header.',
    options: [
      { long: '--dst-len', value: uint32, negatable: true, help: 'Its length in bytes.' },
      { long: '--dst-opts', value: { type: 'header-options' }, help: 'Its options, each with its length if it matters.' },
    ],
  },
  {
    name: 'ecn',
    help: 'Explicit congestion notification in the IP and TCP headers.',
    options: [
      { long: '--ecn-tcp-ece', negatable: true, help: 'The TCP flag ECE is set.' },
      { long: '--ecn-tcp-cwr', negatable: true, help: 'The TCP flag CWR is set.' },
      { long: '--ecn-ip-ect', value: { type: 'uint', bits: 8, max: 3 }, negatable: true, help: 'The two bits in the IP header.' },
    ],
  },
  {
    name: 'esp',
    protocols: ['esp'],
    help: 'The IPsec encapsulating security payload.',
    options: [
      { long: '--espspi', value: uint32Range, negatable: true, help: 'Its security parameters index is this or in this range.' },
    ],
  },
  {
    name: 'eui64',
    families: ['ipv6'],
    hooks: ['PREROUTING', 'INPUT', 'FORWARD'],
    help: 'The lower half of the source address is made from the sender\u2019s MAC address.',
    options: [],
  },
] as const satisfies readonly ExtensionData[];
