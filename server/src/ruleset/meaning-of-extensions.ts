/**
 * What each extension makes of its options before iptables-save prints them: defaults, options that are short for others, values that say nothing.
 * Source: the `save` functions of iptables 1.8.9's extensions, and runs of them.
 */

import { printNetwork } from '../catalog/addresses.ts';
import { ewmaLog } from '../catalog/final-checks.ts';
import { findMatch, findTarget } from '../catalog/lookup.ts';
import { printTos } from '../catalog/read-names.ts';
import { isPrintable, printPattern } from '../catalog/read-programs.ts';
import { printByteBurst, printDuration } from '../catalog/read-rates.ts';
import { endOfTime, otherMonthdays, otherWeekdays } from '../catalog/read-time.ts';
import type { ExtensionSpec, Family } from '../catalog/types.ts';
import { dscpClasses } from '../catalog/value-kinds.ts';
import type { ExtensionMeaning, OptionMeaning } from './meaning.ts';

type Options = readonly OptionMeaning[];
type Settle = (options: Options, family: Family) => Options;

function flag(name: string): OptionMeaning {
  return { name, negated: false, value: undefined };
}

function number(name: string, value: number, text = `${value}`): OptionMeaning {
  return { name, negated: false, value: { type: 'number', value, text } };
}

function word(name: string, text: string): OptionMeaning {
  return { name, negated: false, value: { type: 'words', words: [text], text } };
}

function find(options: Options, name: string): OptionMeaning | undefined {
  return options.find((option) => option.name === name);
}

function numberOf(option: OptionMeaning | undefined): number | undefined {
  const value = option?.value;
  return value?.type === 'number' ? value.value : undefined;
}

function without(options: Options, ...names: readonly string[]): Options {
  return options.filter(({ name }) => !names.includes(name));
}

