import type { Box, Layout, LayoutOptions } from '../layout/model.ts';
import type { GraphIndex } from '../model/graph-index.ts';
import { chooseLayout } from './choose-form.ts';

/** A flow that is shown, with all that was made for it. */
export interface Shown {
  readonly index: GraphIndex;
  readonly layout: Layout;
  readonly options: LayoutOptions;
  /** The box of each node: its own, or the closed group that it is in. */
  readonly boxOf: Pick<ReadonlyMap<string, Box>, 'get'>;
  readonly boxes: ReadonlyMap<string, Box>;
}

/** Lays a flow out in the form that suits the room. */
export function makeShown(index: GraphIndex, options: Omit<LayoutOptions, 'form'>): Shown {
  const layout = chooseLayout(index, options);
  const boxes = new Map(layout.boxes.map((box) => [box.id, box]));
  const boxOf = new Map(boxes);
  for (const box of layout.boxes) {
    if (box.group === null || options.open.has(box.id)) continue;
    for (const row of box.group.rows) for (const node of [row.endpoint, ...row.behind]) boxOf.set(node.id, box);
  }
  const { foldedInto } = layout;
  const find = (id: string): Box | undefined => boxOf.get(id) ?? boxOf.get(foldedInto?.(id) ?? '');
  const found = foldedInto === undefined ? boxOf : { get: find };
  return { index, layout, options: { ...options, form: layout.form }, boxOf: found, boxes };
}
