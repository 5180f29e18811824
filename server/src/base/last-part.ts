/** The last part of a path with slashes; all of it where it has none, nothing where it ends in one. */
export function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
