const mostNamed = 6;

/** "line 3", "lines 1, 4-9 and others", 1-based. */
export function lineRanges(lines: readonly number[]): string {
  const ranges: string[] = [];
  let from = lines[0] ?? 0;
  let to = from;
  for (const number of [...lines.slice(1), Number.POSITIVE_INFINITY]) {
    if (number === to + 1) {
      to = number;
      continue;
    }
    ranges.push(from === to ? `${from + 1}` : `${from + 1}-${to + 1}`);
    from = number;
    to = number;
  }
  const shown = ranges.slice(0, mostNamed).join(', ');
  const word = lines.length === 1 ? 'line' : 'lines';
  return ranges.length > mostNamed ? `${word} ${shown} and others` : `${word} ${shown}`;
}
