import type { FlowEdge, FlowNode } from '../../../server/src/kube/flow/graph.ts';
import type { GraphIndex } from '../model/graph-index.ts';
import { branchesOf, type EndpointGroup, type EndpointRow } from '../model/groups.ts';
import { type BoxContent, boxContent, nameWidth, naturalWidth } from './box-content.ts';
import { bend, elbow } from './edge-path.ts';
import { isIdle, type LabelText, labelsOf } from './merged-edges.ts';
import type { Box, DrawnEdge, LayoutOptions } from './model.ts';

const railInset = 12;
const rowGap = 8;
const podGap = 36;
const pad = 10;

/** What an open group shows below its head, from the head's bottom left; nothing for a closed one. */
export interface GroupParts {
  readonly boxes: readonly Box[];
  /** With the head's bottom left in the drawing, as paths cannot be moved. */
  readonly edges: (x: number, y: number) => readonly DrawnEdge[];
  readonly height: number;
  readonly endpointLeft: number;
  readonly podColumn: { readonly x: number; readonly width: number } | null;
}

interface GroupSize {
  readonly labels: ReadonlyMap<EndpointRow, LabelText | undefined>;
  readonly labelWidth: number;
  readonly endpoint: number;
  readonly pod: number;
  readonly width: number;
}

const nothing: GroupParts = { boxes: [], edges: () => [], height: 0, endpointLeft: 0, podColumn: null };

/** The rule that sends a packet to the endpoint at random, or else the first that sends one. */
function mainEdge(index: GraphIndex, node: FlowNode): FlowEdge | undefined {
  const edges = index.in(node.id);
  return edges.find((edge) => edge.probability !== null) ?? edges[0];
}

/** How wide a group's inside is; a closed group is as wide as its head only. */
export function groupSize(index: GraphIndex, group: EndpointGroup, most: number, options: LayoutOptions): GroupSize {
  const labels = new Map<EndpointRow, LabelText | undefined>();
  let labelWidth = 0;
  let endpoint = 0;
  let pod = 0;
  if (!options.open.has(group.id)) return { labels, labelWidth, endpoint, pod, width: 0 };
  const widthOf = (node: FlowNode, idle: boolean): number =>
    Math.min(naturalWidth(node, idle, options.measure), Math.max(most, nameWidth(node, options.measure)));
  for (const row of group.rows) {
    const edge = mainEdge(index, row.endpoint);
    const label = edge === undefined ? undefined : labelsOf(index, branchesOf([edge], false), 96, options.measure)[0];
    labels.set(row, label);
    labelWidth = Math.max(labelWidth, label?.width ?? 0);
    endpoint = Math.max(endpoint, widthOf(row.endpoint, isIdle(index, row.endpoint)));
    for (const node of row.behind) pod = Math.max(pod, widthOf(node, false));
  }
  const width = railInset + 10 + labelWidth + 14 + endpoint + (pod === 0 ? 0 : podGap + pod) + pad;
  return { labels, labelWidth, endpoint, pod, width };
}

/** Where an open group's columns are, from its left. */
interface GroupColumns {
  readonly left: number;
  readonly endpointWidth: number;
  readonly podLeft: number;
  readonly podWidth: number;
}

/** An endpoint in an open group: the middles of its box and of those behind it, from the head's bottom. */
interface PlacedRow {
  readonly row: EndpointRow;
  readonly y: number;
  readonly pods: readonly { readonly node: FlowNode; readonly y: number }[];
}

