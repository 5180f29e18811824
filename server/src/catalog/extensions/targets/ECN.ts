/** The target ECN. Source: iptables-extensions(8) and libipt_ECN.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData, Normalize } from '../../extension.ts';
import type { ValueKind } from '../../types.ts';
import { fault } from '../../values/values.ts';
import { anyOption } from '../support/given.ts';
import { listedAs } from '../support/listed.ts';
import { flagOption, numberOf, numberOption } from '../support/normalized.ts';

const bit: ValueKind = { type: 'uint', bits: 8, max: 1 };

/** What --ecn-tcp-remove says is kept as two bits, and it takes back what stands in front of it; alone these two are printed as it. */
const normalize: Normalize = (options) => {
  let bits = new Map<string, number>();
  for (const option of options) {
    const value = numberOf(option);
    if (option.name === '--ecn-tcp-remove') {
      bits = new Map([
        ['--ecn-tcp-ece', 0],
        ['--ecn-tcp-cwr', 0],
      ]);
    } else if (value === undefined) return options;
    else bits.set(option.name, value);
  }
  const isRemoval = bits.size === 2 && bits.get('--ecn-tcp-ece') === 0 && bits.get('--ecn-tcp-cwr') === 0;
  if (isRemoval) return [flagOption('--ecn-tcp-remove')];
  return savedOrder.flatMap((name) => {
    const value = bits.get(name);
    return value === undefined ? [] : [numberOption(name, value)];
  });
};

const savedOrder = ['--ecn-tcp-ece', '--ecn-tcp-cwr', '--ecn-ip-ect'];

export const ecnTarget: ExtensionData = {
  name: 'ECN',
  families: ['ipv4'],
  tables: ['mangle'],
  help: 'Takes explicit congestion notification off.',
  options: [
    { long: '--ecn-tcp-remove', excludes: ['--ecn-tcp-cwr', '--ecn-tcp-ece'], help: 'Clear both TCP flags.' },
    { long: '--ecn-tcp-cwr', value: bit, excludes: ['--ecn-tcp-remove'], help: 'Set the TCP flag CWR to 0 or 1.' },
    { long: '--ecn-tcp-ece', value: bit, excludes: ['--ecn-tcp-remove'], help: 'Set the TCP flag ECE to 0 or 1.' },
    { long: '--ecn-ip-ect', value: { type: 'uint', bits: 8, max: 3 }, help: 'Set the two bits in the IP header.' },
  ],
  check: anyOption('ECN target: An operation is required'),
  kernelCheck: (given) =>
    given.all.some(({ name }) => name.startsWith('--ecn-tcp')) && (given.protocol !== 6 || given.protocolNegated)
      ? fault('needs-protocol', 'the kernel refuses TCP flags of ECN without -p tcp')
      : undefined,
  normalize,
  orderCounts: true,
  listed: {
    opening: '',
    options: [
      listedAs('--ecn-tcp-remove', 'ECN TCP remove'),
      listedAs('', 'ECN'),
      listedAs('--ecn-tcp-ece', 'ECE=(\\d)'),
      listedAs('--ecn-tcp-cwr', 'CWR=(\\d)'),
      listedAs('--ecn-ip-ect', 'ECT codepoint=(\\d)'),
    ],
  },
};
