import type { Uri } from 'vscode';
import { lastPart } from '../../server/src/base/last-part.ts';

/** The name of a file or folder without the folders around it. */
export function fileNameOf({ path }: Pick<Uri, 'path'>): string {
  return lastPart(path.endsWith('/') ? path.slice(0, -1) : path);
}

const mostOfName = 100;

/** A name from a cluster as a part of the name of a file or folder: one that cannot lead to another folder, at most 100 characters long. */
export function partOfFileName(name: string): string {
  return name.replace(/[^\w.-]+/g, '-').slice(0, mostOfName);
}
