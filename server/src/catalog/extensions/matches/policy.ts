/** The match policy. Source: iptables-extensions(8) of iptables 1.8.9, its libxt_policy.c or kin, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { hex32, network, protocol, uint32 } from '../../values/value-kinds.ts';
import { anyWord, listedAs } from '../support/listed.ts';

const ipsecProtocols: Readonly<Record<string, string>> = { '50': 'esp', '51': 'ah', '108': 'ipcomp' };

export const policyMatch: ExtensionData = {
  name: 'policy',
  help: 'The IPsec policy that the packet came under or will come under.',
  options: [
    {
      long: '--dir',
      value: { type: 'enum', values: ['in', 'out'] },
      help: 'The policy of decapsulation (in) or of encapsulation (out).',
    },
    { long: '--pol', value: { type: 'enum', values: ['none', 'ipsec'] }, help: 'Whether IPsec applies.' },
    { long: '--strict', help: 'The whole policy must match, element by element.' },
    { long: '--reqid', value: uint32, negatable: true, repeatable: true, help: 'The request id of the element.' },
    { long: '--spi', value: hex32, negatable: true, repeatable: true, help: 'The security parameters index of the element.' },
    {
      long: '--proto',
      value: protocol,
      negatable: true,
      repeatable: true,
      help: 'The protocol of the element: ah, esp or ipcomp.',
    },
    {
      long: '--mode',
      value: { type: 'enum', values: ['transport', 'tunnel'] },
      negatable: true,
      repeatable: true,
      help: 'The mode of the element.',
    },
    { long: '--tunnel-src', value: network, negatable: true, repeatable: true, help: 'The source of the tunnel.' },
    { long: '--tunnel-dst', value: network, negatable: true, repeatable: true, help: 'The destination of the tunnel.' },
    { long: '--next', repeatable: true, requires: ['--strict'], help: 'What follows is about the next element.' },
  ],
  listed: {
    opening: 'policy match',
    options: [
      listedAs('--dir', 'dir (in|out)'),
      listedAs('--pol', 'pol (ipsec|none)'),
      listedAs('--strict', 'strict'),
      listedAs('', '\\[0\\]'),
      listedAs('--next', '\\[[1-9]\\]'),
      listedAs('--reqid', `~reqid ${anyWord}`),
      listedAs('--spi', `~spi ${anyWord}`),
      listedAs('--proto', '~proto (\\d+)', ([number = '']) => [ipsecProtocols[number] ?? number]),
      listedAs('--mode', `~mode ${anyWord}`),
      listedAs('--tunnel-dst', `~tunnel-dst ${anyWord}`),
      listedAs('--tunnel-src', `~tunnel-src ${anyWord}`),
    ],
  },
};
