import { withTextOf } from '../base/json-steps.ts';
import type { Steps } from '../base/steps.ts';
import { annotateSteps } from '../kube/identity/annotate.ts';
import type { AnnotateResult } from '../protocol/requests.ts';
import type { DumpState } from './support/state.ts';

/** The text of a dump with the names of its chains as comments; why there is none to be had, where no name is known. */
export function* annotate({ document, resolution }: DumpState): Steps<AnnotateResult> {
  const annotated = yield* annotateSteps(document, resolution());
  const { comments } = annotated;
  if (comments > 0) return withTextOf({ kind: 'text', comments }, annotated);
  return {
    kind: 'nothing',
    reason:
      'No chain of this dump has a name that could be added: neither its comments nor the cluster say whose its chains are, or they are named already.',
  };
}
