/** A file of a bundle. */
export interface BundleFile {
  /** With slashes, without the bundle's own folder: "xt_recent/KUBE-SEP-ABC". */
  readonly path: string;
  readonly text: string;
}