/** The options in this order; those that it does not name stay behind the others. */
function ordered(options: readonly (OptionMeaning | undefined)[], order: readonly string[]): Options {
  const place = (option: OptionMeaning): number => {
    const index = order.indexOf(option.name);
    return index < 0 ? order.length : index;
  };
  return options.filter((option) => option !== undefined).sort((one, other) => place(one) - place(other));
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

function markOption(name: string, value: number, mask: number, text = `${hex(value)}/${hex(mask)}`): OptionMeaning {
  return { name, negated: false, value: { type: 'mark', value, mask, text } };
}

function replaceText(option: OptionMeaning, text: string): OptionMeaning {
  return option.value === undefined ? option : { ...option, value: { ...option.value, text } };
}

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

const settleDscp =
  (name: '--dscp' | '--set-dscp'): Settle =>
  (options) =>
    options.map((option) => {
      if (option.name !== `${name}-class` || option.value?.type !== 'words') return option;
      const value = dscpClasses[option.value.text] ?? 0;
      return { ...number(name, value, `0x${value.toString(16).padStart(2, '0')}`), negated: option.negated };
    });

/** A mark operation as the one that all of them are short for: clear the bits of the mask, then flip those of the value. */
function asSetXmark(option: OptionMeaning): OptionMeaning | undefined {
  const value = option.value;
  if (value === undefined) return undefined;
  const bits = value.type === 'mark' || value.type === 'number' ? value.value : undefined;
  if (bits === undefined) return undefined;
  const inverse = (bits ^ 0xffff_ffff) >>> 0;
  switch (option.name) {
    case '--set-xmark':
      return markOption('--set-xmark', bits, value.type === 'mark' ? value.mask : 0xffff_ffff);
    case '--set-mark':
      return markOption('--set-xmark', bits, value.type === 'mark' ? (value.mask | bits) >>> 0 : 0xffff_ffff);
    case '--and-mark':
      return markOption('--set-xmark', 0, inverse);
    case '--or-mark':
      return markOption('--set-xmark', bits, bits);
    case '--xor-mark':
      return markOption('--set-xmark', bits, 0);
    default:
      return undefined;
  }
}

const settleMark: Settle = (options) => options.map((option) => asSetXmark(option) ?? option);

const settleConnmark: Settle = (options) => {
  const mask = numberOf(find(options, '--mask')) ?? numberOf(find(options, '--ctmask'));
  const nfMask = numberOf(find(options, '--nfmask')) ?? numberOf(find(options, '--mask')) ?? 0xffff_ffff;
  const ctMask = mask ?? 0xffff_ffff;
  // Of two shifts the last one typed counts.
  const shift = options.findLast(({ name }) => name.endsWith('-shift-mark'));
  const kept = without(options, '--mask', '--nfmask', '--ctmask', '--left-shift-mark', '--right-shift-mark');
  return [...kept, ...(shift === undefined ? [] : [shift])].flatMap((option) => {
    if (option.name === '--save-mark' || option.name === '--restore-mark')
      return [option, number('--nfmask', nfMask, hex(nfMask)), number('--ctmask', ctMask, hex(ctMask))];
    const set = asSetXmark(option);
    if (set === undefined) return [option];
    return mask === undefined || set.value?.type !== 'mark' ? [set] : [markOption('--set-xmark', set.value.value, mask)];
  });
};

const settleTosTarget: Settle = (options) =>
  options.map((option) => {
    const value = option.value;
    if (value?.type !== 'number') return option;
    const bits = value.value;
    const mask = option.name === '--and-tos' ? ~bits & 0xff : option.name === '--or-tos' ? bits : 0;
    const set = option.name === '--and-tos' ? 0 : bits;
    return markOption('--set-tos', set, mask, printTos(set, mask));
  });

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

/** Some names are printed without quotes, whatever they hold. */
function unquoted(option: OptionMeaning): OptionMeaning {
  return option.value?.type === 'text' ? replaceText(option, option.value.raw) : option;
}

function quoted(option: OptionMeaning): OptionMeaning {
  return option.value?.type === 'text' ? replaceText(option, `"${option.value.raw}"`) : option;
}

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

const settleNetmap: Settle = (options) =>
  options.map((option) => {
    const value = option.value;
    if (value?.type !== 'network') return option;
    return replaceText(option, printNetwork(value.network));
  });

function text(name: string, raw: string): OptionMeaning {
  return { name, negated: false, value: { type: 'text', raw, text: raw } };
}

const settleTproxy: Settle = (options, family) => [
  ...options.filter(({ name }) => name === '--on-port'),
  find(options, '--on-ip') ?? text('--on-ip', family === 'ipv4' ? '0.0.0.0' : '::'),
  tproxyMark(find(options, '--tproxy-mark')),
];

function tproxyMark(option: OptionMeaning | undefined): OptionMeaning {
  const value = option?.value;
  return value?.type === 'mark'
    ? markOption('--tproxy-mark', value.value, value.mask)
    : (option ?? markOption('--tproxy-mark', 0, 0));
}

const settleReject: Settle = (options, family) => {
  const answer = family === 'ipv4' ? 'icmp-port-unreachable' : 'icmp6-port-unreachable';
  return options.length > 0
    ? options
    : [{ name: '--reject-with', negated: false, value: { type: 'words', words: [answer], text: answer } }];
};

const settleNfqueue: Settle = (options) =>
  find(options, '--queue-num') === undefined && find(options, '--queue-balance') === undefined
    ? [number('--queue-num', 0), ...options]
    : options;

const settleNflog: Settle = (options) =>
  options.filter((option) => {
    switch (option.name) {
      case '--nflog-group':
        return numberOf(option) !== 0;
      case '--nflog-threshold':
        return numberOf(option) !== 0;
      // It never did anything, and the nft back end forgets it.
      case '--nflog-range':
        return false;
      default:
        return true;
    }
  });

const rateestOrder = [
  '--rateest-delta',
  '--rateest1',
  '--rateest-bps1',
  '--rateest-pps1',
  '--rateest-lt',
  '--rateest-gt',
  '--rateest-eq',
  '--rateest-bps2',
  '--rateest-pps2',
  '--rateest2',
];

/** One estimator is compared with a number, or two with each other; the option names differ by that. */
const settleRateest: Settle = (options) => {
  const isRelative = find(options, '--rateest2') !== undefined;
  const isDelta = find(options, '--rateest-delta') !== undefined;
  return ordered(options, rateestOrder).map((option) => {
    const plain = unquoted(option);
    if (plain.name === '--rateest1' && !isRelative) return { ...plain, name: '--rateest' };
    return !isDelta && /^--rateest-[bp]ps[12]$/.test(plain.name) ? { ...plain, name: plain.name.slice(0, -1) } : plain;
  });
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

function savedNames(extension: ExtensionSpec | undefined): readonly string[] {
  return extension?.options.map(({ saved }) => saved) ?? [];
}

/** The tuple is short for masks of all ones. */
const settleHmark: Settle = (options, family) => {
  const tuple = find(options, '--hmark-tuple')?.value;
  if (tuple?.type !== 'words') return options;
  const bits = family === 'ipv4' ? 32 : 128;
  const full: Readonly<Record<string, OptionMeaning>> = {
    src: number('--hmark-src-prefix', bits),
    dst: number('--hmark-dst-prefix', bits),
    sport: number('--hmark-sport-mask', 0xffff, '0xffff'),
    dport: number('--hmark-dport-mask', 0xffff, '0xffff'),
    spi: number('--hmark-spi-mask', 0xffff_ffff, '0xffffffff'),
  };
  const implied = tuple.words.flatMap((word) => full[word] ?? []);
  const kept = options.filter((option) => option.name !== '--hmark-tuple' || tuple.words.includes('ct'));
  return ordered(
    [...implied, ...kept].map((option) =>
      option.name === '--hmark-tuple' ? { ...option, value: { type: 'words', words: ['ct'], text: 'ct' } } : option,
    ),
    savedNames(findTarget('HMARK')),
  );
};

/** Both are kept as powers of two: of a quarter of a second, and of the interval. */
const settleRateestTarget: Settle = (options) => {
  const interval = numberOf(find(options, '--rateest-interval')) ?? 0;
  let kept = 250_000;
  while (kept < interval && kept < 8_000_000) kept *= 2;
  const log = ewmaLog(interval, numberOf(find(options, '--rateest-ewmalog')) ?? 0) ?? 1;
  const average = kept * 2 ** log;
  return options.map((option) => {
    if (option.name === '--rateest-interval') return number(option.name, kept, printDuration(kept));
    if (option.name === '--rateest-ewmalog') return number(option.name, average, printDuration(average));
    return unquoted(option);
  });
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

const targetRules: Readonly<Record<string, Settle>> = {
  CONNMARK: settleConnmark,
  CT: (options) => options.filter((option) => !option.name.startsWith('--zone') || numberOf(option) !== 0),
  DSCP: settleDscp('--set-dscp'),
  HMARK: settleHmark,
  IDLETIMER: (options) => options.map(unquoted),
  LED: (options) => options.map(quoted),
  LOG: (options) => options.filter((option) => option.name !== '--log-level' || numberOf(option) !== 4),
  MARK: settleMark,
  NETMAP: settleNetmap,
  NFLOG: settleNflog,
  NFQUEUE: settleNfqueue,
  RATEEST: settleRateestTarget,
  REJECT: settleReject,
  TCPMSS: (options) => (find(options, '--clamp-mss-to-pmtu') === undefined ? options : without(options, '--set-mss')),
  TEE: (options) => options.map(unquoted).filter(({ value }) => value?.text !== ''),
  TOS: settleTosTarget,
  TPROXY: settleTproxy,
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

/** A target with its options as iptables-save prints them. */
export function settleTarget(name: string, options: Options, family: Family): ExtensionMeaning {
  const settle = targetRules[name];
  return { name, options: settle === undefined ? options : settle(options, family) };
}
