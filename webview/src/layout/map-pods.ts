/** Endpoints of one node of the cluster side by side. */
import { boxOfItem, type MapItem } from './map-parts.ts';
import type { Box, Frame } from './model.ts';

/** The space between boxes that belong together. */
export const stackGap = 6;
/** The space between a frame and the boxes in it. */
export const framePad = 7;

/** Boxes from a top on, with a frame around several, and how high they are together. */
interface PlacedPods {
  readonly boxes: readonly Box[];
  readonly frame: Frame | null;
  readonly height: number;
}

/** Pods in rows of so many, framed where there are several. `column` is that of the first. */
export function podGrid(
  pods: readonly MapItem[],
  x: number,
  top: number,
  width: number,
  inRow: number,
  column: number,
): PlacedPods {
  const contents = pods.map((item) => item.content(width));
  const pad = pods.length > 1 ? framePad : 0;
  const boxes: Box[] = [];
  let y = top + pad;
  for (let from = 0; from < pods.length; from += inRow) {
    const row = pods.slice(from, from + inRow);
    const height = Math.max(...contents.slice(from, from + inRow).map((content) => content.height));
    for (const [at, item] of row.entries()) {
      const content = contents[from + at] ?? item.content(width);
      boxes.push({ ...boxOfItem(item, x + at * (width + stackGap), y, width, column + at, content), height });
    }
    y += height + stackGap;
  }
  const height = y - stackGap + pad - top;
  const widest = Math.min(pods.length, inRow);
  const size = { x: x - framePad, y: top, width: widest * (width + stackGap) - stackGap + 2 * framePad, height };
  const id = `frame:${pods[0]?.id ?? ''}`;
  return { boxes, frame: pods.length > 1 ? { id, kind: 'host', label: '', detail: '', ...size } : null, height };
}
