/** The target ECN. Source: iptables-extensions(8) and libipt_ECN.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import type { ValueKind } from '../../types.ts';
import { fault } from '../../values/values.ts';
import { anyOption } from '../support/given.ts';
import { listedAs } from '../support/listed.ts';

const bit: ValueKind = { type: 'uint', bits: 8, max: 1 };

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
