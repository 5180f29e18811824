/**
 * How `iptables -L` prints matches and targets. Each extension has its own way, unlike what iptables-save prints. Source: what iptables 1.8.9
 * lists of 5,000 rules (test/listing compares both outputs of one kernel), and older spellings from pasted listings.
 */

/** How one option is printed, and what it is in iptables' own words. */
export interface PrintedOption {
  /** Canonical long name. */
  readonly long: string;
  /**
   * Text with, in it, `~` for an optional "!", and `(...)` for values. The first value that is not there makes the option's `fixed` values
   * count, or none.
   */
  readonly pattern: string;
  /** Makes the option's values of the pattern's; undefined for "such an option is not there" (a default). */
  readonly values?: (found: readonly string[]) => readonly string[] | undefined;
}

export interface PrintedExtension {
  readonly kind: 'match' | 'target';
  readonly name: string;
  /** What stands in front of all its options, "tcp" or "recent:"; empty where each option says by itself whose it is. */
  readonly opening: string;
  readonly options: readonly PrintedOption[];
}

const value = '(\\S+)';
const quoted = '"((?:[^"\\\\]|\\\\.)*)"';

const tcpFlagNames = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG'];

function tcpFlags(text: string): string {
  const bits = Number(text);
  if (!Number.isInteger(bits)) return text;
  const names = tcpFlagNames.filter((_, bit) => (bits & (1 << bit)) !== 0);
  return names.length === tcpFlagNames.length ? 'FIN,SYN,RST,PSH,ACK,URG' : names.length === 0 ? 'NONE' : names.join(',');
}

const chunkTypes: Readonly<Record<string, string>> = {
  '0x0000': 'DATA',
  '0x0001': 'INIT',
  '0x0002': 'INIT_ACK',
  '0x0003': 'SACK',
  '0x0004': 'HEARTBEAT',
  '0x0005': 'HEARTBEAT_ACK',
  '0x0006': 'ABORT',
  '0x0007': 'SHUTDOWN',
  '0x0008': 'SHUTDOWN_ACK',
  '0x0009': 'ERROR',
  '0x000A': 'COOKIE_ECHO',
  '0x000B': 'COOKIE_ACK',
  '0x000C': 'ECN_ECNE',
  '0x000D': 'ECN_CWR',
  '0x000E': 'SHUTDOWN_COMPLETE',
  '0x0040': 'I_DATA',
  '0x0080': 'ASCONF_ACK',
  '0x0082': 'RE_CONFIG',
  '0x0084': 'PAD',
  '0x00C0': 'FORWARD_TSN',
  '0x00C1': 'ASCONF',
  '0x00C2': 'I_FORWARD_TSN',
};

const dccpTypes = ['REQUEST', 'RESPONSE', 'DATA', 'ACK', 'DATAACK', 'CLOSEREQ', 'CLOSE', 'RESET', 'SYNC', 'SYNCACK'];

function dccpTypeNames(list: string): string {
  const names = list.split(',').map((number) => dccpTypes[Number(number)] ?? 'INVALID');
  return [...new Set(names)].join(',');
}

const ipsecProtocols: Readonly<Record<string, string>> = { '50': 'esp', '51': 'ah', '108': 'ipcomp' };

function hex(value: number): string {
  return `0x${(value >>> 0).toString(16)}`;
}

function bits(text: string | undefined): number {
  return Number(text ?? '') >>> 0;
}

/** "MARK or 0x4000" and its kin: what --set-xmark would have to be for it. */
function markOptions(opening: string): readonly PrintedOption[] {
  return [
    {
      long: '--set-xmark',
      pattern: `${opening} or (0x[0-9a-f]+)`,
      values: ([mark]) => [`${hex(bits(mark))}/${hex(bits(mark))}`],
    },
    { long: '--set-xmark', pattern: `${opening} and (0x[0-9a-f]+)`, values: ([mark]) => [`0x0/${hex(~bits(mark))}`] },
    { long: '--set-xmark', pattern: `${opening} xor (0x[0-9a-f]+)`, values: ([mark]) => [`${hex(bits(mark))}/0x0`] },
    { long: '--set-xmark', pattern: `${opening} set (0x[0-9a-f]+)`, values: ([mark]) => [`${hex(bits(mark))}/0xffffffff`] },
    {
      long: '--set-xmark',
      pattern: `${opening} xset (0x[0-9a-f]+)/(0x[0-9a-f]+)`,
      values: ([mark, mask]) => [`${mark}/${mask}`],
    },
  ];
}

