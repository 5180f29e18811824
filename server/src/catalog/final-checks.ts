/**
 * What an extension asks of its options together, beyond what the catalogue says of each. Source: the `final_check`, `x6_fcheck` and `x6_parse` functions
 * of iptables 1.8.9's extensions, and runs of them. The words are theirs.
 */
import { fault, type Value, type ValueFault } from './values.ts';

/** The options of one match or of the target, as typed. */
export interface GivenOptions {
  /** Undefined where the option is absent; the value is undefined for a flag. */
  readonly find: (long: string) => GivenOption | undefined;
  readonly all: readonly GivenOption[];
  /** What `-p` says; 0 for any protocol. */
  readonly protocol: number;
  readonly protocolNegated: boolean;
}

export interface GivenOption {
  readonly long: string;
  readonly negated: boolean;
  readonly value: Value | undefined;
}

/** What is wrong; undefined where nothing is. */
export type FinalCheck = (given: GivenOptions) => ValueFault | undefined;

function missing(message: string): ValueFault {
  return fault('missing-option', message);
}

const oneOf =
  (message: string, ...longs: readonly string[]): FinalCheck =>
  ({ find }) =>
    longs.some((long) => find(long) !== undefined) ? undefined : missing(message);

const anyOption =
  (message: string): FinalCheck =>
  ({ all }) =>
    all.length > 0 ? undefined : missing(message);

function numberOf(option: GivenOption | undefined): number | undefined {
  return option?.value?.type === 'number' ? option.value.value : undefined;
}

function checkCluster({ find }: GivenOptions): ValueFault | undefined {
  const node = numberOf(find('--cluster-local-node'));
  const mask = numberOf(find('--cluster-local-nodemask'));
  const total = numberOf(find('--cluster-total-nodes'));
  if (find('--cluster-local-node') === undefined && find('--cluster-local-nodemask') === undefined)
    return missing("cluster match: `--cluster-local-node' or`--cluster-local-nodemask' is missing");
  if (total === undefined || (node !== undefined && mask !== undefined)) return undefined;
  if (node !== undefined && node > total)
    return fault('bad-number', "cluster match: `--cluster-local-node' must be <= `--cluster-total-nodes'");
  if (mask !== undefined && mask >= 2 ** total)
    return fault('bad-number', "cluster match: `--cluster-local-nodemask' too big for `--cluster-total-nodes'");
  return undefined;
}

function checkStatistic({ find }: GivenOptions): ValueFault | undefined {
  const mode = find('--mode')?.value?.text;
  const hasCount = find('--every') !== undefined || find('--packet') !== undefined;
  const isRandom = mode === 'random' || mode === undefined;
  if (isRandom && find('--probability') === undefined) return missing('--probability must be specified when using random mode');
  if (mode === 'nth' && !hasCount) return missing('--every and --packet must be specified when using nth mode');
  const every = numberOf(find('--every'));
  const packet = numberOf(find('--packet'));
  if (every !== undefined && packet !== undefined && packet >= every)
    return fault('bad-number', 'the --packet p must be 0 <= p <= n-1');
  return undefined;
}

function checkReversed(given: GivenOptions, long: string, message: (from: number, to: number) => string): ValueFault | undefined {
  const value = given.find(long)?.value;
  return value?.type === 'range' && value.range.from > value.range.to
    ? fault('reversed-range', message(value.range.from, value.range.to))
    : undefined;
}

function checkHashlimit({ find }: GivenOptions): ValueFault | undefined {
  const rate = find('--hashlimit-upto') ?? find('--hashlimit-above');
  if (rate === undefined) return missing('You have to specify --hashlimit');
  const burst = numberOf(find('--hashlimit-burst'));
  if (rate.value?.type !== 'rate' || burst === undefined) return undefined;
  if (rate.value.unit === 'packets')
    return burst > 1_000_000
      ? fault('bad-number', 'bad value for option "--hashlimit-burst", or out of range (1-1000000).')
      : undefined;
  return burst < rate.value.amount ? fault('bad-number', `burst cannot be smaller than ${rate.value.amount}b`) : undefined;
}

