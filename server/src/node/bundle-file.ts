/** A file of a bundle. */
export interface BundleFile {
  /** With slashes, without the bundle's own folder: "xt_recent/KUBE-SEP-ABC". */
  readonly path: string;
  /** Of a large file, read when it is first asked for. */
  readonly text: string;
  /** Whether it is so large that it is told by its name alone, and its text not asked for before somebody needs it. */
  readonly isLarge?: boolean;
}