function unlessDefault(usual: string): (found: readonly string[]) => readonly string[] | undefined {
  return ([found]) => (found === undefined || found === usual ? undefined : [found]);
}

function match(name: string, opening: string, ...options: readonly PrintedOption[]): PrintedExtension {
  return { kind: 'match', name, opening, options };
}

function target(name: string, opening: string, ...options: readonly PrintedOption[]): PrintedExtension {
  return { kind: 'target', name, opening, options };
}

function option(long: string, pattern: string, values?: PrintedOption['values']): PrintedOption {
  return values === undefined ? { long, pattern } : { long, pattern, values };
}

const ports = [option('--source-port', `spts?:~${value}`), option('--destination-port', `dpts?:~${value}`)];

const conntrackNames = [
  'state',
  'proto',
  'origsrcport',
  'origdstport',
  'replsrcport',
  'repldstport',
  'origsrc',
  'origdst',
  'replsrc',
  'repldst',
];

/** In the order in which they are tried. */
export const printedMatches: readonly PrintedExtension[] = [
  match('comment', '', option('--comment', '/\\* (.*?) \\*/(?=\\s|$)')),
  match(
    'tcp',
    'tcp',
    ...ports,
    option('--tcp-option', `option=~${value}`),
    option('--tcp-flags', 'flags:~(\\w+)/(\\w+)', (found) => found.map(tcpFlags)),
  ),
  match('udp', 'udp', ...ports),
  match(
    'sctp',
    'sctp',
    ...ports,
    option('--chunk-types', '~(all|any|only) (\\S+)', ([how = '', list = '']) => [
      how,
      list.replace(/0x[0-9A-F]{4}/g, (type) => chunkTypes[type] ?? type),
    ]),
  ),
  match(
    'dccp',
    'dccp',
    ...ports,
    option('--dccp-option', `option=~${value}`),
    option('--dccp-types', '~([0-9]+(?:,[0-9]+)*)', ([list = '']) => [dccpTypeNames(list)]),
  ),
  match(
    'conntrack',
    '',
    ...conntrackNames.map((name) => option(`--ct${name}`, `~ct${name} ${value}`)),
    option('--ctstatus', `~ctstatus ${value}`),
    option('--ctexpire', `~ctexpire ${value}`),
    option('--ctdir', `~ctdir ${value}`),
  ),
  match('state', '', option('--state', `~state ${value}`)),
  match('mark', 'mark match', option('--mark', `~${value}`)),
  match('connmark', 'connmark match', option('--mark', `~${value}`)),
  match(
    'multiport',
    'multiport',
    option('--source-ports', `sports ~${value}`),
    option('--destination-ports', `dports ~${value}`),
    option('--ports', `ports ~${value}`),
  ),
  match(
    'addrtype',
    'ADDRTYPE match',
    option('--src-type', `src-type ~${value}`),
    option('--dst-type', `dst-type ~${value}`),
    option('--limit-iface-in', 'limit-in'),
    option('--limit-iface-out', 'limit-out'),
  ),
  match(
    'statistic',
    'statistic',
    option('--mode', 'mode (random|nth)'),
    option('--probability', `~probability ${value}`),
    option('--every', `~every ${value}`),
    option('--packet', `packet ${value}`, unlessDefault('0')),
  ),
  match(
    'recent',
    '(?:!\\s*)?recent:',
    option('--set', 'SET'),
    option('--rcheck', 'CHECK'),
    option('--update', 'UPDATE'),
    option('--remove', 'REMOVE'),
    option('--seconds', `seconds: ${value}`),
    option('--reap', 'reap'),
    option('--hitcount', `hit_count: ${value}`),
    option('--rttl', 'TTL-Match'),
    option('--name', `name: ${value}`),
    option('--rsource', 'side: source'),
    option('--rdest', 'side: dest'),
    option('--mask', `mask: ${value}`),
  ),
  match(
    'hashlimit',
    'limit:(?= (?:up to|above))',
    option('--hashlimit-upto', `up to ${value}`),
    option('--hashlimit-above', `above ${value}`),
    option('--hashlimit-burst', `burst ${value}`),
    option('--hashlimit-mode', `mode ${value}`, ([mode = '']) => [mode.replaceAll('-', ',')]),
    option('--hashlimit-htable-size', `htable-size ${value}`),
    option('--hashlimit-htable-max', `htable-max ${value}`),
    option('--hashlimit-htable-gcinterval', `htable-gcinterval ${value}`),
    option('--hashlimit-htable-expire', `htable-expire ${value}`),
    option('--hashlimit-srcmask', `srcmask ${value}`),
    option('--hashlimit-dstmask', `dstmask ${value}`),
    option('--hashlimit-rate-match', 'rate-match'),
    option('--hashlimit-rate-interval', `rate-interval ${value}`),
  ),
  match('limit', 'limit:', option('--limit', `avg ${value}`), option('--limit-burst', `burst ${value}`, unlessDefault('5'))),
  match('set', '', option('--match-set', `~match-set ${value} ${value}`)),
  match(
    'physdev',
    'PHYSDEV match',
    option('--physdev-is-in', '~--physdev-is-in'),
    option('--physdev-in', `~--physdev-in ${value}`),
    option('--physdev-is-out', '~--physdev-is-out'),
    option('--physdev-out', `~--physdev-out ${value}`),
    option('--physdev-is-bridged', '~--physdev-is-bridged'),
  ),
  match(
    'owner',
    '',
    option('--uid-owner', `~owner UID match ${value}`),
    option('--gid-owner', `~owner GID match ${value}`),
    option('--socket-exists', '~owner socket exists'),
    option('--suppl-groups', 'incl\\. suppl\\. groups'),
  ),
  match(
    'iprange',
    '',
    option('--src-range', `source IP range ~${value}`),
    option('--dst-range', `destination IP range ~${value}`),
  ),
  match(
    'icmp',
    '',
    option('--icmp-type', '~icmptype (\\d+) code (\\d+)', ([type, code]) => [`${type}/${code}`]),
    option('--icmp-type', '~icmptype (\\d+)', ([type = '']) => [type === '255' ? 'any' : type]),
    option('--icmp-type', 'icmp ~((?!type)[a-zA-Z][\\w-]+)'),
  ),
  match(
    'icmp6',
    '',
    option('--icmpv6-type', '~ipv6-icmptype (\\d+) code (\\d+)', ([type, code]) => [`${type}/${code}`]),
    option('--icmpv6-type', '~ipv6-icmptype (\\d+)'),
    option('--icmpv6-type', 'ipv6-icmp ~((?!type)[a-zA-Z][\\w-]+)'),
  ),
  match('mac', '', option('--mac-source', 'MAC ?~((?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2})')),
  match('length', '', option('--length', 'length ~([0-9:]+)')),
  match(
    'ttl',
    'TTL match',
    option('--ttl-eq', 'TTL == (\\d+)'),
    option('--ttl-lt', 'TTL < (\\d+)'),
    option('--ttl-gt', 'TTL > (\\d+)'),
    option('! --ttl-eq', 'TTL != (\\d+)'),
  ),
  match(
    'hl',
    'HL match',
    option('--hl-eq', 'HL == (\\d+)'),
    option('--hl-lt', 'HL < (\\d+)'),
    option('--hl-gt', 'HL > (\\d+)'),
    option('! --hl-eq', 'HL != (\\d+)'),
  ),
  match('pkttype', '', option('--pkt-type', 'PKTTYPE = (\\w+)'), option('! --pkt-type', 'PKTTYPE != (\\w+)')),
  match('dscp', 'DSCP match', option('--dscp', '~(0x[0-9a-f]+)')),
  match('tos', '', option('--tos', 'tos match~([0-9a-fx/]+)')),
  match(
    'ecn',
    'ECN match',
    option('--ecn-tcp-ece', '~ECE'),
    option('--ecn-tcp-cwr', '~CWR'),
    option('--ecn-ip-ect', '~ECT=(\\d)'),
  ),
  match('helper', 'helper match', option('--helper', `~${quoted}`)),
  match(
    'string',
    'STRING match',
    option('--hex-string', '~"(\\|(?:[^"\\\\]|\\\\.)*)"'),
    option('--string', `~${quoted}`),
    option('--algo', `ALGO name ${value}`),
    option('--from', 'FROM (\\d+)', unlessDefault('0')),
    option('--to', 'TO (\\d+)', unlessDefault('65535')),
    option('--icase', 'ICASE'),
  ),
  match(
    'time',
    'TIME',
    option('--timestart', 'from (\\d\\d:\\d\\d:\\d\\d)', unlessDefault('00:00:00')),
    option('--timestop', 'to (\\d\\d:\\d\\d:\\d\\d)', unlessDefault('23:59:59')),
    option('--weekdays', '~on ((?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?:,\\w+)*)'),
    option('--monthdays', '~on (\\d+(?:st|nd|rd|th)(?:,\\d+\\w\\w)*)', ([days = '']) => [days.replace(/st|nd|rd|th/g, '')]),
    option('--datestart', 'starting from (\\S+) (\\S+)', ([day, time]) => [`${day}T${time}`]),
    option('--datestop', 'until date (\\S+) (\\S+)', ([day, time]) => [`${day}T${time}`]),
    option('--kerneltz', 'kerneltz|TZ'),
    option('--contiguous', 'contiguous'),
    option('', 'UTC'),
  ),
  match(
    'connlimit',
    '#conn',
    option('--connlimit-saddr', 'src(?=/)'),
    option('--connlimit-daddr', 'dst(?=/)'),
    option('--connlimit-mask', '/(\\d+)'),
    option('--connlimit-upto', '<= (\\d+)'),
    option('--connlimit-above', '> (\\d+)'),
  ),
  match(
    'connbytes',
    '',
    option('--connbytes', '~connbytes ([0-9:]+)'),
    option('--connbytes-mode', `connbytes mode ${value}`),
    option('--connbytes-dir', `connbytes direction ${value}`),
  ),
  match('connlabel', 'connlabel', option('--label', `~${value}`), option('--set', 'set')),
  match('esp', 'esp', option('--espspi', `spis?:~${value}`)),
  match(
    'ah',
    'ah',
    option('--ahspi', 'spis?:~(\\d+(?::\\d+)?)'),
    option('--ahlen', 'length:~(\\d+)'),
    option('--ahres', 'reserved'),
  ),
  match('ipcomp', 'comp', option('--ipcompspi', `spis?:~${value}`), option('--compres', 'reserved')),
  match(
    'policy',
    'policy match',
    option('--dir', 'dir (in|out)'),
    option('--pol', 'pol (ipsec|none)'),
    option('--strict', 'strict'),
    option('', '\\[0\\]'),
    option('--next', '\\[[1-9]\\]'),
    option('--reqid', `~reqid ${value}`),
    option('--spi', `~spi ${value}`),
    option('--proto', '~proto (\\d+)', ([number = '']) => [ipsecProtocols[number] ?? number]),
    option('--mode', `~mode ${value}`),
    option('--tunnel-dst', `~tunnel-dst ${value}`),
    option('--tunnel-src', `~tunnel-src ${value}`),
  ),
  match('cpu', '', option('--cpu', 'cpu ~(\\d+)')),
  match('devgroup', '', option('--src-group', `~src-group ${value}`), option('--dst-group', `~dst-group ${value}`)),
  match('cgroup', 'cgroup', option('--cgroup', '~(\\d+)'), option('--path', '~(/\\S*)')),
  match('realm', '', option('--realm', `realm ~${value}`)),
  match(
    'socket',
    'socket',
    option('--transparent', '--transparent'),
    option('--nowildcard', '--nowildcard'),
    option('--restore-skmark', '--restore-skmark'),
  ),
  match(
    'rpfilter',
    'rpfilter',
    option('--loose', 'loose'),
    option('--validmark', 'validmark'),
    option('--accept-local', 'accept-local'),
    option('--invert', 'invert'),
  ),
  match('tcpmss', 'tcpmss match', option('--mss', '~([0-9:]+)')),
  match('nfacct', '', option('--nfacct-name', `nfacct-name ${value}`)),
  match('quota', '', option('--quota', 'quota: (\\d+) bytes')),
  match('u32', '', option('--u32', `~u32 ${quoted}`)),
  match(
    'bpf',
    '',
    option('--bytecode', 'match bpf ((?:\\d+ \\d+ \\d+ \\d+,?)+)', ([code = '']) => [`${code.split(',').length},${code}`]),
  ),
  match('osf', '', option('--genre', `OS fingerprint match ~${value}`)),
  match(
    'frag',
    'frag',
    option('--fragid', `ids?:~${value}`),
    option('--fraglen', `length:~${value}`),
    option('--fragres', 'reserved'),
    option('--fragfirst', 'first'),
    option('--fragmore', 'more'),
    option('--fraglast', 'last'),
  ),
  match(
    'rt',
    'rt',
    option('--rt-type', `type:~${value}`),
    option('--rt-segsleft', `segslefts?:~${value}`),
    option('--rt-len', `length:~${value}`),
    option('--rt-0-res', 'reserved'),
  ),
  match('hbh', 'hbh', option('--hbh-len', `length:~${value}`), option('--hbh-opts', `opts ${value}`)),
  match('dst', 'dst', option('--dst-len', `length:~${value}`), option('--dst-opts', `opts ${value}`)),
  match('mh', 'mh', option('--mh-type', `~([0-9]+(?::[0-9]+)?)`)),
  match(
    'cluster',
    'cluster',
    option('--cluster-local-nodemask', '~node_mask=(\\S+)'),
    option('--cluster-total-nodes', 'total_nodes=(\\S+)'),
    option('--cluster-hash-seed', 'hash_seed=(\\S+)'),
  ),
  match(
    'srh',
    'srh',
    ...[
      'next-hdr',
      'hdr-len-eq',
      'hdr-len-gt',
      'hdr-len-lt',
      'segs-left-eq',
      'segs-left-gt',
      'segs-left-lt',
      'last-entry-eq',
      'last-entry-gt',
      'last-entry-lt',
      'tag',
    ].map((name) => option(`--srh-${name}`, `${name}:~${value}`)),
    ...['psid', 'nsid', 'lsid'].map((name) => option(`--srh-${name}`, `${name} ~${value}`)),
  ),
];

