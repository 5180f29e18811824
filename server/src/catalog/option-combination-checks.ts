/**
 * What an extension asks of its options together, beyond what the catalogue says of each. Source: the `final_check`, `x6_fcheck` and `x6_parse` functions
 * of iptables 1.8.9's extensions, and runs of them. The words are theirs.
 */

import type { OptionSpec } from './types.ts';
import { readValue, type ValueContext } from './values/read-value.ts';
import { fault, type Value, type ValueFault } from './values/values.ts';

/** The options of one match or of the target, as typed, and what the rule says besides. */
export interface GivenOptions extends ValueContext {
  readonly all: readonly GivenOption[];
  readonly protocolNegated: boolean;
}

export interface GivenOption {
  readonly name: string;
  readonly spec: OptionSpec | undefined;
  /** Undefined where no `!` stands before it. */
  readonly negation: object | undefined;
  readonly values: readonly { readonly text: string }[];
}

function find({ all }: GivenOptions, long: string): GivenOption | undefined {
  for (const option of all) if (option.name === long) return option;
  return undefined;
}

function has(given: GivenOptions, long: string): boolean {
  return find(given, long) !== undefined;
}

/** The value of an option; undefined for a flag, and for a value that has been refused already. */
function readGiven(given: GivenOptions, option: GivenOption | undefined): Value | undefined {
  if (option?.spec === undefined || option.values.length === 0) return undefined;
  const words = option.values.map(({ text }) => text);
  const value = readValue(option.spec, words, given);
  return value?.type === 'fault' ? undefined : value;
}

function numberOf(given: GivenOptions, long: string): number | undefined {
  const value = readGiven(given, find(given, long));
  return value?.type === 'number' ? value.value : undefined;
}

function textOf(given: GivenOptions, long: string): string | undefined {
  return find(given, long)?.values[0]?.text;
}

/** What is wrong; undefined where nothing is. */
export type FinalCheck = (given: GivenOptions) => ValueFault | undefined;

function missing(message: string): ValueFault {
  return fault('missing-option', message);
}

const oneOf =
  (message: string, ...longs: readonly string[]): FinalCheck =>
  (given) =>
    longs.some((long) => has(given, long)) ? undefined : missing(message);

const anyOption =
  (message: string): FinalCheck =>
  ({ all }) =>
    all.length > 0 ? undefined : missing(message);

function checkCluster(given: GivenOptions): ValueFault | undefined {
  const node = numberOf(given, '--cluster-local-node');
  const mask = numberOf(given, '--cluster-local-nodemask');
  const total = numberOf(given, '--cluster-total-nodes');
  if (!has(given, '--cluster-local-node') && !has(given, '--cluster-local-nodemask'))
    return missing("cluster match: `--cluster-local-node' or`--cluster-local-nodemask' is missing");
  if (total === undefined || (node !== undefined && mask !== undefined)) return undefined;
  if (node !== undefined && node > total)
    return fault('bad-number', "cluster match: `--cluster-local-node' must be <= `--cluster-total-nodes'");
  if (mask !== undefined && mask >= 2 ** total)
    return fault('bad-number', "cluster match: `--cluster-local-nodemask' too big for `--cluster-total-nodes'");
  return undefined;
}

function checkStatistic(given: GivenOptions): ValueFault | undefined {
  const mode = textOf(given, '--mode');
  if ((mode === 'random' || mode === undefined) && !has(given, '--probability'))
    return missing('--probability must be specified when using random mode');
  if (mode !== 'nth') return undefined;
  if (!has(given, '--every') && !has(given, '--packet'))
    return missing('--every and --packet must be specified when using nth mode');
  const every = numberOf(given, '--every');
  const packet = numberOf(given, '--packet');
  if (every !== undefined && packet !== undefined && packet >= every)
    return fault('bad-number', 'the --packet p must be 0 <= p <= n-1');
  return undefined;
}

function checkIpvs(given: GivenOptions): ValueFault | undefined {
  if (given.all.length === 0) return missing('IPVS: At least one option is required');
  return find(given, '--ipvs')?.negation !== undefined && given.all.length > 1
    ? fault('excluded-option', '! --ipvs cannot be together with other options')
    : undefined;
}

function checkTime(given: GivenOptions): ValueFault | undefined {
  if (!has(given, '--contiguous')) return undefined;
  const start = numberOf(given, '--timestart') ?? 0;
  const stop = numberOf(given, '--timestop') ?? 86_399;
  return start >= stop
    ? undefined
    : fault('excluded-option', 'time: --contiguous only makes sense when stoptime is smaller than starttime');
}

function checkReversed(given: GivenOptions, long: string, message: (from: number, to: number) => string): ValueFault | undefined {
  const value = readGiven(given, find(given, long));
  return value?.type === 'range' && value.range.from > value.range.to
    ? fault('reversed-range', message(value.range.from, value.range.to))
    : undefined;
}

