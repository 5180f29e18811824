/** The match cluster. Source: iptables-extensions(8) and libxt_cluster.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData, GivenOptions, Normalize, NormalizedOption } from '../../extension.ts';
import { fault, type ValueFault } from '../../values/values.ts';
import { givenNumber, hasGiven, missingOption } from '../support/given.ts';
import { listedAs } from '../support/listed.ts';
import { numberOf, numberOption } from '../support/normalized.ts';

function check(given: GivenOptions): ValueFault | undefined {
  const node = givenNumber(given, '--cluster-local-node');
  const mask = givenNumber(given, '--cluster-local-nodemask');
  const total = givenNumber(given, '--cluster-total-nodes');
  if (!hasGiven(given, '--cluster-local-node') && !hasGiven(given, '--cluster-local-nodemask'))
    return missingOption("cluster match: `--cluster-local-node' or`--cluster-local-nodemask' is missing");
  if (total === undefined || (node !== undefined && mask !== undefined)) return undefined;
  if (node !== undefined && node > total)
    return fault('bad-number', "cluster match: `--cluster-local-node' must be <= `--cluster-total-nodes'");
  if (mask !== undefined && mask >= 2 ** total)
    return fault('bad-number', "cluster match: `--cluster-local-nodemask' too big for `--cluster-total-nodes'");
  return undefined;
}

const normalize: Normalize = (options) =>
  options.map((option) => {
    const value = numberOf(option);
    if (value === undefined) return option;
    const mask = (bits: number): NormalizedOption => ({
      ...numberOption('--cluster-local-nodemask', bits, `0x${(bits >>> 0).toString(16).padStart(8, '0')}`),
      negated: option.negated,
    });
    if (option.name === '--cluster-local-node') return mask(2 ** (value - 1));
    return option.name === '--cluster-local-nodemask' ? mask(value) : option;
  });

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
  check,
  normalize,
  listed: {
    opening: 'cluster',
    options: [
      listedAs('--cluster-local-nodemask', '~node_mask=(\\S+)'),
      listedAs('--cluster-total-nodes', 'total_nodes=(\\S+)'),
      listedAs('--cluster-hash-seed', 'hash_seed=(\\S+)'),
    ],
  },
};
