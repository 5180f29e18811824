/** What the matches of protocols with ports have in common. */
import type { GivenOptions, ListedOption, Normalize, NormalizedOption, OptionData } from '../../extension.ts';
import type { ValueKind } from '../../types.ts';
import { readGiven } from './given.ts';
import { listedAs } from './listed.ts';
import { isFullRange } from './normalized.ts';

// iptables 1.4.12 to 1.4.20 print no blank before "flags:".
const ports = '((?:(?!flags:)\\S)+)';

/** --sport and --dport, whose values are read so. */
export function portOptions(value: ValueKind): readonly OptionData[] {
  return ['source', 'destination'].map((side) => {
    const short = `--${side.charAt(0)}port`;
    const help = `The ${side} port or a range.`;
    return { long: `--${side}-port`, aliases: [short], saved: short, value, negatable: true, help };
  });
}

/** "tcp spts:1:2 dpt:!80" */
export const listedPorts: readonly ListedOption[] = [
  listedAs('--source-port', `spts?:~${ports}`),
  listedAs('--destination-port', `dpts?:~${ports}`),
];

/** Whether some packets have other ports than these; a negation counts, whatever it negates. */
export function narrowsPorts(given: GivenOptions): boolean {
  return given.all.some((option) => {
    if (option.negation !== undefined) return true;
    const value = readGiven(given, option);
    return value?.type === 'ports' && value.ranges.some(({ from, to }) => from !== 0 || to !== 65535);
  });
}

/** The nft back end has no ranges from 0 that are negated: it takes those that begin behind them. */
function withoutNegatedStart(option: NormalizedOption): NormalizedOption {
  const range = option.value?.type === 'ports' ? option.value.ranges[0] : undefined;
  if (!option.negated || range === undefined || range.from !== 0 || range.to === 0) return option;
  const from = range.to + 1;
  const text = from === 65535 ? '65535' : `${from}:65535`;
  return { name: option.name, negated: false, value: { type: 'ports', ranges: [{ from, to: 65535 }], text } };
}

/**
 * Ports of tcp and udp as they are printed: all of them are not. Undefined for a negation of all ports and nothing else: it vanishes in the nft back
 * end, and the match with it.
 */
export const normalizePorts: Normalize = (options, { backend }) => {
  const narrowed = options.filter((option) => !isFullRange(option, 65535));
  if (backend === 'legacy') return narrowed;
  return narrowed.length === 0 && options.some(({ negated }) => negated) ? undefined : narrowed.map(withoutNegatedStart);
};
