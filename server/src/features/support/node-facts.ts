/** What a bundle's files say of their node, for those who must not know the room of nodes. */
import { readBundle } from '../../node/bundle.ts';
import type { BundleFile } from '../../node/bundle-file.ts';
import type { NodeFacts } from '../../node/facts.ts';

/** The facts of files, whatever they are. Never throws. */
export function factsOfFiles(files: readonly BundleFile[]): NodeFacts {
  return readBundle(files);
}
