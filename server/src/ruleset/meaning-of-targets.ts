/**
 * What each target makes of its options before iptables-save prints them: defaults, options that are short for others, values that say nothing.
 * Source: the `save` functions of iptables 1.8.9's extensions, and runs of them.
 */

import { findTarget } from '../catalog/lookup.ts';
import { ewmaLog } from '../catalog/option-combination-checks.ts';
import type { Family } from '../catalog/types.ts';
import { printNetwork } from '../catalog/values/addresses.ts';
import { printTos } from '../catalog/values/read-names.ts';
import { printDuration } from '../catalog/values/read-rates.ts';
import type { ExtensionMeaning, OptionMeaning } from './meaning.ts';
import {
  find,
  hex,
  markOption,
  number,
  numberOf,
  type Options,
  ordered,
  quoted,
  replaceText,
  type Settle,
  savedNames,
  settleDscp,
  text,
  unquoted,
  without,
} from './option-meanings.ts';

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

const settleNetmap: Settle = (options) =>
  options.map((option) => {
    const value = option.value;
    if (value?.type !== 'network') return option;
    return replaceText(option, printNetwork(value.network));
  });

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

/** A target with its options as iptables-save prints them. */
export function settleTarget(name: string, options: Options, family: Family): ExtensionMeaning {
  const settle = targetRules[name];
  return { name, options: settle === undefined ? options : settle(options, family) };
}