/** An open group's endpoints in rule order, each with what is behind it, along a rail on the left. */
export function groupParts(
  index: GraphIndex,
  group: EndpointGroup,
  most: number,
  width: number,
  options: LayoutOptions,
): GroupParts {
  if (!options.open.has(group.id)) return nothing;
  const size = groupSize(index, group, most, options);
  const left = railInset + 10 + size.labelWidth + 14;
  // The column may be wider than this group needs: its boxes take what there is.
  const spare = width - size.width;
  const podWidth = size.pod === 0 ? 0 : size.pod + Math.floor(spare / 2);
  const endpointWidth = size.endpoint + (size.pod === 0 ? spare : Math.ceil(spare / 2));
  const columns: GroupColumns = { left, endpointWidth, podLeft: left + endpointWidth + podGap, podWidth };
  const { boxes, rows, height } = placeRows(index, group, size, columns, options);
  return {
    boxes,
    edges: (x, top) => {
      let above = 0;
      return rows.flatMap((placed) => {
        const edges = [railEdge(index, group, size, columns, placed, x, top, above), ...podEdges(index, columns, placed, x, top)];
        above = placed.y - 7;
        return edges;
      });
    },
    height,
    endpointLeft: left,
    podColumn: podWidth === 0 ? null : { x: columns.podLeft, width: podWidth },
  };
}

function placeRows(
  index: GraphIndex,
  group: EndpointGroup,
  size: GroupSize,
  { left, endpointWidth, podLeft, podWidth }: GroupColumns,
  { measure }: LayoutOptions,
): { readonly boxes: readonly Box[]; readonly rows: readonly PlacedRow[]; readonly height: number } {
  const boxes: Box[] = [];
  const rows: PlacedRow[] = [];
  const place = (node: FlowNode, content: BoxContent, x: number, y: number, width: number, column: number): void => {
    boxes.push({ id: node.id, node, group: null, x, y, width, height: content.height, content, column });
  };
  let y = pad;
  for (const row of group.rows) {
    const own = boxContent(row.endpoint, isIdle(index, row.endpoint), endpointWidth, measure);
    const behind = row.behind.map((node) => ({ node, content: boxContent(node, false, podWidth, measure) }));
    const behindHeight = behind.reduce((sum, { content }) => sum + content.height + rowGap, -rowGap);
    const height = Math.max(own.height, behindHeight, size.labels.get(row)?.height ?? 0);
    const middle = y + height / 2;
    place(row.endpoint, own, left, middle - own.height / 2, endpointWidth, 0);
    let podY = middle - behindHeight / 2;
    const pods = behind.map(({ node, content }) => {
      place(node, content, podLeft, podY, podWidth, 1);
      podY += content.height + rowGap;
      return { node, y: podY - rowGap - content.height / 2 };
    });
    rows.push({ row, y: middle, pods });
    y += height + rowGap;
  }
  return { boxes, rows, height: y - rowGap + pad };
}

/** The piece of the rail from where the row above turned off (`above`), so that what is out of view need not be drawn. */
function railEdge(
  index: GraphIndex,
  group: EndpointGroup,
  size: GroupSize,
  { left }: GroupColumns,
  { row, y }: PlacedRow,
  x: number,
  top: number,
  above: number,
): DrawnEdge {
  const label = size.labels.get(row);
  const end = { x: x + left, y: top + y };
  const labelLeft = x + railInset + 10 + size.labelWidth - (label?.width ?? 0);
  return {
    id: `${group.id}\n${row.endpoint.id}`,
    from: group.id,
    to: row.endpoint.id,
    edges: index.in(row.endpoint.id),
    path: elbow(x + railInset, top + above, end, true),
    wholePath: elbow(x + railInset, top, end, true),
    labels: label === undefined ? [] : [{ ...label, x: labelLeft, y: end.y - label.height / 2 }],
    top: top + above,
    bottom: end.y,
  };
}

function podEdges(
  index: GraphIndex,
  { left, endpointWidth, podLeft }: GroupColumns,
  { row, y, pods }: PlacedRow,
  x: number,
  top: number,
): readonly DrawnEdge[] {
  const from = { x: x + left + endpointWidth, y: top + y };
  return pods.map(({ node, y: podY }) => {
    const to = { x: x + podLeft, y: top + podY };
    return {
      id: `${row.endpoint.id}\n${node.id}`,
      from: row.endpoint.id,
      to: node.id,
      edges: index.out(row.endpoint.id).filter((edge) => edge.to === node.id),
      path: bend([from, { x: to.x - 8, y: to.y }, to]),
      labels: [],
      top: Math.min(from.y, to.y),
      bottom: Math.max(from.y, to.y),
    };
  });
}
