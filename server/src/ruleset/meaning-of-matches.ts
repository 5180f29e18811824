/**
 * What each match makes of its options before iptables-save prints them: defaults, options that are short for others, values that say nothing.
 * Source: the `save` functions of iptables 1.8.9's extensions, and runs of them.
 */
import { findMatch } from '../catalog/lookup.ts';
import type { Family } from '../catalog/types.ts';
import { isPrintable, printPattern } from '../catalog/values/read-programs.ts';
import { printByteBurst } from '../catalog/values/read-rates.ts';
import { endOfTime, otherMonthdays, otherWeekdays } from '../catalog/values/read-time.ts';
import type { ExtensionMeaning, OptionMeaning } from './meaning.ts';
import {
  find,
  flag,
  number,
  numberOf,
  type Options,
  ordered,
  replaceText,
  type Settle,
  savedNames,
  settleDscp,
  unquoted,
  without,
  word,
} from './option-meanings.ts';

/** Drops ranges that take in everything; the negation goes with them. */
const withoutFullRanges =
  (max: number): Settle =>
  (options) =>
    options.filter(({ value }) => {
      const range = value?.type === 'range' ? value.range : value?.type === 'ports' ? value.ranges[0] : undefined;
      return range === undefined || range.from !== 0 || range.to !== max;
    });

/** The nft back end has no ranges from 0 that are negated: it takes those that begin behind them. */
function withoutNegatedStart(option: OptionMeaning): OptionMeaning {
  const range = option.value?.type === 'ports' ? option.value.ranges[0] : undefined;
  if (!option.negated || range === undefined || range.from !== 0 || range.to === 0) return option;
  const from = range.to + 1;
  const text = from === 65535 ? '65535' : `${from}:65535`;
  return { name: option.name, negated: false, value: { type: 'ports', ranges: [{ from, to: 65535 }], text } };
}

const settlePorts: Settle = (options, family) => withoutFullRanges(65535)(options, family).map(withoutNegatedStart);

const settleTcp: Settle = (options, family) =>
  settlePorts(
    options
      .filter(({ value }) => value?.type !== 'tcp-flags' || value.mask !== 0)
      .map((option) =>
        option.name === '--syn'
          ? {
              name: '--tcp-flags',
              negated: option.negated,
              value: { type: 'tcp-flags', mask: 0b10111, set: 0b10, text: 'FIN,SYN,RST,ACK SYN' },
            }
          : option,
      ),
    family,
  );

const settleLimit: Settle = (options) => {
  const rate: OptionMeaning = find(options, '--limit') ?? {
    name: '--limit',
    negated: false,
    value: { type: 'rate', amount: 3, unit: 'packets', seconds: 3600, text: '3/hour' },
  };
  const burst = find(options, '--limit-burst');
  const burstValue = numberOf(burst);
  return burst === undefined || burstValue === 5 || burstValue === 0 ? [rate] : [rate, burst];
};

const hashlimitOrder = [
  '--hashlimit-upto',
  '--hashlimit-above',
  '--hashlimit-burst',
  '--hashlimit-mode',
  '--hashlimit-name',
  '--hashlimit-htable-size',
  '--hashlimit-htable-max',
  '--hashlimit-htable-gcinterval',
  '--hashlimit-htable-expire',
  '--hashlimit-srcmask',
  '--hashlimit-dstmask',
  '--hashlimit-rate-match',
  '--hashlimit-rate-interval',
];

const settleHashlimit: Settle = (options, family) => {
  const bits = family === 'ipv4' ? 32 : 128;
  const written = find(options, '--hashlimit-upto') ?? find(options, '--hashlimit-above');
  const rate = written?.value?.type === 'rate' ? written.value : undefined;
  const flipped =
    written === undefined || !written.negated
      ? written
      : { ...written, negated: false, name: written.name === '--hashlimit-upto' ? '--hashlimit-above' : '--hashlimit-upto' };
  const burst = find(options, '--hashlimit-burst');
  const burstValue = numberOf(burst);
  let printedBurst: OptionMeaning | undefined;
  if (rate?.unit === 'bytes') {
    if (burstValue !== undefined) printedBurst = number('--hashlimit-burst', burstValue, printByteBurst(burstValue, rate.amount));
  } else {
    printedBurst = burst ?? number('--hashlimit-burst', 5);
  }
  // An entry lives as long as the unit in which the rate was written, unless something else is said.
  const unit = rate?.unit === 'bytes' ? 15 : (rate?.seconds ?? 1);
  const expire = numberOf(find(options, '--hashlimit-htable-expire')) ?? (rate?.written ?? unit) * 1000;
  const kept = without(options, '--hashlimit-upto', '--hashlimit-above', '--hashlimit-burst', '--hashlimit-htable-expire').filter(
    (option) => {
      const value = numberOf(option);
      switch (option.name) {
        case '--hashlimit-srcmask':
        case '--hashlimit-dstmask':
          return value !== bits;
        case '--hashlimit-htable-gcinterval':
          return value !== 1000;
        case '--hashlimit-htable-size':
        case '--hashlimit-htable-max':
          return value !== 0;
        case '--hashlimit-mode':
          return option.value?.text !== '';
        case '--hashlimit-rate-interval':
          return find(options, '--hashlimit-rate-match') !== undefined && value !== 1;
        default:
          return true;
      }
    },
  );
  return ordered(
    [
      flipped,
      printedBurst,
      expire === unit * 1000 ? undefined : number('--hashlimit-htable-expire', expire),
      ...kept.map(unquoted),
    ],
    hashlimitOrder,
  );
};

