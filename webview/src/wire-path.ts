/** SVG paths of wires. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

const number = (value: number): string => String(Math.round(value * 10) / 10);
const at = (point: Point): string => `${number(point.x)},${number(point.y)}`;

/** A smooth line through the points, level at each, with an open arrow head at the last. */
export function bend(points: readonly Point[]): string {
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined) return '';
  let path = `M${at(first)}`;
  let from = first;
  for (const to of points.slice(1)) {
    if (Math.abs(to.y - from.y) < 0.5) path += `L${at(to)}`;
    else if (to.x > from.x) {
      const middle = (from.x + to.x) / 2;
      path += `C${number(middle)},${number(from.y)} ${number(middle)},${number(to.y)} ${at(to)}`;
    } else {
      // Backwards: out to the left, around, and in from the left.
      const out = Math.min(from.x, to.x) - 28;
      path += `C${number(out)},${number(from.y)} ${number(out)},${number(to.y)} ${at(to)}`;
    }
    from = to;
  }
  return `${path}M${at({ x: last.x - 6, y: last.y - 4 })}L${at(last)}L${at({ x: last.x - 6, y: last.y + 4 })}`;
}

/** Down from a box to the one below it. */
export function straightDown(x: number, top: number, bottom: number): string {
  return `M${at({ x, y: top })}L${at({ x, y: bottom })}M${at({ x: x - 4, y: bottom - 6 })}L${at({ x, y: bottom })}L${at({ x: x + 4, y: bottom - 6 })}`;
}

/** Down along a rail and, with a round corner, in to the right. */
export function elbow(rail: number, top: number, end: Point, arrow: boolean): string {
  const radius = Math.max(0, Math.min(7, end.y - top, end.x - rail));
  const line = `M${at({ x: rail, y: top })}L${at({ x: rail, y: end.y - radius })}Q${at({ x: rail, y: end.y })} ${at({ x: rail + radius, y: end.y })}L${at(end)}`;
  return arrow ? `${line}M${at({ x: end.x - 6, y: end.y - 4 })}L${at(end)}L${at({ x: end.x - 6, y: end.y + 4 })}` : line;
}
