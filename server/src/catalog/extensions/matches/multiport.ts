/** The match multiport. Source: iptables-extensions(8) and libxt_multiport.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData, GivenOptions } from '../../extension.ts';
import { multiport } from '../../values/value-kinds.ts';
import { fault, type ValueFault } from '../../values/values.ts';
import { missingOption, protocolBefore } from '../support/given.ts';
import { anyWord, listedAs } from '../support/listed.ts';

const portProtocols = [6, 17, 132, 33, 136];

/** iptables looks at the protocol when it reads the ports: a -p behind them is too late. */
function check(given: GivenOptions): ValueFault | undefined {
  const { all, protocolNegated } = given;
  if (all.length === 0) return missingOption('multiport expection an option');
  if (protocolNegated) return fault('needs-protocol', 'multiport only works with TCP, UDP, UDPLITE, SCTP and DCCP');
  return all.every((option) => portProtocols.includes(protocolBefore(given, option)))
    ? undefined
    : fault('needs-protocol', "multiport needs `-p tcp', `-p udp', `-p udplite', `-p sctp' or `-p dccp'");
}

export const multiportMatch: ExtensionData = {
  name: 'multiport',
  help: 'Up to 15 ports and port ranges at once; needs -p tcp, udp, udplite, sctp or dccp.',
  options: [
    {
      long: '--source-ports',
      aliases: ['--sports'],
      saved: '--sports',
      value: multiport,
      negatable: true,
      excludes: ['--destination-ports', '--ports'],
      help: 'The source port is one of these.',
    },
    {
      long: '--destination-ports',
      aliases: ['--dports'],
      saved: '--dports',
      value: multiport,
      negatable: true,
      excludes: ['--source-ports', '--ports'],
      help: 'The destination port is one of these.',
    },
    {
      long: '--ports',
      value: multiport,
      negatable: true,
      excludes: ['--source-ports', '--destination-ports'],
      help: 'The source or the destination port is one of these.',
    },
  ],
  check,
  listed: {
    opening: 'multiport',
    options: [
      listedAs('--source-ports', `sports ~${anyWord}`),
      listedAs('--destination-ports', `dports ~${anyWord}`),
      listedAs('--ports', `ports ~${anyWord}`),
    ],
  },
};
