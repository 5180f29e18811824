/** What is said of the parts of a bundle that were not read, in a folder and in an archive alike, and how much is read of a folder. */

/** What stands where a file could: a link is not followed, a pipe or a device may have no end. */
export type NoFile = 'link' | 'device';

/** Files and folders of a bundle's folder. A copied /proc/sys has some fifty files for each interface. */
export const mostEntries = 25_000;

/** Bytes that files which are compressed one by one hold together, unpacked: twice the largest dump of rules. A few kilobytes may hold any number. */
export const mostUnpacked = 250_000_000;

/** Why one of them was not unpacked, behind its name. */
export const noRoom = 'it and the files before it are too large';

/** How far below a bundle's folder is looked. */
export const deepestFolder = 8;

/** A sentence about a part that is no file. @param path with slashes, within the bundle */
export function noFileText(path: string, what: NoFile): string {
  const it = what === 'link' ? 'a link, and none is followed here' : 'a pipe or a device, not a file';
  return `${path} was not read: it is ${it}.`;
}

/** A sentence about a part that could not be read. @param reason without a full stop */
export function unreadText(path: string, reason: string): string {
  return `${path} could not be read: ${reason}.`;
}
