import { createMemory } from '../../base/memory.ts';
import type { Steps } from '../../base/steps.ts';
import { type Drift, driftSteps } from '../../kube/drift/drift.ts';
import type { DumpState } from './state.ts';

const known = createMemory<DumpState, Drift>();

/** Where a dump and its cluster disagree. Compared once for each state, as more than one feature asks. */
export function* driftOf(state: DumpState): Steps<Drift> {
  let drift = known.get(state);
  if (drift === undefined) {
    drift = yield* driftSteps(state.ruleset, state.cluster, { fileName: state.uri });
    known.set(state, drift);
  }
  return drift;
}
