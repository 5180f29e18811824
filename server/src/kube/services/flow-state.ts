/** A flow with the state of what it is drawn of, so that the drawing and the list of Services say the same. */

import { isChainRequest, isExpectedRequest } from '../../base/flow-request.ts';
import type { Steps } from '../../base/steps.ts';
import { type FlowAnswer, mostFrontends } from '../flow/build-flow.ts';
import type { FlowState } from '../flow/graph.ts';
import { requestSteps } from '../flow/request.ts';
import { chooseFrontends } from '../flow/resolve-target.ts';
import { parseFlowTarget } from '../flow/target.ts';
import type { Resolution } from '../identity/chain-identity.ts';
import { judgeAll } from './service-list.ts';
import { serviceState } from './state.ts';

/** The graph of a request as `requestSteps` makes it, a Service's or an address's with its state. */
export function* flowWithState(resolution: Resolution, to: string): Steps<FlowAnswer> {
  const answer = yield* requestSteps(resolution, to);
  if (!answer.ok || isChainRequest(to) || isExpectedRequest(to)) return answer;
  const state = yield* stateOfTarget(resolution, to);
  return state === null ? answer : { ...answer, graph: { ...answer.graph, state } };
}

function* stateOfTarget(resolution: Resolution, to: string): Steps<FlowState | null> {
  const parsed = parseFlowTarget(to);
  if (!parsed.ok) return null;
  const choice = yield* chooseFrontends(resolution, parsed.target);
  if (!choice.ok) return null;
  const { kind, words, line, remarks } = serviceState(
    yield* judgeAll(resolution, choice.frontends.slice(0, mostFrontends)),
    null,
    '',
  );
  return { kind, words, line: line === null ? null : line + 1, remarks };
}
