/** What a layout is made of: the boxes, edges and frames of a drawing at their places, in pixels, and what it is made by. */
import type { FlowEdge, FlowNode } from '../../../server/src/kube/flow/graph.ts';
import type { GraphIndex } from '../model/graph-index.ts';
import type { Arrangement, EndpointGroup, Grouping } from '../model/groups.ts';
import type { BoxContent } from './box-content.ts';
import { estimateWidth, type Measure } from './text-metrics.ts';

/** A node of the graph, or a group of endpoints. */
export interface Box {
  /** The node's or the group's id. */
  readonly id: string;
  readonly node: FlowNode | null;
  readonly group: EndpointGroup | null;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly content: BoxContent;
  /** Boxes of one column have one number; in an outline, boxes of one depth. */
  readonly column: number;
  /** The id of what a click opens or closes, on a map; absent where it opens nothing, or a group of endpoints. */
  readonly opens?: string;
  /** What a click asks the flow of, where no node of the graph says it. */
  readonly enters?: string;
}

/** What says at an edge when a packet goes there: a rule's share, condition and counter. */
export interface EdgeLabel {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly lines: readonly { readonly text: string; readonly tone: 'main' | 'counter' | 'warning' }[];
  /** The rules it speaks for, in order. */
  readonly edges: readonly FlowEdge[];
}

/** All edges from a box to another, drawn as one line. */
export interface DrawnEdge {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly edges: readonly FlowEdge[];
  /** An SVG path. */
  readonly path: string;
  /** The path from the very box that it comes from, where `path` begins on a rail that others share. */
  readonly wholePath?: string;
  readonly labels: readonly EdgeLabel[];
  /** From its top to its bottom, labels aside, to find out what is in view. */
  readonly top: number;
  readonly bottom: number;
}

/** A cluster's node around its Pods, or an open group around its endpoints. */
export interface Frame {
  readonly id: string;
  readonly kind: 'host' | 'group';
  /** "node-a"; empty for a group, whose head is a box. */
  readonly label: string;
  readonly detail: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Heading {
  readonly text: string;
  readonly x: number;
  readonly width: number;
}

export interface Layout {
  readonly form: 'columns' | 'outline';
  readonly boxes: readonly Box[];
  readonly edges: readonly DrawnEdge[];
  readonly frames: readonly Frame[];
  /** The columns' names, to be shown above them; none in an outline. */
  readonly headings: readonly Heading[];
  readonly width: number;
  readonly height: number;
  readonly arrangement: Arrangement;
  /** The graph that is drawn, where ports that are alike are folded into one; absent where it is all of the graph. */
  readonly drawn?: GraphIndex;
  /** The id of the box that a node is folded into, by the node's; absent where only groups fold. */
  foldedInto?(id: string): string | undefined;
}

export interface LayoutOptions {
  readonly measure: Measure;
  /** Null: the best for the graph. */
  readonly grouping: Grouping | null;
  /** Ids of open groups, and of ports that are drawn apart; on a map, of what is not as it is from the start. */
  readonly open: ReadonlySet<string>;
  /** Ids of the endpoints and Pods, or of a map's Services, that a filter lets through; null: all. */
  readonly keep: ReadonlySet<string> | null;
  /** Columns from left to right, or one below the other with an indent, for where there is little width. */
  readonly form: 'columns' | 'outline';
  /** The width that columns should keep to if they can, and an outline has; null: as much as the text needs. */
  readonly room: number | null;
}

/** The options of a drawing that nobody looks at in a window: everything in columns, groups closed, no filter. */
export const plainOptions: LayoutOptions = {
  measure: estimateWidth,
  grouping: null,
  open: new Set(),
  keep: null,
  form: 'columns',
  room: null,
};

/** The space above and left of everything. */
export const margin = 16;
