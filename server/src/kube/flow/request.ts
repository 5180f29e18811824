/** Everything that can be drawn, asked for by one text: the flow to a Service or address, or the chains from one chain on. */
import {
  chainRequest,
  expectedRequest,
  isChainRequest,
  isExpectedRequest,
  ownRequest,
  requestedChain,
} from '../../base/flow-request.ts';
import type { Steps } from '../../base/steps.ts';
import type { Resolution } from '../identity/chain-identity.ts';
import { type FlowAnswer, flowSteps } from './build-flow.ts';
import { chainGraphSteps } from './chain-graph.ts';
import { expectedFlowSteps } from './expected-flow.ts';
import { parseFlowTarget } from './target.ts';

/**
 * The graph of a request: `IP[:PORT[/PROTOCOL]]`, `namespace/service[:port]`, either also behind `expected:` for what kube-proxy would write, or
 * `chain:TABLE/CHAIN[@DEPTH]`; or in a sentence why there is none. Never throws.
 */
export function* requestSteps(resolution: Resolution, to: string): Steps<FlowAnswer> {
  if (isExpectedRequest(to)) {
    const parsed = parseFlowTarget(ownRequest(to));
    if (!parsed.ok) return { ok: false, reason: parsed.message };
    const answer = yield* expectedFlowSteps(resolution, parsed.target);
    return answer.ok ? { ...answer, to: expectedRequest(answer.to) } : answer;
  }
  if (!isChainRequest(to)) {
    const parsed = parseFlowTarget(to);
    return parsed.ok ? yield* flowSteps(resolution, parsed.target) : { ok: false, reason: parsed.message };
  }
  const chain = requestedChain(to);
  if (chain === undefined) {
    return {
      ok: false,
      reason: `${JSON.stringify(to.slice(0, 80))} is no chain. Expected chain:TABLE/CHAIN[@DEPTH] such as chain:filter/FORWARD.`,
    };
  }
  const answer = yield* chainGraphSteps(resolution, chain.table, chain.chain, chain.depth, chain.part ?? null);
  return answer.ok
    ? { ok: true, graph: answer.graph, to: chainRequest(chain.table, chain.chain, chain.depth, chain.part) }
    : answer;
}
