/** Why a text is no snapshot, in one sentence with what would be right. */

export const snapshotCommand = 'kubectl get nodes,services,endpointslices,pods -A -o json';

/** The sentence that says what would be right. */
export const wanted = `Save what "${snapshotCommand}" prints.`;

/** Ends the reading of a text; lines and columns are 1-based, null where there is no one place. */
export class SnapshotFailure extends Error {
  readonly place: { readonly line: number | null; readonly column: number | null };

  constructor(message: string, line: number | null = null, column: number | null = null) {
    super(message);
    this.place = { line, column };
  }
}

/** 1-based line and column of an offset. */
export function placeOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  let line = 1;
  let lineStart = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) {
    line += 1;
    lineStart = at + 1;
  }
  return { line, column: offset - lineStart + 1 };
}

/** Names from a file in a message: short, on one line. */
export function shown(text: string): string {
  const line = text.replace(/[\p{Cc}\s]+/gu, ' ').trim();
  return line.length > 80 ? `${line.slice(0, 77)}...` : line;
}
