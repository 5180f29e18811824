/** What the matches of protocols with ports have in common. */
import type { ListedOption, NormalizedOption } from '../../extension.ts';
import { listedAs } from './listed.ts';

// iptables 1.4.12 to 1.4.20 print no blank before "flags:".
const ports = '((?:(?!flags:)\\S)+)';

import { isFullRange } from './normalized.ts';

/** "tcp spts:1:2 dpt:!80" */
export const listedPorts: readonly ListedOption[] = [
  listedAs('--source-port', `spts?:~${ports}`),
  listedAs('--destination-port', `dpts?:~${ports}`),
];

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
export function normalizePorts(options: readonly NormalizedOption[]): readonly NormalizedOption[] | undefined {
  const normalized = options.filter((option) => !isFullRange(option, 65535)).map(withoutNegatedStart);
  return normalized.length === 0 && options.some(({ negated }) => negated) ? undefined : normalized;
}