const settleRecent: Settle = (options, family) => {
  const all = family === 'ipv4' ? '255.255.255.255' : 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';
  const text = (name: string, raw: string): OptionMeaning => ({
    name,
    negated: false,
    value: { type: 'text', raw, text: raw },
  });
  const side = find(options, '--rdest') ?? flag('--rsource');
  return [
    ...without(options, '--name', '--mask', '--rsource', '--rdest'),
    unquoted(find(options, '--name') ?? text('--name', 'DEFAULT')),
    find(options, '--mask') ?? text('--mask', all),
    side,
  ];
};

const settleConnlimit: Settle = (options, family) => {
  const limit = options.find(({ name }) => name === '--connlimit-upto' || name === '--connlimit-above');
  const flipped =
    limit === undefined || !limit.negated
      ? limit
      : { ...limit, negated: false, name: limit.name === '--connlimit-upto' ? '--connlimit-above' : '--connlimit-upto' };
  return [
    ...(flipped === undefined ? [] : [flipped]),
    find(options, '--connlimit-mask') ?? number('--connlimit-mask', family === 'ipv4' ? 32 : 128),
    find(options, '--connlimit-daddr') ?? flag('--connlimit-saddr'),
  ];
};

const settleCluster: Settle = (options) =>
  options.map((option) => {
    const value = numberOf(option);
    if (value === undefined) return option;
    const mask = (bits: number): OptionMeaning => ({
      ...number('--cluster-local-nodemask', bits, `0x${(bits >>> 0).toString(16).padStart(8, '0')}`),
      negated: option.negated,
    });
    if (option.name === '--cluster-local-node') return mask(2 ** (value - 1));
    return option.name === '--cluster-local-nodemask' ? mask(value) : option;
  });

const timeOrder = [
  '--timestart',
  '--timestop',
  '--monthdays',
  '--weekdays',
  '--datestart',
  '--datestop',
  '--kerneltz',
  '--contiguous',
];

const settleTime: Settle = (options) => {
  const start = find(options, '--timestart') ?? number('--timestart', 0, '00:00:00');
  const stop = find(options, '--timestop') ?? number('--timestop', 86399, '23:59:59');
  const wholeDay = numberOf(start) === 0 && numberOf(stop) === 86399;
  const days = (name: '--weekdays' | '--monthdays', count: number): OptionMeaning | undefined => {
    const option = find(options, name);
    const value = option?.value;
    if (option === undefined || value?.type !== 'words') return option;
    const others = name === '--weekdays' ? otherWeekdays : otherMonthdays;
    const words = option.negated ? others(value.words) : value.words;
    return words.length === count ? undefined : { name, negated: false, value: { type: 'words', words, text: words.join(',') } };
  };
  const zone = find(options, '--kerneltz') ?? find(options, '--localtz');
  const dateStart = find(options, '--datestart');
  return ordered(
    [
      wholeDay ? undefined : start,
      wholeDay ? undefined : stop,
      days('--monthdays', 31),
      days('--weekdays', 7),
      numberOf(dateStart) === 0 ? undefined : dateStart,
      find(options, '--datestop') ?? number('--datestop', 0x7fff_ffff, endOfTime),
      zone === undefined ? undefined : flag('--kerneltz'),
      find(options, '--contiguous'),
    ],
    timeOrder,
  );
};

const settleString: Settle = (options) =>
  options.flatMap((option) => {
    const value = option.value;
    if (option.name === '--string' && value?.type === 'text') {
      const printed = printPattern(value.raw);
      return [{ ...replaceText(option, printed.text), name: printed.option }];
    }
    if (option.name === '--hex-string' && value?.type === 'text' && isPrintable(value.raw))
      return [{ ...option, name: '--string' }];
    if (option.name === '--algo') return [unquoted(option)];
    if (option.name === '--from' && numberOf(option) === 0) return [];
    if (option.name === '--to' && numberOf(option) === 65535) return [];
    return [option];
  });

const settleConntrack: Settle = (options) =>
  options.map((option) => {
    const value = option.value;
    if (value?.type === 'ports' && value.ranges[0]?.to === 0) return replaceText(option, `${value.ranges[0].from}`);
    if (option.name === '--ctstatus' && value?.type === 'words' && value.words.length > 1) {
      const words = value.words.filter((status) => status !== 'NONE');
      return { ...option, value: { type: 'words', words, text: words.join(',') } };
    }
    return value?.type === 'protocol' ? replaceText(option, `${value.number}`) : option;
  });

