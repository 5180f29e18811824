/** The map of all Services, for the flow panel. */
import { mapRequest } from '../base/flow-request.ts';
import type { Steps } from '../base/steps.ts';
import { whyNoServices } from '../kube/flow/why-no-services.ts';
import { pendingMap, serviceMapSteps } from '../kube/services/service-map.ts';
import type { FlowResult } from '../protocol/requests.ts';
import { serviceListOf } from './services.ts';
import type { DumpState } from './support/state.ts';

/**
 * The map of a dump's Services as a graph; or in a sentence why there is none. Pauses after each packet that is followed; with `statesLater`
 * none is, and the Services are only listed.
 */
export function* serviceMapOf(state: DumpState, statesLater = false): Steps<FlowResult> {
  const list = yield* serviceListOf(state);
  if (list.services.length === 0) return { kind: 'nothing', reason: yield* whyNoServices(state.resolution()) };
  const graph = statesLater ? pendingMap(state.resolution(), list) : yield* serviceMapSteps(state.resolution(), list);
  return { kind: 'flow', graph, to: mapRequest, documentVersion: state.version };
}
