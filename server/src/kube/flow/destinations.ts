/** Where packets end, by where they come from. */
import type { FlowContext } from './context.ts';
import { rounded } from './edges.ts';
import type { FlowOrigin, FlowRoute } from './graph.ts';
import type { CollectedNode, CollectedPaths } from './path-collector.ts';

const equal = 1e-9;

function endsOf(ends: readonly CollectedNode[], sample: number): Readonly<Record<string, number>> {
  const shares: Record<string, number> = {};
  for (const node of ends) {
    const weight = node.weights[sample] ?? 0;
    if (weight > 0) shares[node.id] = rounded(weight);
  }
  return shares;
}

/**
 * The routes of a flow, an entry after the other; of each first the one that stands for it in the nodes' shares.
 * @param masqueraded by sample, the share of its packets that get another source
 */
export function routesOf(context: FlowContext, collected: CollectedPaths, masqueraded: readonly number[]): readonly FlowRoute[] {
  const ends = [...collected.nodes.values()].filter((node) => node.end !== null);
  const routes: FlowRoute[] = [];
  for (const { id } of context.entries) {
    const primary = context.primary.get(id);
    if (primary === undefined) continue;
    const groups: { readonly sample: number; readonly origins: FlowOrigin[] }[] = [{ sample: primary, origins: [] }];
    for (const [index, sample] of context.samples.entries()) {
      if (sample.entry !== id) continue;
      const alike = groups.find((group) =>
        ends.every((node) => Math.abs((node.weights[index] ?? 0) - (node.weights[group.sample] ?? 0)) < equal),
      );
      const source: FlowOrigin = { words: sample.source.words, masqueraded: rounded(masqueraded[index] ?? 0) };
      if (alike === undefined) groups.push({ sample: index, origins: [source] });
      else alike.origins.push(source);
    }
    for (const { sample, origins } of groups) {
      routes.push({ entry: id, origins, ends: sample === primary ? null : endsOf(ends, sample) });
    }
  }
  return routes;
}