const rateestOrder = [
  '--rateest-delta',
  '--rateest',
  '--rateest1',
  '--rateest-bps1',
  '--rateest-pps1',
  '--rateest-lt',
  '--rateest-gt',
  '--rateest-eq',
  '--rateest-bps',
  '--rateest-pps',
  '--rateest-bps2',
  '--rateest-pps2',
  '--rateest2',
];

/** One estimator is compared with a number, or two with each other; the option names differ by that. */
const settleRateest: Settle = (options) => {
  const isRelative = find(options, '--rateest2') !== undefined;
  const isDelta = find(options, '--rateest-delta') !== undefined;
  // Without the delta there is one number, the second.
  const isIdle = ({ name }: OptionMeaning): boolean =>
    !isDelta && /ps1$/.test(name) && find(options, name.replace(/1$/, '2')) !== undefined;
  const given = options.filter((option) => !isIdle(option));
  const named = given.map((option) => {
    const plain = unquoted(option);
    if (plain.name === '--rateest1' && !isRelative) return { ...plain, name: '--rateest' };
    return !isDelta && /^--rateest-[bp]ps[12]$/.test(plain.name) ? { ...plain, name: plain.name.slice(0, -1) } : plain;
  });
  return ordered(named, rateestOrder);
};

/** `--dir` and `--pol` come first; then the elements as typed, each with its options in one order. */
const settlePolicy: Settle = (options) => {
  const order = ['--dir', '--pol', '--strict'];
  const element = ['--reqid', '--spi', '--proto', '--mode', '--tunnel-dst', '--tunnel-src'];
  const about = options.filter(({ name }) => order.includes(name));
  if (find(about, '--pol') === undefined) about.push(word('--pol', 'ipsec'));
  const settled = [...ordered(about, order)];
  let current: OptionMeaning[] = [];
  for (const option of without(options, ...order)) {
    if (option.name !== '--next') {
      current.push(option);
      continue;
    }
    settled.push(...ordered(current, element), option);
    current = [];
  }
  return [...settled, ...ordered(current, element)];
};

const srhFields = ['--srh-hdr-len-', '--srh-segs-left-', '--srh-last-entry-'];

/** Tests of one field share their number: the last one typed counts for all. Addresses always have their prefix length. */
const settleSrh: Settle = (options) => {
  const settled = options.map((option) => {
    const { name, value } = option;
    if (value?.type === 'network' && !value.text.includes('/')) return replaceText(option, `${value.text}/128`);
    const field = srhFields.find((prefix) => name.startsWith(prefix));
    const last = field === undefined ? undefined : options.findLast((other) => other.name.startsWith(field));
    return last === undefined ? option : { ...option, value: last.value };
  });
  return ordered(settled, savedNames(findMatch('srh')));
};

const renamed =
  (from: string, to: string): Settle =>
  (options) =>
    options.map((option) => (option.name === from ? { ...option, name: to } : option));

const matchRules: Readonly<Record<string, Settle>> = {
  ah: withoutFullRanges(0xffff_ffff),
  cluster: settleCluster,
  connlimit: settleConnlimit,
  conntrack: settleConntrack,
  dscp: settleDscp('--dscp'),
  esp: withoutFullRanges(0xffff_ffff),
  frag: withoutFullRanges(0xffff_ffff),
  hashlimit: settleHashlimit,
  ipcomp: (options, family) =>
    find(options, '--ipcompspi') === undefined
      ? [number('--ipcompspi', 0), ...options]
      : withoutFullRanges(0xffff_ffff)(options, family),
  limit: settleLimit,
  mh: withoutFullRanges(255),
  // iptables-save prints two blanks here.
  nfacct: (options) => options.map((option) => replaceText(unquoted(option), ` ${unquoted(option).value?.text ?? ''}`)),
  osf: (options) => options.map(unquoted),
  policy: settlePolicy,
  rateest: settleRateest,
  recent: settleRecent,
  rt: withoutFullRanges(0xffff_ffff),
  set: renamed('--set', '--match-set'),
  srh: settleSrh,
  string: settleString,
  tcp: settleTcp,
  time: settleTime,
  udp: settlePorts,
};

/** A match with its options as iptables-save prints them; undefined where it prints none of it. */
export function settleMatch(name: string, options: Options, family: Family): ExtensionMeaning | undefined {
  const settle = matchRules[name];
  const settled = settle === undefined ? options : settle(options, family);
  // A negation of all ports vanishes in the nft back end, and the match with it. So do flags of which none is looked at.
  const vanished =
    (name === 'tcp' || name === 'udp') &&
    settled.length === 0 &&
    options.some(({ negated, value }) => negated || value?.type === 'tcp-flags');
  return vanished ? undefined : { name, options: settled };
}
