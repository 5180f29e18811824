/** What a bundle's files say of their node, for those who must not know the room of nodes. */
import type { Steps } from '../../base/steps.ts';
import { bundleSteps } from '../../node/bundle.ts';
import type { BundleFile } from '../../node/bundle-file.ts';
import type { NodeFacts } from '../../node/facts.ts';

/** The facts of files, whatever they are. Pauses after each file; never throws. */
export function* factsOfFiles(files: readonly BundleFile[]): Steps<NodeFacts> {
  return yield* bundleSteps(files);
}
