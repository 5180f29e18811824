/** The match ipvs. Source: iptables-extensions(8) and libxt_ipvs.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData, GivenOptions } from '../../extension.ts';
import { network, port, protocol } from '../../values/value-kinds.ts';
import { fault, type ValueFault } from '../../values/values.ts';
import { findGiven, missingOption } from '../support/given.ts';
import { anyWord, listedAs } from '../support/listed.ts';

function check(given: GivenOptions): ValueFault | undefined {
  if (given.all.length === 0) return missingOption('IPVS: At least one option is required');
  return findGiven(given, '--ipvs')?.negation !== undefined && given.all.length > 1
    ? fault('excluded-option', '! --ipvs cannot be together with other options')
    : undefined;
}

export const ipvsMatch: ExtensionData = {
  name: 'ipvs',
  help: 'What IPVS knows of the connection.',
  options: [
    { long: '--ipvs', negatable: true, help: 'It belongs to IPVS.' },
    { long: '--vproto', value: protocol, negatable: true, help: 'The protocol of the virtual service.' },
    { long: '--vaddr', value: network, negatable: true, help: 'The address of the virtual service.' },
    { long: '--vport', value: port, negatable: true, help: 'The port of the virtual service.' },
    {
      long: '--vdir',
      value: { type: 'enum', values: ['ORIGINAL', 'REPLY'], ignoreCase: true },
      help: 'The direction of the packet.',
    },
    {
      long: '--vmethod',
      value: { type: 'enum', values: ['GATE', 'IPIP', 'MASQ'], ignoreCase: true },
      negatable: true,
      help: 'How IPVS forwards it.',
    },
    { long: '--vportctl', value: port, negatable: true, help: 'The port of the controlling connection, 21 for FTP.' },
  ],
  check,
  listed: {
    opening: '',
    options: [
      listedAs('--vproto', '~vproto (\\d+)'),
      listedAs('--vaddr', `~vaddr ${anyWord}`),
      listedAs('--vportctl', '~vportctl (\\d+)'),
      listedAs('--vport', '~vport (\\d+)'),
      listedAs('--vdir', 'vdir (ORIGINAL|REPLY)'),
      listedAs('--vmethod', '~vmethod (GATE|IPIP|MASQ)'),
      listedAs('--ipvs', '~ipvs'),
    ],
  },
};
