import { select } from 'd3';
import type { FlowEdge } from '../../../server/src/kube/flow/graph.ts';
import type { Box, DrawnEdge, EdgeLabel } from '../layout/model.ts';

/** What the pointer is on: a box, or the rules that an edge or one of its labels stands for. */
export type Target =
  | { readonly kind: 'box'; readonly box: Box }
  | { readonly kind: 'edge'; readonly edges: readonly FlowEdge[]; readonly drawn: DrawnEdge };

/** A label with the edge that it is at. */
export interface PlacedLabel {
  readonly id: string;
  readonly label: EdgeLabel;
  readonly drawn: DrawnEdge;
}

/** What an event in the drawing is about; null for the ground. */
export function targetOf(event: Event): Target | null {
  const found = event.target instanceof Element ? event.target.closest('[data-what]') : null;
  if (found === null) return null;
  switch (found.getAttribute('data-what')) {
    case 'box':
      return { kind: 'box', box: select<Element, Box>(found).datum() };
    case 'edge': {
      const drawn = select<Element, DrawnEdge>(found).datum();
      return { kind: 'edge', edges: drawn.edges, drawn };
    }
    case 'label': {
      const { label, drawn } = select<Element, PlacedLabel>(found).datum();
      return { kind: 'edge', edges: label.edges, drawn };
    }
    default:
      return null;
  }
}
