import type { Steps } from '../base/steps.ts';
import { emptyCluster } from '../cluster/cluster.ts';
import type { DumpState } from '../features/support/state.ts';
import type { Resolution } from '../kube/identity/chain-identity.ts';
import { resolveChains } from '../kube/identity/resolve.ts';
import { buildRuleset } from '../ruleset/build.ts';
import { readLinesAround } from '../syntax/lines-around.ts';

/** Some lines of a dump that were read before all others. */
export interface DumpPart {
  /**
   * An excerpt, for all that it knows: what is not shown claims nothing. Its lines have the numbers that they have in the dump. Undefined where they
   * cannot be told without reading all of it.
   */
  readonly state: Promise<DumpState | undefined>;
  /** The lines that may be asked about, 0-based. */
  readonly first: number;
  readonly last: number;
  /** What was told of them that may be less than there is. */
  readonly told: Set<'hints' | 'lenses'>;
}

/** The lines from `first` to `last` (0-based) of a large dump's text and those around them as a state. */
export function* stateAround(
  uri: string,
  version: number,
  text: string,
  first: number,
  last: number,
): Steps<DumpState | undefined> {
  const document = readLinesAround(text, uri, first, last);
  if (document === undefined) return undefined;
  yield;
  const ruleset = yield* buildRuleset(document);
  let resolution: Resolution | undefined;
  return {
    uri,
    version,
    document,
    ruleset,
    // Whether the one at hand is the dump's is told by all of it.
    cluster: emptyCluster,
    isPart: true,
    resolution: () => {
      resolution ??= resolveChains(ruleset, emptyCluster, { fileName: uri });
      return resolution;
    },
  };
}
