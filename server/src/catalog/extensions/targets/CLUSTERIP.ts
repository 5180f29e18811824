/** The target CLUSTERIP. Source: iptables-extensions(8) and libipt_CLUSTERIP.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData, GivenOptions } from '../../extension.ts';
import { mac, uint32 } from '../../values/value-kinds.ts';
import type { ValueFault } from '../../values/values.ts';
import { hasGiven, missingOption } from '../support/given.ts';
import { anyWord, listedAs } from '../support/listed.ts';

function check(given: GivenOptions): ValueFault | undefined {
  const isWhole = hasGiven(given, '--new')
    ? ['--hashmode', '--clustermac', '--total-nodes', '--local-node'].every((long) => hasGiven(given, long))
    : given.all.length === 0;
  return isWhole ? undefined : missingOption('CLUSTERIP target: Invalid parameter combination');
}

export const clusteripTarget: ExtensionData = {
  name: 'CLUSTERIP',
  families: ['ipv4'],
  help: 'A cluster of nodes that share an IP and a MAC address.',
  options: [
    { long: '--new', help: 'Make the cluster address.' },
    {
      long: '--hashmode',
      value: { type: 'enum', values: ['sourceip', 'sourceip-sourceport', 'sourceip-sourceport-destport'] },
      help: 'What decides which node answers.',
    },
    { long: '--clustermac', value: mac, help: 'The shared MAC address.' },
    { long: '--total-nodes', value: { type: 'uint', bits: 16, max: 16 }, help: 'How many nodes there are.' },
    { long: '--local-node', value: { type: 'uint', bits: 16, max: 16 }, help: 'The number of this one.' },
    { long: '--hash-init', value: uint32, help: 'The seed of the hash.' },
  ],
  check,
  listed: {
    opening: 'CLUSTERIP',
    options: [
      listedAs('--hashmode', `hashmode=${anyWord}`),
      listedAs('--clustermac', `clustermac=${anyWord}`),
      listedAs('--total-nodes', 'total_nodes=(\\d+)'),
      listedAs('--local-node', 'local_node=(\\d+)'),
      listedAs('--hash-init', 'hash_init=(\\d+)'),
    ],
  },
};
