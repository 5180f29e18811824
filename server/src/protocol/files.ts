/** What a server without files of its own, in a browser's worker, asks its client: files by URI, as the editor has them. */

/** What is in a folder; nothing where it cannot be read. */
export const listFolderRequest = 'iptables/listFolder';
export interface ListFolderParams {
  readonly uri: string;
}
export interface FolderEntry {
  readonly name: string;
  /** A link or a device is there, but is not read: the one may lead anywhere, the other may have no end. */
  readonly kind: 'file' | 'folder' | 'link' | 'device';
}

/** A file as text, or its first bytes. */
export const readFileRequest = 'iptables/readFile';
export interface ReadFileParams {
  readonly uri: string;
  readonly bytes?: number;
}
export type ReadFileResult =
  | {
      readonly text: string;
      /** Milliseconds since 1970. */
      readonly modifiedAt: number;
    }
  /** What is wrong, in a few words that follow the file's name. */
  | { readonly problem: string };