function checkPolicy({ find, all }: GivenOptions): ValueFault | undefined {
  if (find('--dir') === undefined) return missing('policy match: neither --dir in nor --dir out specified');
  const isStrict = find('--strict') !== undefined;
  if (find('--pol')?.value?.text === 'none') {
    if (isStrict) return fault('excluded-option', 'policy match: policy none but --strict given');
  }
  const elements: GivenOption[][] = [[]];
  for (const option of all) {
    if (option.long === '--next') elements.push([]);
    else if (!['--dir', '--pol', '--strict'].includes(option.long)) elements.at(-1)?.push(option);
  }
  for (const [index, element] of elements.entries()) {
    const twice = element.find(({ long }, place) => element.findIndex((other) => other.long === long) < place);
    if (twice !== undefined) return fault('repeated-option', `policy match: double ${twice.long} option`);
    if (isStrict && element.length === 0) {
      return missing(
        `policy match: empty policy element ${index}. --strict is in effect, but at least one of reqid, spi, tunnel-src, tunnel-dst, proto or mode is required.`,
      );
    }
    const mode = element.find(({ long }) => long === '--mode')?.value?.text;
    const hasTunnel = element.some(({ long }) => long === '--tunnel-src' || long === '--tunnel-dst');
    if (hasTunnel && mode !== 'tunnel')
      return fault('excluded-option', 'policy match: --tunnel-src/--tunnel-dst is only valid in tunnel mode');
    const protocol = element.find(({ long }) => long === '--proto')?.value;
    if (protocol?.type === 'protocol' && ![50, 51, 108].includes(protocol.number))
      return fault('bad-protocol', 'policy match: protocol must be ah/esp/ipcomp');
  }
  return elements.length > 4 ? fault('too-many-values', 'policy match: maximum policy depth reached') : undefined;
}

const portProtocols = [6, 17, 132, 33, 136];

function checkMultiport({ all, protocol, protocolNegated }: GivenOptions): ValueFault | undefined {
  if (all.length === 0) return missing('multiport expection an option');
  if (protocolNegated) return fault('needs-protocol', 'multiport only works with TCP, UDP, UDPLITE, SCTP and DCCP');
  return portProtocols.includes(protocol)
    ? undefined
    : fault('needs-protocol', "multiport needs `-p tcp', `-p udp', `-p udplite', `-p sctp' or `-p dccp'");
}

function checkHmark({ find, all }: GivenOptions): ValueFault | undefined {
  if (find('--hmark-mod') === undefined) return missing('--hmark-mod is mandatory');
  if (find('--hmark-rnd') === undefined) return missing('--hmark-rnd is mandatory');
  const spi = all.some(({ long }) => long === '--hmark-spi' || long === '--hmark-spi-mask');
  const ports = all.find(({ long }) => /^--hmark-[sd]port(?:-mask)?$/.test(long));
  if (spi && ports !== undefined) {
    return fault(
      'excluded-option',
      `you cannot use --hmark-spi${find('--hmark-spi-mask') === undefined ? '' : '-mask'} and --hmark-?port${ports.long.endsWith('-mask') ? '-mask' : ''},at the same time`,
    );
  }
  const keys = ['--hmark-src-prefix', '--hmark-dst-prefix', '--hmark-sport-mask', '--hmark-dport-mask', '--hmark-spi-mask'];
  const isEnough = [...keys, '--hmark-sport', '--hmark-dport', '--hmark-spi', '--hmark-proto-mask', '--hmark-tuple'].some(
    (long) => find(long) !== undefined,
  );
  return isEnough ? undefined : missing('you have to specify --hmark-tuple at least');
}

/** Source: libxt_RATEEST.c, RATEEST_final_check. */
function checkRateest({ find }: GivenOptions): ValueFault | undefined {
  const interval = numberOf(find('--rateest-interval')) ?? 0;
  const average = numberOf(find('--rateest-ewmalog')) ?? 0;
  if (interval > 8_000_000) return fault('bad-number', 'RATEEST: interval value is too large');
  return ewmaLog(interval, average) === undefined ? fault('bad-number', 'RATEEST: ewmalog value is out of range') : undefined;
}

/** The exponent that the kernel keeps for an average over so many microseconds; undefined where none fits. */
export function ewmaLog(interval: number, average: number): number | undefined {
  let log = 1;
  while (log < 32 && interval / -Math.log(1 - 1 / 2 ** log) <= average) log += 1;
  return log - 1 === 0 || log - 1 >= 31 ? undefined : log - 1;
}

function checkRt({ all }: GivenOptions): ValueFault | undefined {
  let isType0 = false;
  let hasAddresses = false;
  for (const { long, value, negated } of all) {
    if (long === '--rt-type') isType0 = value?.type === 'number' && value.value === 0 && !negated;
    if (long === '--rt-0-res' && !isType0) return missing("`--rt-type 0' required before `--rt-0-res'");
    if (long === '--rt-0-addrs') {
      if (!isType0) return missing("`--rt-type 0' required before `--rt-0-addrs'");
      hasAddresses = true;
    }
    if (long === '--rt-0-not-strict' && !hasAddresses) return missing("`--rt-0-addr ...' required before `--rt-0-not-strict'");
  }
  return undefined;
}

function checkOwner({ find, all }: GivenOptions): ValueFault | undefined {
  for (const { long } of all) {
    if (long === '--gid-owner') break;
    if (long === '--suppl-groups')
      return missing('owner: Bad value for "--suppl-groups" option: "you need to use --gid-owner first"');
  }
  return ['--uid-owner', '--gid-owner', '--socket-exists'].some((long) => find(long) !== undefined)
    ? undefined
    : missing('owner: At least one of --uid-owner, --gid-owner or --socket-exists is required');
}