const randomly = option('--random', 'random');
const fullyRandomly = option('--random-fully', 'random-fully');
const persistently = option('--persistent', 'persistent');

/** By the target's name, which stands in a column of its own. */
export const printedTargets: ReadonlyMap<string, PrintedExtension> = new Map(
  [
    target('DNAT', '', option('--to-destination', `to:${value}`), randomly, persistently),
    target('SNAT', '', option('--to-source', `to:${value}`), fullyRandomly, randomly, persistently),
    target('MASQUERADE', '', option('--to-ports', `masq ports: ${value}`), fullyRandomly, randomly),
    target('REDIRECT', '', option('--to-ports', `redir ports ${value}`), randomly),
    target('NETMAP', '', option('--to', `to:${value}`)),
    target('MARK', '', ...markOptions('MARK')),
    target(
      'CONNMARK',
      '',
      ...markOptions('CONNMARK'),
      option('--left-shift-mark', 'left-shift-mark (\\d+)'),
      option('--right-shift-mark', 'right-shift-mark (\\d+)'),
      option('--save-mark', 'CONNMARK save'),
      option('--restore-mark', 'CONNMARK restore'),
      option('--nfmask', 'nfmask \\x7e?(0x[0-9a-f]+)'),
      option('--ctmask', 'ctmask \\x7e?(0x[0-9a-f]+)'),
      option('--mask', 'mask (0x[0-9a-f]+)'),
    ),
    target(
      'LOG',
      'LOG',
      option('--log-flags', 'flags (\\d+)'),
      option('--log-level', `level ${value}`, unlessDefault('4')),
      option('--log-prefix', `prefix ${quoted}`),
    ),
    target(
      'NFLOG',
      '',
      option('--nflog-prefix', `nflog-prefix ${quoted}`),
      option('--nflog-prefix', `nflog-prefix ${value}`),
      option('--nflog-group', 'nflog-group (\\d+)'),
      option('--nflog-range', 'nflog-range (\\d+)'),
      option('--nflog-size', 'nflog-size (\\d+)'),
      option('--nflog-threshold', 'nflog-threshold (\\d+)'),
    ),
    target('REJECT', '', option('--reject-with', `reject-with ${value}`)),
    target('TCPMSS', 'TCPMSS', option('--set-mss', 'set (\\d+)'), option('--clamp-mss-to-pmtu', 'clamp to PMTU')),
    target('TOS', '', option('--set-tos', `TOS set ${value}`)),
    target('DSCP', '', option('--set-dscp', `DSCP set ${value}`)),
    target(
      'TTL',
      'TTL',
      option('--ttl-set', 'set to (\\d+)'),
      option('--ttl-inc', 'increment by (\\d+)'),
      option('--ttl-dec', 'decrement by (\\d+)'),
    ),
    target(
      'HL',
      'HL',
      option('--hl-set', 'set to (\\d+)'),
      option('--hl-inc', 'increment by (\\d+)'),
      option('--hl-dec', 'decrement by (\\d+)'),
    ),
    target(
      'CT',
      'CT',
      option('--notrack', 'notrack'),
      option('--helper', `helper ${value}`),
      option('--timeout', `timeout ${value}`),
      option('--ctevents', `ctevents ${value}`),
      option('--expevents', `expevents ${value}`),
      option('--zone-orig', `zone-orig ${value}`),
      option('--zone-reply', `zone-reply ${value}`),
      option('--zone', `zone ${value}`),
    ),
    target('NOTRACK', '', option('', 'NOTRACK')),
    target(
      'NFQUEUE',
      'NFQUEUE',
      option('--queue-num', 'num (\\d+)'),
      option('--queue-balance', 'balance ([0-9:]+)'),
      option('--queue-bypass', 'bypass'),
      option('--queue-cpu-fanout', 'cpu-fanout'),
    ),
    target(
      'TPROXY',
      'TPROXY redirect',
      option('--on-ip', '(\\S+)(?=:\\d+)'),
      option('--on-port', ':(\\d+)'),
      option('--tproxy-mark', `mark ${value}`),
    ),
    target(
      'SET',
      '',
      option('--add-set', `add-set ${value} ${value}`),
      option('--del-set', `del-set ${value} ${value}`),
      option('--map-set', `map-set ${value} ${value}`),
      option('--exist', 'exist'),
      option('--timeout', 'timeout (\\d+)'),
    ),
    target(
      'CLASSIFY',
      '',
      option('--set-class', 'CLASSIFY set ([0-9a-f]+):([0-9a-f]+)', ([major = '', minor = '']) => [
        `${major.padStart(4, '0')}:${minor.padStart(4, '0')}`,
      ]),
    ),
    target('CHECKSUM', '', option('--checksum-fill', 'CHECKSUM fill')),
    target(
      'IDLETIMER',
      '',
      option('--timeout', 'timeout:(\\d+)'),
      option('--label', `label:${value}`),
      option('--alarm', 'alarm'),
    ),
    target('AUDIT', '', option('--type', 'AUDIT (accept|drop|reject)')),
    target('TEE', 'TEE', option('--gateway', `gw:${value}`), option('--oif', `oif=${value}`)),
    target(
      'SYNPROXY',
      'SYNPROXY',
      option('--sack-perm', 'sack-perm'),
      option('--timestamp', 'timestamp'),
      option('--wscale', 'wscale (\\d+)'),
      option('--mss', 'mss (\\d+)'),
      option('--ecn', 'ecn'),
    ),
    target('ECN', '', option('--ecn-tcp-remove', 'ECN TCP remove')),
    target('CONNSECMARK', 'CONNSECMARK', option('--save', 'save'), option('--restore', 'restore')),
    target('TCPOPTSTRIP', '', option('--strip-options', `TCPOPTSTRIP options ${value}`)),
    target(
      'RATEEST',
      '',
      option('--rateest-name', `name ${value}`),
      option('--rateest-interval', `interval ${value}`),
      option('--rateest-ewmalog', `ewmalog ${value}`),
    ),
    target('DNPT', 'DNPT', option('--src-pfx', `src-pfx ${value}`), option('--dst-pfx', `dst-pfx ${value}`)),
    target('SNPT', 'SNPT', option('--src-pfx', `src-pfx ${value}`), option('--dst-pfx', `dst-pfx ${value}`)),
  ].map((extension) => [extension.name, extension]),
);