function checkHashlimit(given: GivenOptions): ValueFault | undefined {
  const rate = find(given, '--hashlimit-upto') ?? find(given, '--hashlimit-above');
  if (rate === undefined) return missing('You have to specify --hashlimit');
  const burst = numberOf(given, '--hashlimit-burst');
  if (burst === undefined) return undefined;
  const value = readGiven(given, rate);
  if (value?.type !== 'rate') return undefined;
  if (value.unit === 'packets')
    return burst > 1_000_000
      ? fault('bad-number', 'bad value for option "--hashlimit-burst", or out of range (1-1000000).')
      : undefined;
  if (value.amount === 0) return fault('bad-rate', 'a rate below 16 bytes a second counts as none, and iptables divides by it');
  return burst < value.amount ? fault('bad-number', `burst cannot be smaller than ${value.amount}b`) : undefined;
}

function checkPolicy(given: GivenOptions): ValueFault | undefined {
  if (!has(given, '--dir')) return missing('policy match: neither --dir in nor --dir out specified');
  const isStrict = has(given, '--strict');
  const isNone = textOf(given, '--pol') === 'none';
  if (isStrict && isNone) return fault('excluded-option', 'policy match: policy none but --strict given');
  const elements: GivenOption[][] = [[]];
  for (const option of given.all) {
    if (option.name === '--next') elements.push([]);
    else if (!['--dir', '--pol', '--strict'].includes(option.name)) elements.at(-1)?.push(option);
  }
  for (const [index, element] of elements.entries()) {
    const twice = element.find(({ name }, place) => element.findIndex((other) => other.name === name) < place);
    if (twice !== undefined) return fault('repeated-option', `policy match: double ${twice.name} option`);
    if (isStrict && element.length === 0) {
      return missing(
        `policy match: empty policy element ${index}. --strict is in effect, but at least one of reqid, spi, tunnel-src, tunnel-dst, proto or mode is required.`,
      );
    }
    const named = (long: string): GivenOption | undefined => element.find(({ name }) => name === long);
    const hasTunnel = named('--tunnel-src') !== undefined || named('--tunnel-dst') !== undefined;
    const mode = named('--mode');
    const isTunnel = (mode?.values[0]?.text === 'tunnel') !== (mode?.negation !== undefined);
    if (hasTunnel && !isTunnel && !isNone)
      return fault('excluded-option', 'policy match: --tunnel-src/--tunnel-dst is only valid in tunnel mode');
    const protocol = readGiven(given, named('--proto'));
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

const tupleMasks: Readonly<Record<string, string>> = {
  src: '--hmark-src-prefix',
  dst: '--hmark-dst-prefix',
  sport: '--hmark-sport-mask',
  dport: '--hmark-dport-mask',
  spi: '--hmark-spi-mask',
};

function checkHmark(given: GivenOptions): ValueFault | undefined {
  if (!has(given, '--hmark-mod')) return missing('--hmark-mod is mandatory');
  if (!has(given, '--hmark-rnd')) return missing('--hmark-rnd is mandatory');
  // The words of the tuple stand for masks of all ones.
  const tuple = readGiven(given, find(given, '--hmark-tuple'));
  const implied = tuple?.type === 'words' ? tuple.words.map((word) => tupleMasks[word] ?? '') : [];
  const place = given.all.findIndex(({ name }) => name === '--hmark-tuple');
  const twice = given.all.find(({ name }, index) => index > place && implied.includes(name));
  if (twice !== undefined) return fault('repeated-option', `HMARK: option "${twice.name}" can only be used once.`);
  const masks = [...given.all.map(({ name }) => name), ...implied];
  if (masks.includes('--hmark-spi-mask') && masks.some((name) => /^--hmark-[sd]port-mask$/.test(name)))
    return fault('excluded-option', 'you cannot use --hmark-spi-mask and --hmark-?port-mask,at the same time');
  const isKey = /^--hmark-(?:src-prefix|dst-prefix|[sd]port|[sd]port-mask|spi|spi-mask|proto-mask|tuple)$/;
  return given.all.some(({ name }) => isKey.test(name)) ? undefined : missing('you have to specify --hmark-tuple at least');
}

/** Source: libxt_RATEEST.c, RATEEST_final_check. */
function checkRateest(given: GivenOptions): ValueFault | undefined {
  const interval = numberOf(given, '--rateest-interval') ?? 0;
  const average = numberOf(given, '--rateest-ewmalog') ?? 0;
  if (interval > 8_000_000) return fault('bad-number', 'RATEEST: interval value is too large');
  return ewmaLog(interval, average) === undefined ? fault('bad-number', 'RATEEST: ewmalog value is out of range') : undefined;
}

/** The exponent that the kernel keeps for an average over so many microseconds; undefined where none fits. */
export function ewmaLog(interval: number, average: number): number | undefined {
  let log = 1;
  while (log < 32 && interval / -Math.log(1 - 1 / 2 ** log) <= average) log += 1;
  return log - 1 === 0 || log - 1 >= 31 ? undefined : log - 1;
}

function checkRt(given: GivenOptions): ValueFault | undefined {
  let isType0 = false;
  let hasAddresses = false;
  for (const option of given.all) {
    switch (option.name) {
      case '--rt-type': {
        const value = readGiven(given, option);
        isType0 = value?.type === 'number' && value.value === 0 && option.negation === undefined;
        break;
      }
      case '--rt-0-res':
        if (!isType0) return missing("`--rt-type 0' required before `--rt-0-res'");
        break;
      case '--rt-0-addrs':
        if (!isType0) return missing("`--rt-type 0' required before `--rt-0-addrs'");
        hasAddresses = true;
        break;
      case '--rt-0-not-strict':
        if (!hasAddresses) return missing("`--rt-0-addr ...' required before `--rt-0-not-strict'");
        break;
      default:
    }
  }
  return undefined;
}

function checkOwner(given: GivenOptions): ValueFault | undefined {
  for (const { name } of given.all) {
    if (name === '--gid-owner') break;
    if (name === '--suppl-groups')
      return missing('owner: Bad value for "--suppl-groups" option: "you need to use --gid-owner first"');
  }
  return has(given, '--uid-owner') || has(given, '--gid-owner') || has(given, '--socket-exists')
    ? undefined
    : missing('owner: At least one of --uid-owner, --gid-owner or --socket-exists is required');
}

function checkClusterIp(given: GivenOptions): ValueFault | undefined {
  const isWhole = has(given, '--new')
    ? ['--hashmode', '--clustermac', '--total-nodes', '--local-node'].every((long) => has(given, long))
    : given.all.length === 0;
  return isWhole ? undefined : missing('CLUSTERIP target: Invalid parameter combination');
}

/** Ports of a translation need a protocol that has some, and `-p` must stand before them. */
const needsPorts =
  (protocols: readonly number[], long: string): FinalCheck =>
  (given) => {
    if (protocols.includes(given.protocol)) return undefined;
    const value = readGiven(given, find(given, long));
    return value?.type === 'ports' || (value?.type === 'translation' && value.ports !== undefined)
      ? fault('needs-protocol', 'Need TCP, UDP, SCTP or DCCP with port specification')
      : undefined;
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
  ipvs: checkIpvs,
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
  tcp: (given) =>
    has(given, '--syn') && has(given, '--tcp-flags')
      ? fault('excluded-option', "Only one of `--syn' or `--tcp-flags'  allowed")
      : undefined,
  time: checkTime,
  ttl: anyOption("TTL match: You must specify one of `--ttl-eq', `--ttl-lt', `--ttl-gt"),
};

const markOperations = ['--set-xmark', '--set-mark', '--and-mark', '--or-mark', '--xor-mark'];

const targetChecks: Readonly<Record<string, FinalCheck>> = {
  CLUSTERIP: checkClusterIp,
  CONNMARK: oneOf('CONNMARK target: No operation specified', ...markOperations, '--save-mark', '--restore-mark'),
  CONNSECMARK: anyOption('CONNSECMARK target: parameter required'),
  DNAT: needsPorts(natProtocols, '--to-destination'),
  DSCP: anyOption('DSCP target: Parameter --set-dscp is required'),
  ECN: anyOption('ECN target: An operation is required'),
  HL: anyOption('HL: You must specify an action'),
  HMARK: checkHmark,
  MARK: anyOption('MARK: One of the --set-xmark, --{and,or,xor,set}-mark options is required'),
  MASQUERADE: needsPorts(natProtocols, '--to-ports'),
  NFQUEUE: (given) => {
    const value = readGiven(given, find(given, '--queue-balance'));
    if (value?.type !== 'range' || value.range.from < value.range.to) return undefined;
    return fault('bad-range', `${value.range.from} should be less than ${value.range.to}`);
  },
  RATEEST: checkRateest,
  REDIRECT: needsPorts(natProtocols, '--to-ports'),
  SET: oneOf("You must specify either `--add-set' or `--del-set' or `--map-set'", '--add-set', '--del-set', '--map-set'),
  SNAT: needsPorts(natProtocols, '--to-source'),
  TCPMSS: anyOption('TCPMSS target: At least one parameter is required'),
  TOS: anyOption('TOS: An action is required'),
  TTL: anyOption('TTL: You must specify an action'),
};

/** What a match or target asks of its options together; undefined where it asks nothing. */
export function finalCheck(kind: 'match' | 'target', name: string): FinalCheck | undefined {
  const checks = kind === 'match' ? matchChecks : targetChecks;
  return Object.hasOwn(checks, name) ? checks[name] : undefined;
}