function checkClusterIp({ find, all }: GivenOptions): ValueFault | undefined {
  if (find('--new') === undefined)
    return all.length === 0 ? undefined : missing('CLUSTERIP target: Invalid parameter combination');
  return ['--hashmode', '--clustermac', '--total-nodes', '--local-node'].every((long) => find(long) !== undefined)
    ? undefined
    : missing('CLUSTERIP target: Invalid parameter combination');
}

/** Ports of a translation need a protocol that has some, and `-p` must stand before them. */
const needsPorts =
  (protocols: readonly number[], ...longs: readonly string[]): FinalCheck =>
  ({ find, protocol }) => {
    const value = longs.map((long) => find(long)?.value).find((candidate) => candidate !== undefined);
    const hasPorts = value?.type === 'ports' || (value?.type === 'translation' && value.ports !== undefined);
    return !hasPorts || protocols.includes(protocol)
      ? undefined
      : fault('needs-protocol', 'Need TCP, UDP, SCTP or DCCP with port specification');
  };

const natProtocols = [6, 17, 132, 33, 1];

const matchChecks: Readonly<Record<string, FinalCheck>> = {
  addrtype: oneOf('addrtype: you must specify --src-type or --dst-type', '--src-type', '--dst-type'),
  bpf: anyOption('bpf: one of --bytecode or --pinned is required'),
  cluster: checkCluster,
  connbytes: (given) => checkReversed(given, '--connbytes', (from, to) => `${from} should be less than ${to}`),
  connlimit: oneOf('You must specify "--connlimit-above" or "--connlimit-upto".', '--connlimit-above', '--connlimit-upto'),
  conntrack: anyOption('conntrack: At least one option is required'),
  devgroup: anyOption("devgroup match: You must specify either '--src-group' or '--dst-group'"),
  dscp: anyOption('DSCP match: Parameter --dscp is required'),
  ecn: anyOption('ECN match: some option required'),
  hashlimit: checkHashlimit,
  hl: anyOption("HL match: You must specify one of `--hl-eq', `--hl-lt', `--hl-gt'"),
  iprange: anyOption("iprange match: You must specify `--src-range' or `--dst-range'"),
  ipvs: anyOption('IPVS: At least one option is required'),
  multiport: checkMultiport,
  owner: checkOwner,
  physdev: anyOption('PHYSDEV: no physdev option specified'),
  policy: checkPolicy,
  recent: oneOf(
    "recent: you must specify one of `--set', `--rcheck' `--update' or `--remove'",
    '--set',
    '--rcheck',
    '--update',
    '--remove',
  ),
  rt: checkRt,
  set: oneOf("You must specify `--match-set' with proper arguments", '--match-set', '--set'),
  statistic: checkStatistic,
  string: oneOf("STRING match: You must specify `--string' or `--hex-string'", '--string', '--hex-string'),
  tcpmss: (given) => checkReversed(given, '--mss', () => 'tcpmss: invalid range given'),
  ttl: anyOption("TTL match: You must specify one of `--ttl-eq', `--ttl-lt', `--ttl-gt"),
};

const markOperations = ['--set-xmark', '--set-mark', '--and-mark', '--or-mark', '--xor-mark'];

const targetChecks: Readonly<Record<string, FinalCheck>> = {
  CLUSTERIP: checkClusterIp,
  CONNMARK: oneOf('CONNMARK target: No operation specified', ...markOperations, '--save-mark', '--restore-mark'),
  CONNSECMARK: anyOption('CONNSECMARK target: parameter required'),
  DNAT: needsPorts([...natProtocols, 58], '--to-destination'),
  DSCP: anyOption('DSCP target: Parameter --set-dscp is required'),
  ECN: anyOption('ECN target: An operation is required'),
  HL: anyOption('HL: You must specify an action'),
  HMARK: checkHmark,
  MARK: anyOption('MARK: One of the --set-xmark, --{and,or,xor,set}-mark options is required'),
  MASQUERADE: needsPorts([...natProtocols, 58], '--to-ports'),
  NFQUEUE: ({ find }) => {
    const value = find('--queue-balance')?.value;
    if (value?.type !== 'range') return undefined;
    const { from, to } = value.range;
    return from >= to ? fault('bad-range', `${from} should be less than ${to}`) : undefined;
  },
  RATEEST: checkRateest,
  REDIRECT: needsPorts([...natProtocols, 58], '--to-ports'),
  SET: oneOf("You must specify either `--add-set' or `--del-set' or `--map-set'", '--add-set', '--del-set', '--map-set'),
  SNAT: needsPorts([...natProtocols, 58], '--to-source'),
  TCPMSS: anyOption('TCPMSS target: At least one parameter is required'),
  TOS: anyOption('TOS: An action is required'),
  TTL: anyOption('TTL: You must specify an action'),
};

/** What a match or target asks of its options together; undefined where it asks nothing. */
export function finalCheck(kind: 'match' | 'target', name: string): FinalCheck | undefined {
  const checks = kind === 'match' ? matchChecks : targetChecks;
  return Object.hasOwn(checks, name) ? checks[name] : undefined;
}
