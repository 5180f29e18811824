/** Targets from MARK to ULOG. Source: iptables-extensions(8) of iptables 1.8.9 and runs of it. */
import type { ExtensionData } from './types.ts';
import { host, mark, network, port, setAndDirections, tos, uint8, uint16, uint32 } from './values/value-kinds.ts';

const markOperations = ['--set-xmark', '--set-mark', '--and-mark', '--or-mark', '--xor-mark'];
const tosOperations = ['--set-tos', '--and-tos', '--or-tos', '--xor-tos'];
const without = (all: readonly string[], long: string): readonly string[] => all.filter((operation) => operation !== long);

export const targetsMToZ = [
  {
    name: 'MARK',
    help: 'Sets the mark of the packet.',
    options: [
      {
        long: '--set-xmark',
        value: mark,
        excludes: without(markOperations, '--set-xmark'),
        help: 'Clear the bits of the mask, then flip those of the value.',
      },
      {
        long: '--set-mark',
        value: mark,
        excludes: without(markOperations, '--set-mark'),
        help: 'Clear the bits of the mask, then set those of the value.',
      },
      { long: '--and-mark', value: uint32, excludes: without(markOperations, '--and-mark'), help: 'Keep these bits only.' },
      { long: '--or-mark', value: uint32, excludes: without(markOperations, '--or-mark'), help: 'Set these bits.' },
      { long: '--xor-mark', value: uint32, excludes: without(markOperations, '--xor-mark'), help: 'Flip these bits.' },
    ],
  },
  {
    name: 'MASQUERADE',
    tables: ['nat'],
    hooks: ['POSTROUTING'],
    help: 'Changes the source to the address of the interface that the packet leaves through.',
    options: [
      { long: '--to-ports', value: { type: 'nat-ports' }, help: 'A port or a range for the new source port.' },
      { long: '--random', help: 'Choose the port at random.' },
      { long: '--random-fully', help: 'Choose the port wholly at random.' },
    ],
  },
  {
    name: 'NETMAP',
    tables: ['nat'],
    help: 'Maps one network to another, address by address.',
    options: [{ long: '--to', value: network, mandatory: true, help: 'The other network.' }],
  },
  {
    name: 'NFLOG',
    help: 'Hands the packet to a logging program and goes on.',
    options: [
      {
        long: '--nflog-prefix',
        value: { type: 'text', min: 1, max: 127 },
        help: 'A text for the program, up to 63 bytes with the legacy back end, 127 with nft.',
      },
      { long: '--nflog-group', value: uint16, help: 'The netlink group; 0 when not given.' },
      { long: '--nflog-size', value: uint32, excludes: ['--nflog-range'], help: 'How many bytes of the packet to copy.' },
      {
        long: '--nflog-range',
        value: uint32,
        excludes: ['--nflog-size'],
        help: 'The old name of --nflog-size; it never worked.',
      },
      { long: '--nflog-threshold', value: uint16, help: 'How many packets to collect before they are handed over.' },
    ],
  },
  {
    name: 'NFQUEUE',
    help: 'Hands the packet to a program that decides.',
    options: [
      { long: '--queue-num', value: uint16, excludes: ['--queue-balance'], help: 'The queue; 0 when not given.' },
      {
        long: '--queue-balance',
        value: { type: 'uint-range', bits: 16, bothEnds: true },
        excludes: ['--queue-num'],
        help: 'Spread connections over queues from one to another.',
      },
      { long: '--queue-bypass', help: 'Accept the packet if no program listens.' },
      { long: '--queue-cpu-fanout', requires: ['--queue-balance'], help: 'Choose the queue by processor.' },
    ],
  },
  {
    name: 'NOTRACK',
    tables: ['raw'],
    help: 'Do not track the packet’s connection; CT --notrack is the same.',
    options: [],
  },
  {
    name: 'RATEEST',
    help: 'Estimates the rate of packets, for the rateest match.',
    options: [
      { long: '--rateest-name', value: { type: 'text', max: 15 }, mandatory: true, help: 'The name of the estimator.' },
      { long: '--rateest-interval', value: { type: 'duration' }, mandatory: true, help: 'How often to measure: `250ms`.' },
      { long: '--rateest-ewmalog', value: { type: 'duration' }, mandatory: true, help: 'Over how long to average: `500ms`.' },
    ],
  },
  {
    name: 'REDIRECT',
    tables: ['nat'],
    hooks: ['PREROUTING', 'OUTPUT'],
    help: 'Changes the destination to this machine.',
    options: [
      { long: '--to-ports', value: { type: 'nat-ports' }, help: 'A port or a range for the new destination port.' },
      { long: '--random', help: 'Choose the port at random.' },
    ],
  },
  {
    name: 'REJECT',
    tables: ['filter'],
    hooks: ['INPUT', 'FORWARD', 'OUTPUT'],
    help: 'Drops the packet and tells the sender.',
    options: [
      {
        long: '--reject-with',
        value: { type: 'reject-type' },
        help: 'The answer: an ICMP error by name, or tcp-reset.',
      },
    ],
  },
  {
    name: 'SECMARK',
    tables: ['mangle', 'security'],
    help: 'Sets the security mark of the packet.',
    options: [{ long: '--selctx', value: { type: 'text', max: 255 }, mandatory: true, help: 'The security context.' }],
  },
  {
    name: 'SET',
    help: 'Puts the address, port or interface into an IP set, or takes it out.',
    options: [
      { long: '--add-set', value: setAndDirections, help: 'Add to this set; for each of its dimensions src or dst.' },
      { long: '--exist', help: 'An entry that is there already gets the new timeout.' },
      { long: '--timeout', value: uint32, help: 'The timeout of the entry in seconds.' },
      { long: '--del-set', value: setAndDirections, help: 'Take out of this set; for each of its dimensions src or dst.' },
      { long: '--map-set', value: setAndDirections, help: 'Take mark, priority and queue from the entry in this set.' },
      { long: '--map-mark', help: 'Take the mark.' },
      { long: '--map-prio', help: 'Take the priority.' },
      { long: '--map-queue', help: 'Take the transmit queue.' },
    ],
  },
  {
    name: 'SNAT',
    tables: ['nat'],
    hooks: ['INPUT', 'POSTROUTING'],
    help: 'Changes the source of the connection.',
    options: [
      {
        long: '--to-source',
        value: { type: 'nat-range', shifted: false },
        mandatory: true,
        help: 'The new address or range of addresses, with a port or a range of ports.',
      },
      { long: '--random', help: 'Choose the port at random.' },
      { long: '--random-fully', help: 'Choose the port wholly at random.' },
      { long: '--persistent', help: 'The same client gets the same address each time.' },
    ],
  },
  {
    name: 'SNPT',
    families: ['ipv6'],
    tables: ['mangle'],
    hooks: ['INPUT', 'POSTROUTING'],
    help: 'Changes the prefix of the source address without state.',
    options: [
      { long: '--src-pfx', value: network, mandatory: true, help: 'The prefix as it is.' },
      { long: '--dst-pfx', value: network, mandatory: true, help: 'The prefix as it will be.' },
    ],
  },
  {
    name: 'SYNPROXY',
    hooks: ['INPUT', 'FORWARD'],
    protocols: ['tcp'],
    help: 'Answers SYNs with cookies and lets only real connections through.',
    options: [
      { long: '--sack-perm', help: 'Offer selective acknowledgements.' },
      { long: '--timestamp', help: 'Offer timestamps.' },
      { long: '--wscale', value: uint32, help: 'Offer this window scale.' },
      { long: '--mss', value: uint32, help: 'Offer this maximum segment size.' },
      { long: '--ecn', help: 'Offer explicit congestion notification.' },
    ],
  },
  {
    name: 'TCPMSS',
    hooks: ['FORWARD', 'OUTPUT', 'POSTROUTING'],
    protocols: ['tcp'],
    help: 'Changes the maximum segment size that a SYN announces.',
    options: [
      { long: '--set-mss', value: { type: 'uint', bits: 16, max: 65495 }, help: 'To this.' },
      { long: '--clamp-mss-to-pmtu', help: 'To what the route can carry.' },
    ],
  },
  {
    name: 'TCPOPTSTRIP',
    tables: ['mangle'],
    protocols: ['tcp'],
    help: 'Takes options out of the TCP header.',
    options: [{ long: '--strip-options', value: { type: 'tcp-option-list' }, help: 'The options by name or number.' }],
  },
  {
    name: 'TEE',
    help: 'Sends a copy of the packet to another machine on the link.',
    options: [
      { long: '--gateway', value: host, mandatory: true, help: 'Its address.' },
      { long: '--oif', value: { type: 'text', max: 15 }, help: 'The interface to send it through.' },
    ],
  },
  {
    name: 'TOS',
    tables: ['mangle'],
    help: 'Sets the type of service byte of the IP header.',
    options: [
      {
        long: '--set-tos',
        value: tos,
        excludes: without(tosOperations, '--set-tos'),
        help: 'Clear the bits of the mask, then flip those of the value.',
      },
      { long: '--and-tos', value: uint8, excludes: without(tosOperations, '--and-tos'), help: 'Keep these bits only.' },
      { long: '--or-tos', value: uint8, excludes: without(tosOperations, '--or-tos'), help: 'Set these bits.' },
      { long: '--xor-tos', value: uint8, excludes: without(tosOperations, '--xor-tos'), help: 'Flip these bits.' },
    ],
  },
  {
    name: 'TPROXY',
    tables: ['mangle'],
    hooks: ['PREROUTING'],
    protocols: ['tcp', 'udp'],
    help: 'Hands the packet to a local socket without changing it.',
    options: [
      { long: '--on-port', value: port, mandatory: true, help: 'The port of the socket.' },
      { long: '--on-ip', value: host, help: 'The address of the socket; that of the interface when not given.' },
      { long: '--tproxy-mark', value: mark, help: 'The mark that the packet gets.' },
    ],
  },
  {
    name: 'TRACE',
    tables: ['raw'],
    help: 'Reports every rule that the packet meets. The nft back end takes it in any table.',
    options: [],
  },
  {
    name: 'TTL',
    families: ['ipv4'],
    tables: ['mangle'],
    help: 'Changes the time to live.',
    options: [
      { long: '--ttl-set', value: uint8, excludes: ['--ttl-dec', '--ttl-inc'], help: 'To this.' },
      {
        long: '--ttl-dec',
        value: { type: 'uint', bits: 8, min: 1 },
        excludes: ['--ttl-set', '--ttl-inc'],
        help: 'Down by this.',
      },
      { long: '--ttl-inc', value: { type: 'uint', bits: 8, min: 1 }, excludes: ['--ttl-set', '--ttl-dec'], help: 'Up by this.' },
    ],
  },
  {
    name: 'ULOG',
    families: ['ipv4'],
    help: 'Hands the packet to a logging program; kernels before 3.17 only, NFLOG took its place.',
    options: [
      { long: '--ulog-prefix', value: { type: 'text', min: 1, max: 31 }, help: 'A text for the program.' },
      { long: '--ulog-nlgroup', value: { type: 'uint', bits: 8, min: 1, max: 32 }, help: 'The netlink group; 1 when not given.' },
      { long: '--ulog-cprange', value: { type: 'uint', bits: 64 }, help: 'How many bytes of the packet to copy.' },
      {
        long: '--ulog-qthreshold',
        value: { type: 'uint', bits: 64, min: 1, max: 50 },
        help: 'How many packets to collect before they are handed over.',
      },
    ],
  },
] as const satisfies readonly ExtensionData[];
