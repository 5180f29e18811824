/** SVG paths of edges. */
import { curveBumpX, curveCatmullRom, line } from 'd3';

export interface Point {
  readonly x: number;
  readonly y: number;
}

const number = (value: number): string => String(Math.round(value * 10) / 10);
const at = (point: Point): string => `${number(point.x)},${number(point.y)}`;

const levelAtEach = line<Point>()
  .x((point) => point.x)
  .y((point) => point.y)
  .curve(curveBumpX)
  .digits(1);

/** An arrow head that points to the right, or to the left. */
function head(tip: Point, direction: 1 | -1 = 1): string {
  const back = tip.x - 6 * direction;
  return `M${at({ x: back, y: tip.y - 4 })}L${at(tip)}L${at({ x: back, y: tip.y + 4 })}`;
}

/** A smooth line through the points, level at each, with an open arrow head at the last. */
export function bend(points: readonly Point[]): string {
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined) return '';
  let path = '';
  let forward = [first];
  for (const to of points.slice(1)) {
    const from = forward.at(-1) ?? first;
    if (to.x >= from.x) {
      forward.push(to);
      continue;
    }
    // Backwards: out to the left, around, and in from the left.
    if (forward.length > 1) path += levelAtEach(forward) ?? '';
    const out = Math.min(from.x, to.x) - 28;
    path += `M${at(from)}C${number(out)},${number(from.y)} ${number(out)},${number(to.y)} ${at(to)}`;
    forward = [to];
  }
  if (forward.length > 1) path += levelAtEach(forward) ?? '';
  return path + head(last);
}

/** A rail that an edge begins or ends on: where it stands, and the height from which (or to which) a neighbour has it; null: nobody. */
export interface RailEnd {
  readonly x: number;
  readonly neighbour: number | null;
}

const railRadius = 7;

/** Straight lines with round corners. */
function rounded(points: readonly Point[]): string {
  const [first] = points;
  if (first === undefined) return '';
  let path = `M${at(first)}`;
  for (const [place, corner] of points.entries()) {
    const before = points[place - 1];
    const after = points[place + 1];
    if (before === undefined) continue;
    if (after === undefined) {
      path += `L${at(corner)}`;
      continue;
    }
    const radius = Math.min(railRadius, distance(before, corner) / 2, distance(corner, after) / 2);
    path += `L${at(towards(corner, before, radius))}Q${at(corner)} ${at(towards(corner, after, radius))}`;
  }
  return path;
}

const distance = (a: Point, b: Point): number => Math.abs(a.x - b.x) + Math.abs(a.y - b.y);

/** A point that far from the one to the other, which are level or one above the other. */
function towards(from: Point, to: Point, far: number): Point {
  return { x: from.x + Math.sign(to.x - from.x) * far, y: from.y + Math.sign(to.y - from.y) * far };
}

/**
 * As `bend`, but the first of its ways from one height to another begins on a rail, or the last ends on one, or both. Of a rail it draws what
 * no neighbour does; all points go forward.
 */
export function onRails(points: readonly Point[], first: RailEnd | null, last: RailEnd | null): string {
  const [start, next] = points;
  const end = points.at(-1);
  const turn = points.at(-2);
  if (start === undefined || next === undefined || end === undefined || turn === undefined) return '';
  let path = '';
  if (first !== null) {
    const corner = { x: first.x, y: next.y };
    const from =
      first.neighbour === null
        ? [start, { x: first.x, y: start.y }]
        : [towards({ x: first.x, y: first.neighbour }, { x: first.x, y: start.y }, railRadius)];
    path += rounded([...from, corner, next]);
  }
  // The last way from one height to another is before the labels, where the edge runs level.
  const between = points.slice(first === null ? 0 : 1, last === null ? points.length : -2);
  if (between.length > 1) path += levelAtEach(between) ?? '';
  if (last === null) return path + head(end);
  const from = between.at(-1) ?? next;
  const corner = { x: last.x, y: from.y };
  if (last.neighbour !== null)
    return path + rounded([from, corner, towards({ x: last.x, y: last.neighbour }, { x: last.x, y: end.y }, railRadius)]);
  return path + rounded([from, corner, { x: last.x, y: end.y }, end]) + head(end);
}

/** A line from a height to another. */
export function upright(x: number, top: number, bottom: number): string {
  return `M${at({ x, y: top })}L${at({ x, y: bottom })}`;
}

const smooth = line<Point>()
  .x((point) => point.x)
  .y((point) => point.y)
  .curve(curveCatmullRom.alpha(0.5))
  .digits(1);

/** A smooth line through the points, whichever way they go, with an arrow head in the direction of its end. */
export function alongPoints(points: readonly Point[]): string {
  const last = points.at(-1);
  const before = points.at(-2);
  if (last === undefined || before === undefined) return '';
  const turn = Math.atan2(last.y - before.y, last.x - before.x);
  const back = (side: 1 | -1): Point => ({
    x: last.x - 7 * Math.cos(turn + side * 0.55),
    y: last.y - 7 * Math.sin(turn + side * 0.55),
  });
  return `${smooth(points) ?? ''}M${at(back(1))}L${at(last)}L${at(back(-1))}`;
}

/** Down from a box to the one below it. */
export function straightDown(x: number, top: number, bottom: number): string {
  return `M${at({ x, y: top })}L${at({ x, y: bottom })}M${at({ x: x - 4, y: bottom - 6 })}L${at({ x, y: bottom })}L${at({ x: x + 4, y: bottom - 6 })}`;
}

/** Out to the right and down along a rail that others share; `arrow`: to its end, which is the top of a box. */
export function joinRail(start: Point, rail: number, bottom: number, arrow: boolean): string {
  const path = rounded([start, { x: rail, y: start.y }, { x: rail, y: bottom }]);
  if (!arrow) return path;
  return `${path}M${at({ x: rail - 4, y: bottom - 6 })}L${at({ x: rail, y: bottom })}L${at({ x: rail + 4, y: bottom - 6 })}`;
}

/** Down along a rail and, with a round corner, in to the right. */
export function elbow(rail: number, top: number, end: Point, arrow: boolean): string {
  const radius = Math.max(0, Math.min(7, end.y - top, end.x - rail));
  const path = `M${at({ x: rail, y: top })}L${at({ x: rail, y: end.y - radius })}Q${at({ x: rail, y: end.y })} ${at({ x: rail + radius, y: end.y })}L${at(end)}`;
  return arrow ? path + head(end) : path;
}

/** Out to the right, along a lane up or down, back above a box and down into its top; `above` is the height at which it comes back. */
export function intoTop(start: Point, lane: number, above: number, end: Point): string {
  const path = rounded([start, { x: lane, y: start.y }, { x: lane, y: above }, { x: end.x, y: above }, end]);
  return `${path}M${at({ x: end.x - 4, y: end.y - 6 })}L${at(end)}L${at({ x: end.x + 4, y: end.y - 6 })}`;
}

/** Out to the right, along a lane up or down, and in from the right. */
export function roundTheRight(start: Point, lane: number, end: Point): string {
  const down = end.y >= start.y ? 1 : -1;
  const radius = Math.min(6, Math.abs(end.y - start.y) / 2);
  return (
    `M${at(start)}L${at({ x: lane - radius, y: start.y })}Q${at({ x: lane, y: start.y })} ${at({ x: lane, y: start.y + radius * down })}` +
    `L${at({ x: lane, y: end.y - radius * down })}Q${at({ x: lane, y: end.y })} ${at({ x: lane - radius, y: end.y })}L${at(end)}` +
    head(end, -1)
  );
}
