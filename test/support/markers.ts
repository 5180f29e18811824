/**
 * Dumps with markers, so that a test reads as the example it is. A marker is a comment line below the line it is about:
 *
 *     -A KUBE-SERVICES -d 10.96.20.10/32 -j KUBE-SVC-TG4Y7II5EGIOXNPD
 *     #                                     ^^^^^^^^^^^^^^^^^^^^^^^^^ hover: shop/web:http
 *
 * The carets are the place; what stands behind them is a word and, after a colon, text. Several markers may stand below one line. The
 * comment lines stay in the dump, where they mean nothing.
 */
export interface Marker {
  /** 0-based line that the marker is about. */
  readonly line: number;
  /** 0-based offsets in it, end exclusive. */
  readonly start: number;
  readonly end: number;
  readonly verb: string;
  readonly text: string;
}

const markerPattern = /^#\s*(\^+)\s*([a-z-]+)(?::\s*(.*))?$/;

/** The markers of a dump, in text order. Throws where a marker line stands above everything. */
export function markersIn(dump: string): readonly Marker[] {
  const markers: Marker[] = [];
  let about = -1;
  for (const [number, line] of dump.split('\n').entries()) {
    const match = markerPattern.exec(line);
    if (match?.[1] === undefined || match[2] === undefined) {
      about = number;
      continue;
    }
    if (about < 0) throw new Error(`line ${number + 1}: a marker with no line above it`);
    const start = line.indexOf('^');
    markers.push({ line: about, start, end: start + match[1].length, verb: match[2], text: match[3]?.trim() ?? '' });
  }
  return markers;
}
