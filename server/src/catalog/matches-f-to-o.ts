/** Matches from frag to owner. Source: iptables-extensions(8) of iptables 1.8.9 and runs of it. */
import type { ExtensionData } from './types.ts';
import {
  addressRange,
  mac,
  mark,
  multiport,
  network,
  port,
  protocol,
  uint8,
  uint16Range,
  uint32,
  uint32Range,
} from './values/value-kinds.ts';

export const matchesFToO = [
  {
    name: 'frag',
    families: ['ipv6'],
    help: 'The fragment header.',
    options: [
      { long: '--fragid', value: uint32Range, negatable: true, help: 'Its identification is this or in this range.' },
      { long: '--fraglen', value: uint32, negatable: true, help: 'Its length in bytes; old kernels only.' },
      { long: '--fragres', help: 'Its reserved fields are zero.' },
      { long: '--fragfirst', help: 'The first fragment.' },
      { long: '--fragmore', excludes: ['--fraglast'], help: 'More fragments follow.' },
      { long: '--fraglast', excludes: ['--fragmore'], help: 'The last fragment.' },
    ],
  },
  {
    name: 'hashlimit',
    help: 'A rate for each address, port or network: a token bucket for every key.',
    options: [
      {
        long: '--hashlimit-upto',
        aliases: ['--hashlimit'],
        value: { type: 'hash-rate' },
        negatable: true,
        excludes: ['--hashlimit-above'],
        help: 'Packets within this rate match.',
      },
      {
        long: '--hashlimit-above',
        value: { type: 'hash-rate' },
        negatable: true,
        excludes: ['--hashlimit-upto'],
        help: 'Packets above this rate match.',
      },
      { long: '--hashlimit-burst', value: { type: 'hash-burst' }, help: 'How much may come at once; 5 packets when not given.' },
      { long: '--hashlimit-mode', value: { type: 'hash-mode' }, help: 'What makes the key; one bucket for all when not given.' },
      {
        long: '--hashlimit-name',
        value: { type: 'text', min: 1, max: 255 },
        mandatory: true,
        help: 'The name under /proc/net/ipt_hashlimit.',
      },
      { long: '--hashlimit-htable-size', value: uint32, help: 'Number of buckets of the hash table.' },
      { long: '--hashlimit-htable-max', value: uint32, help: 'Most entries of the hash table.' },
      { long: '--hashlimit-htable-gcinterval', value: uint32, help: 'Milliseconds between clean-ups.' },
      { long: '--hashlimit-htable-expire', value: uint32, help: 'Milliseconds until an idle entry goes.' },
      {
        long: '--hashlimit-srcmask',
        value: { type: 'prefix-length' },
        help: 'Prefix length by which source addresses are grouped.',
      },
      {
        long: '--hashlimit-dstmask',
        value: { type: 'prefix-length' },
        help: 'Prefix length by which destination addresses are grouped.',
      },
      { long: '--hashlimit-rate-match', help: 'Judge the rate as it is, without a bucket.' },
      {
        long: '--hashlimit-rate-interval',
        value: { type: 'rate-interval' },
        help: 'Seconds over which the rate is taken.',
      },
    ],
  },
  {
    name: 'hbh',
    families: ['ipv6'],
    help: 'The hop-by-hop options header.',
    options: [
      { long: '--hbh-len', value: uint32, negatable: true, help: 'Its length in bytes.' },
      { long: '--hbh-opts', value: { type: 'header-options' }, help: 'Its options, each with its length if it matters.' },
    ],
  },
  {
    name: 'helper',
    help: 'Packets of a connection that a conntrack helper expects.',
    options: [
      {
        long: '--helper',
        value: { type: 'text', max: 29 },
        negatable: true,
        mandatory: true,
        help: 'The helper: `ftp`, `ftp-2121`.',
      },
    ],
  },
  {
    name: 'hl',
    families: ['ipv6'],
    help: 'The hop limit.',
    options: [
      { long: '--hl-lt', value: uint8, excludes: ['--hl-gt', '--hl-eq'], help: 'It is lower than this.' },
      { long: '--hl-gt', value: uint8, excludes: ['--hl-lt', '--hl-eq'], help: 'It is higher than this.' },
      {
        long: '--hl-eq',
        aliases: ['--hl'],
        value: uint8,
        negatable: true,
        excludes: ['--hl-lt', '--hl-gt'],
        help: 'It is this.',
      },
    ],
  },
  {
    name: 'icmp',
    families: ['ipv4'],
    protocols: ['icmp'],
    help: 'ICMP type and code.',
    options: [
      {
        long: '--icmp-type',
        value: { type: 'icmp-type' },
        negatable: true,
        mandatory: true,
        help: 'A name, `type` or `type/code`.',
      },
    ],
  },
  {
    name: 'icmp6',
    aliases: ['icmpv6', 'ipv6-icmp'],
    families: ['ipv6'],
    protocols: ['ipv6-icmp'],
    help: 'ICMPv6 type and code.',
    options: [
      {
        long: '--icmpv6-type',
        value: { type: 'icmpv6-type' },
        negatable: true,
        mandatory: true,
        help: 'A name, `type` or `type/code`.',
      },
    ],
  },
  {
    name: 'ipcomp',
    protocols: ['ipcomp'],
    help: 'The IP payload compression header.',
    options: [
      {
        long: '--ipcompspi',
        value: uint32Range,
        negatable: true,
        help: 'Its compression parameter index is this or in this range.',
      },
      { long: '--compres', help: 'Its reserved field is zero.' },
    ],
  },
  {
    name: 'iprange',
    help: 'Addresses from one to another, whatever the prefix.',
    options: [
      { long: '--src-range', value: addressRange, negatable: true, help: 'The source is in this range.' },
      { long: '--dst-range', value: addressRange, negatable: true, help: 'The destination is in this range.' },
    ],
  },
  {
    name: 'ipv6header',
    families: ['ipv6'],
    help: 'Which IPv6 extension headers a packet has.',
    options: [
      {
        long: '--header',
        value: { type: 'ipv6-headers' },
        negatable: true,
        mandatory: true,
        help: 'Exactly these: hop, dst, route, frag, auth, esp, none, prot, or protocols by name.',
      },
      { long: '--soft', help: 'Others may be there too.' },
    ],
  },
  {
    name: 'ipvs',
    help: 'What IPVS knows of the connection.',
    options: [
      { long: '--ipvs', negatable: true, help: 'It belongs to IPVS.' },
      { long: '--vproto', value: protocol, negatable: true, help: 'The protocol of the virtual service.' },
      { long: '--vaddr', value: network, negatable: true, help: 'The address of the virtual service.' },
      { long: '--vport', value: port, negatable: true, help: 'The port of the virtual service.' },
      {
        long: '--vdir',
        value: { type: 'enum', values: ['ORIGINAL', 'REPLY'], ignoreCase: true },
        help: 'The direction of the packet.',
      },
      {
        long: '--vmethod',
        value: { type: 'enum', values: ['GATE', 'IPIP', 'MASQ'], ignoreCase: true },
        negatable: true,
        help: 'How IPVS forwards it.',
      },
      { long: '--vportctl', value: port, negatable: true, help: 'The port of the controlling connection, 21 for FTP.' },
    ],
  },
  {
    name: 'length',
    help: 'The length of the packet.',
    options: [
      { long: '--length', value: uint16Range, negatable: true, mandatory: true, help: 'Bytes with the IP header, or a range.' },
    ],
  },
  {
    name: 'limit',
    help: 'A rate for all packets together: a token bucket.',
    options: [
      { long: '--limit', value: { type: 'rate' }, help: 'How fast the bucket fills; 3/hour when not given.' },
      {
        long: '--limit-burst',
        value: { type: 'uint', bits: 32, max: 10000 },
        help: 'How many packets may come at once; 5 when not given.',
      },
    ],
  },
  {
    name: 'mac',
    hooks: ['PREROUTING', 'INPUT', 'FORWARD'],
    help: 'The Ethernet address of the sender.',
    options: [{ long: '--mac-source', value: mac, negatable: true, mandatory: true, help: 'The address: `00:11:22:33:44:55`.' }],
  },
  {
    name: 'mark',
    help: 'The mark of the packet.',
    options: [{ long: '--mark', value: mark, negatable: true, mandatory: true, help: 'The mark, looked at through the mask.' }],
  },
  {
    name: 'mh',
    families: ['ipv6'],
    protocols: ['mobility-header'],
    help: 'The mobility header.',
    options: [
      { long: '--mh-type', value: { type: 'mh-type' }, negatable: true, help: 'Its type by name or number, or a range.' },
    ],
  },
  {
    name: 'multiport',
    help: 'Up to 15 ports and port ranges at once; needs -p tcp, udp, udplite, sctp or dccp.',
    options: [
      {
        long: '--source-ports',
        aliases: ['--sports'],
        saved: '--sports',
        value: multiport,
        negatable: true,
        excludes: ['--destination-ports', '--ports'],
        help: 'The source port is one of these.',
      },
      {
        long: '--destination-ports',
        aliases: ['--dports'],
        saved: '--dports',
        value: multiport,
        negatable: true,
        excludes: ['--source-ports', '--ports'],
        help: 'The destination port is one of these.',
      },
      {
        long: '--ports',
        value: multiport,
        negatable: true,
        excludes: ['--source-ports', '--destination-ports'],
        help: 'The source or the destination port is one of these.',
      },
    ],
  },
  {
    name: 'nfacct',
    help: 'Counts packets and bytes under a name.',
    options: [
      {
        long: '--nfacct-name',
        value: { type: 'text', min: 1, max: 31 },
        mandatory: true,
        help: 'An object made with nfacct(8).',
      },
    ],
  },
  {
    name: 'osf',
    families: ['ipv4'],
    hooks: ['PREROUTING', 'INPUT', 'FORWARD'],
    protocols: ['tcp'],
    help: 'The operating system of the sender, guessed from its SYN.',
    options: [
      {
        long: '--genre',
        value: { type: 'text', max: 31 },
        negatable: true,
        mandatory: true,
        help: 'The system: `Linux`, `Windows`.',
      },
      {
        long: '--ttl',
        value: { type: 'uint', bits: 32, max: 2 },
        help: '0: compare the TTL exactly, 1: it may be lower, 2: ignore it.',
      },
      {
        long: '--log',
        value: { type: 'uint', bits: 32, max: 2 },
        help: '0: log all matches, 1: only the first, 2: all known ones.',
      },
    ],
  },
  {
    name: 'owner',
    hooks: ['OUTPUT', 'POSTROUTING'],
    help: 'Who made a packet that this machine sends.',
    options: [
      { long: '--socket-exists', negatable: true, help: 'It comes from a socket.' },
      {
        long: '--uid-owner',
        value: { type: 'account', of: 'user' },
        negatable: true,
        help: 'The user, or a range of user numbers.',
      },
      {
        long: '--gid-owner',
        value: { type: 'account', of: 'group' },
        negatable: true,
        help: 'The group, or a range of group numbers.',
      },
      { long: '--suppl-groups', help: 'Supplementary groups count for --gid-owner too.' },
    ],
  },
] as const satisfies readonly ExtensionData[];
