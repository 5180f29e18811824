/** Who reaches a Service of a dump by which entry, as a document to read. */
import { withText } from '../base/json-steps.ts';
import type { Steps } from '../base/steps.ts';
import { parseFlowTarget } from '../kube/flow/target.ts';
import { reachSteps } from '../kube/question/reach.ts';
import { reachMarkdown } from '../kube/question/reach-markdown.ts';
import type { ReachResult } from '../protocol/trace.ts';
import { nameInUri } from './support/name-in-uri.ts';
import type { DumpState } from './support/state.ts';

/** The tables of a Service or address, or of all Services where `to` is empty; or in a sentence why there are none. */
export function* reachOf(state: DumpState, to: string): Steps<ReachResult> {
  const parsed = to === '' ? null : parseFlowTarget(to);
  if (parsed?.ok === false) return { text: '', reason: parsed.message };
  const result = yield* reachSteps(state.resolution(), parsed === null ? null : parsed.target);
  return result.ok
    ? withText({ reason: '' }, yield* reachMarkdown(result.report, nameInUri(state.uri)))
    : { text: '', reason: result.message };
}
