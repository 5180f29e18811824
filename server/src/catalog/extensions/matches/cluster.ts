/** The match cluster. Source: iptables-extensions(8) of iptables 1.8.9, its libxt_cluster.c or kin, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { listedAs } from '../support/listed.ts';

export const clusterMatch: ExtensionData = {
  name: 'cluster',
  help: 'Which node of a cluster of gateways takes the connection, by a hash of its source.',
  options: [
    {
      long: '--cluster-local-node',
      value: { type: 'uint', bits: 32, min: 1, max: 32 },
      negatable: true,
      excludes: ['--cluster-local-nodemask'],
      help: 'The number of this node.',
    },
    {
      long: '--cluster-local-nodemask',
      value: { type: 'uint', bits: 32, min: 1, max: 32 },
      negatable: true,
      excludes: ['--cluster-local-node'],
      help: 'The numbers of this node as a mask.',
    },
    {
      long: '--cluster-total-nodes',
      value: { type: 'uint', bits: 32, min: 1, max: 32 },
      mandatory: true,
      help: 'How many nodes there are.',
    },
    {
      long: '--cluster-hash-seed',
      value: { type: 'uint', bits: 32, print: 'hex8' },
      mandatory: true,
      help: 'The seed of the hash, the same on every node.',
    },
  ],
  listed: {
    opening: 'cluster',
    options: [
      listedAs('--cluster-local-nodemask', '~node_mask=(\\S+)'),
      listedAs('--cluster-total-nodes', 'total_nodes=(\\S+)'),
      listedAs('--cluster-hash-seed', 'hash_seed=(\\S+)'),
    ],
  },
};
