import type { Uri } from 'vscode';
import { lastPart } from '../../server/src/base/last-part.ts';

/** The name of a file or folder without the folders around it. */
export function fileNameOf({ path }: Pick<Uri, 'path'>): string {
  return lastPart(path.endsWith('/') ? path.slice(0, -1) : path);
}
