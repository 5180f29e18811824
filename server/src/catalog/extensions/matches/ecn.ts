/** The match ecn. Source: iptables-extensions(8) and libxt_ecn.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { fault } from '../../values/values.ts';
import { anyOption, hasGiven } from '../support/given.ts';
import { listedAs } from '../support/listed.ts';

export const ecnMatch: ExtensionData = {
  name: 'ecn',
  help: 'Explicit congestion notification in the IP and TCP headers.',
  options: [
    { long: '--ecn-tcp-ece', negatable: true, help: 'The TCP flag ECE is set.' },
    { long: '--ecn-tcp-cwr', negatable: true, help: 'The TCP flag CWR is set.' },
    { long: '--ecn-ip-ect', value: { type: 'uint', bits: 8, max: 3 }, negatable: true, help: 'The two bits in the IP header.' },
  ],
  check: anyOption('ECN match: some option required'),
  kernelCheck: (given) =>
    (hasGiven(given, '--ecn-tcp-ece') || hasGiven(given, '--ecn-tcp-cwr')) && (given.protocol !== 6 || given.protocolNegated)
      ? fault('needs-protocol', 'the kernel refuses TCP flags of ecn without -p tcp')
      : undefined,
  listed: {
    opening: 'ECN match',
    options: [listedAs('--ecn-tcp-ece', '~ECE'), listedAs('--ecn-tcp-cwr', '~CWR'), listedAs('--ecn-ip-ect', '~ECT=(\\d)')],
  },
};
