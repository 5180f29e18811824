import type { NodeRecord } from '../../cluster/objects.ts';
import { guessNode } from '../drift/node.ts';
import type { Resolution } from '../identity/resolve.ts';

const known = new WeakMap<Resolution, { readonly node: NodeRecord | null }>();

/** The node that a ruleset was taken from, told by what its rules treat as local; null where they do not tell, or the cluster does not have it. */
export function dumpNode(resolution: Resolution): NodeRecord | null {
  let answer = known.get(resolution);
  if (answer === undefined) {
    const { ruleset, cluster } = resolution;
    const names = ruleset.dumps.map((dump) => guessNode(ruleset, dump, cluster, '').node);
    answer = { node: cluster.node(names.find((name) => name !== '') ?? '') ?? null };
    known.set(resolution, answer);
  }
  return answer.node;
}
