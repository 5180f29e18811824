/** Everything that can be drawn, asked for by one text: the flow to a Service or address, or the chains from one chain on. */
import type { Steps } from '../../base/steps.ts';
import type { Resolution } from '../identity/chain-identity.ts';
import { type FlowAnswer, flowSteps } from './build-flow.ts';
import { chainGraphSteps } from './chain-graph.ts';
import { expectedFlowSteps } from './expected-flow.ts';
import { expectedPrefix } from './graph.ts';
import { parseFlowTarget } from './target.ts';

const defaultDepth = 3;
const chainPattern = /^chain:([^/\s]+)\/(\S+?)(?:@(\d{1,2}))?$/;

/** What asks for the graph of a chain, over so many jumps: "chain:filter/FORWARD@3". */
export function chainRequest(table: string, chain: string, depth = defaultDepth): string {
  return `chain:${table}/${chain}@${depth}`;
}

/** Whether a request is for a chain's graph and not for a flow. */
export function isChainRequest(to: string): boolean {
  return to.startsWith('chain:');
}

/** Whether a request is for the flow that kube-proxy would make, and not for the dump's own. */
export function isExpectedRequest(to: string): boolean {
  return to.startsWith(expectedPrefix);
}

/**
 * The graph of a request: `IP[:PORT[/PROTOCOL]]`, `namespace/service[:port]`, either also behind `expected:` for what kube-proxy would write, or
 * `chain:TABLE/CHAIN[@DEPTH]`; or in a sentence why there is none. Never throws.
 */
export function* requestSteps(resolution: Resolution, to: string): Steps<FlowAnswer> {
  if (isExpectedRequest(to)) {
    const parsed = parseFlowTarget(to.slice(expectedPrefix.length));
    if (!parsed.ok) return { ok: false, reason: parsed.message };
    const answer = yield* expectedFlowSteps(resolution, parsed.target);
    return answer.ok ? { ...answer, to: `${expectedPrefix}${answer.to}` } : answer;
  }
  if (!isChainRequest(to)) {
    const parsed = parseFlowTarget(to);
    return parsed.ok ? yield* flowSteps(resolution, parsed.target) : { ok: false, reason: parsed.message };
  }
  const match = chainPattern.exec(to);
  if (match?.[1] === undefined || match[2] === undefined) {
    return {
      ok: false,
      reason: `${JSON.stringify(to.slice(0, 80))} is no chain. Expected chain:TABLE/CHAIN[@DEPTH] such as chain:filter/FORWARD.`,
    };
  }
  const depth = match[3] === undefined ? defaultDepth : Number(match[3]);
  const answer = yield* chainGraphSteps(resolution, match[1], match[2], depth);
  return answer.ok ? { ok: true, graph: answer.graph, to: chainRequest(match[1], match[2], depth) } : answer;
}
