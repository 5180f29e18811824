import { drawingText } from '../../../server/src/base/safe-text.ts';
import { edgeLines, nodeFacts } from '../model/describe.ts';
import { portFoldOf } from '../model/fold-ports.ts';
import { kindName } from '../model/format.ts';
import type { GraphIndex } from '../model/graph-index.ts';
import { routeFacts, routeLine } from '../model/routes.ts';
import type { Target } from './target.ts';

export interface TooltipText {
  readonly title: string;
  readonly lines: readonly string[];
}

const mostRules = 3;

/** What to say about what the pointer is on: the rules of an edge, or a node with its Pod and the rules that lead to it. */
export function tooltipOf(index: GraphIndex, target: Target): TooltipText {
  if (target.kind === 'edge') {
    const ends = [target.drawn.from, target.drawn.to].map((id) => drawingText(index.nodes.get(id)?.label ?? ''));
    return { title: ends.filter((name) => name !== '').join(' → '), lines: edgeLines(index, target.edges) };
  }
  const { node, group } = target.box;
  if (group !== null) return { title: drawingText(group.label), lines: [drawingText(group.detail)] };
  if (node === null) return { title: '', lines: [] };
  const ports = portFoldOf(node);
  const rules = index.in(node.id).filter((edge) => edge.rule !== undefined && edge.rule !== null);
  return {
    title: drawingText(node.label),
    lines: [
      kindName(node.kind),
      ...(ports === null ? [] : [ports.isOpen ? 'A click draws the ports that are alike as one' : 'A click draws each port']),
      ...nodeFacts(node).map((fact) => `${fact.term}: ${fact.text}`),
      ...routeFacts(index.graph)
        .filter((route) => route.entry === node.id)
        .map(routeLine),
      ...edgeLines(index, rules.slice(0, mostRules)),
    ],
  };
}
