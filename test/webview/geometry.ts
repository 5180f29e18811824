/** What tests ask of places in a layout. */
import type { Box, Layout } from '../../webview/src/layout/model.ts';

export type Rectangle = Pick<Box, 'x' | 'y' | 'width' | 'height'>;

/** Pairs of boxes that lie on each other. */
export function overlaps(boxes: readonly Box[]): readonly string[] {
  const found: string[] = [];
  const sorted = boxes.toSorted((a, b) => a.y - b.y);
  for (const [at, a] of sorted.entries()) {
    for (const b of sorted.slice(at + 1)) {
      if (b.y >= a.y + a.height) break;
      if (a.x < b.x + b.width && b.x < a.x + a.width) found.push(`${a.id} on ${b.id}`);
    }
  }
  return found;
}

/** Labels that lie on a box or on another label. */
export function coveredLabels({ boxes, edges }: Layout): readonly string[] {
  const labels = edges.flatMap((drawn) => drawn.labels.map((label) => ({ ...label, id: `${drawn.id} ${label.lines[0]?.text}` })));
  const cover = (a: Rectangle, b: Rectangle): boolean =>
    a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
  return labels.flatMap((label, at) => {
    const others: readonly (Rectangle & { readonly id: string })[] = [...boxes, ...labels.slice(at + 1)];
    return others.filter((other) => cover(label, other)).map((other) => `${label.id} on ${other.id}`);
  });
}

export type Place = readonly [x: number, y: number];

const stepsOfCurve = 16;

/** Places along an SVG path of M, L, Q and C in absolute numbers, a list for each of its parts. */
export function pointsAlong(path: string): readonly (readonly Place[])[] {
  const parts: Place[][] = [];
  let here: Place = [0, 0];
  for (const [, command = '', numbers = ''] of path.matchAll(/([MLQC])([^MLQC]*)/g)) {
    const all = (numbers.match(/-?[\d.]+/g) ?? []).map(Number);
    const corners = Array.from({ length: all.length / 2 }, (_, at): Place => [all[2 * at] ?? 0, all[2 * at + 1] ?? 0]);
    if (command === 'M') parts.push([...corners]);
    else if (command === 'L') parts.at(-1)?.push(...corners);
    else for (let step = 1; step <= stepsOfCurve; step += 1) parts.at(-1)?.push(onCurve([here, ...corners], step / stepsOfCurve));
    here = corners.at(-1) ?? here;
  }
  return parts;
}

/** The place on a Bézier curve, by de Casteljau. */
function onCurve(corners: readonly Place[], share: number): Place {
  const [first = [0, 0]] = corners;
  if (corners.length === 1) return first;
  const between = corners.slice(1).map(([x, y], at): Place => {
    const [fromX, fromY] = corners[at] ?? [0, 0];
    return [fromX + (x - fromX) * share, fromY + (y - fromY) * share];
  });
  return onCurve(between, share);
}

/** A path as places no farther from each other than three pixels, and the rectangle around them. */
interface Sampled {
  readonly places: readonly Place[];
  readonly around: Rectangle;
}

function sampled(path: string): Sampled {
  const places: Place[] = [];
  for (const part of pointsAlong(path)) {
    for (const [at, to] of part.entries()) {
      const from = part[at - 1] ?? to;
      const steps = Math.max(1, Math.ceil(Math.hypot(to[0] - from[0], to[1] - from[1]) / 3));
      for (let step = 0; step <= steps; step += 1)
        places.push([from[0] + ((to[0] - from[0]) * step) / steps, from[1] + ((to[1] - from[1]) * step) / steps]);
    }
  }
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of places) {
    left = Math.min(left, x);
    top = Math.min(top, y);
    right = Math.max(right, x);
    bottom = Math.max(bottom, y);
  }
  return { places, around: { x: left, y: top, width: right - left, height: bottom - top } };
}

/** How far two rectangles are from each other; 0 where they touch. */
function gap(a: Rectangle, b: Rectangle): number {
  const dx = Math.max(a.x - b.x - b.width, b.x - a.x - a.width, 0);
  const dy = Math.max(a.y - b.y - b.height, b.y - a.y - a.height, 0);
  return Math.hypot(dx, dy);
}

/** How far a path passes from a rectangle; 0 where it touches it. */
function distanceTo({ x, y, width, height }: Rectangle, { places }: Sampled): number {
  let least = Number.POSITIVE_INFINITY;
  for (const [px, py] of places) {
    const dx = Math.max(x - px, 0, px - x - width);
    const dy = Math.max(y - py, 0, py - y - height);
    least = Math.min(least, Math.hypot(dx, dy));
  }
  return least;
}

/** Labels that an edge of other boxes passes nearer than their own. */
export function strayLabels({ edges }: Layout): readonly string[] {
  const paths = edges.map((drawn) => ({ drawn, path: sampled(drawn.path) }));
  return paths.flatMap(({ drawn, path }) =>
    drawn.labels.flatMap((label) => {
      const bound = distanceTo(label, path) - 0.5;
      // What is around a path is no farther than the path.
      const nearer = paths.find(
        (other) => other.drawn !== drawn && gap(label, other.path.around) < bound && distanceTo(label, other.path) < bound,
      );
      return nearer === undefined ? [] : [`"${label.lines[0]?.text}" of ${drawn.id} is nearer to ${nearer.drawn.id}`];
    }),
  );
}
