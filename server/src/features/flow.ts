/** The flow panel's questions: what can be drawn, and the flow to a target or to what a place in the dump is. */
import type { Position } from 'vscode-languageserver-types';
import { chainRequest } from '../base/flow-request.ts';
import { canonicalIP, withoutHostMask } from '../base/ip.ts';
import type { Steps } from '../base/steps.ts';
import { comparisonBasis } from '../kube/drift/basis.ts';
import { chainFrontends } from '../kube/flow/chain-frontends.ts';
import { frontendDescription, targetOf } from '../kube/flow/frontend-target.ts';
import { eachFrontendOfRecord, type Frontend, frontendSteps } from '../kube/flow/frontends.ts';
import { showsAllOfNat } from '../kube/flow/resolve-target.ts';
import { addressText } from '../kube/flow/target.ts';
import { whyNoServices } from '../kube/flow/why-no-services.ts';
import type { ChainService, Resolution } from '../kube/identity/chain-identity.ts';
import { portName } from '../kube/identity/chain-names.ts';
import { serviceComment } from '../kube/identity/comments.ts';
import { commentOf } from '../kube/proxy/rule-values.ts';
import { flowWithState } from '../kube/services/flow-state.ts';
import type { FlowResult, FlowTarget, FlowTargetsResult } from '../protocol/requests.ts';
import { ruleAt } from '../ruleset/rules.ts';
import type { Chain } from '../ruleset/ruleset.ts';
import type { DumpState } from './support/state.ts';
import { chainOfLine, symbolAt } from './support/symbol-at.ts';

// A Service is found by each of them; one with more external addresses is none that a list can show.
const mostAddressesListed = 20;
const frontendsBetweenPauses = 512;

/** Whether a Service that the cluster has and no rule is for is missing from a dump, and not only from what it shows. */
function* canLack({ ruleset, cluster, origin }: Resolution): Steps<boolean> {
  if (cluster.source.kind === 'none') return false;
  for (const dump of ruleset.dumps) {
    const { obstacle, side } = yield* comparisonBasis(ruleset, dump, cluster, origin);
    if (obstacle === undefined && side.nat?.whole === true) return true;
  }
  return false;
}

/**
 * Every Service port and address that a flow can be drawn for: those of the dump's rules in their order, those of an excerpt's chains that nothing
 * leads to, and those that the cluster alone has.
 */
export function* flowTargetsOf(state: DumpState): Steps<FlowTargetsResult> {
  const resolution = state.resolution();
  const { cluster } = resolution;
  const inDump = yield* frontendSteps(resolution);
  const frontends = [...inDump];
  const seen = new Set(inDump.map((frontend) => `${frontend.service?.namespace}/${frontend.service?.name}`));
  if (!showsAllOfNat(resolution)) {
    const isNew = ({ namespace, name }: ChainService): boolean => !seen.has(`${namespace}/${name}`);
    frontends.push(...(yield* chainFrontends(resolution, isNew)));
  }
  const isComparable = yield* canLack(resolution);
  for (const service of isComparable ? cluster.services : []) {
    // Those that have rules are listed by them.
    if (seen.has(`${service.namespace}/${service.name}`)) continue;
    for (const frontend of eachFrontendOfRecord(resolution, service)) {
      frontends.push(frontend);
      if (frontends.length % frontendsBetweenPauses === 0) yield;
    }
  }
  yield;
  const descriptions = new Map<string, Set<string>>();
  for (const [at, frontend] of frontends.entries()) {
    if (at % frontendsBetweenPauses === frontendsBetweenPauses - 1) yield;
    const to = targetOf(resolution, frontend);
    const known = descriptions.get(to);
    if (known === undefined) descriptions.set(to, new Set([frontendDescription(frontend)]));
    else if (known.size < mostAddressesListed) known.add(frontendDescription(frontend));
  }
  const targets: FlowTarget[] = [];
  for (const [to, parts] of descriptions) {
    targets.push({ to, label: to, description: [...parts].join(', ') });
    if (targets.length % frontendsBetweenPauses === 0) yield;
  }
  return { targets, reason: targets.length > 0 ? '' : yield* whyNoServices(state.resolution()) };
}

function nothing(reason: string): FlowResult {
  return { kind: 'nothing', reason };
}

/** The graph of a request, as `requestSteps` takes it: a flow's or a chain's. */
export function* flowFor(state: DumpState, to: string): Steps<FlowResult> {
  const answer = yield* flowWithState(state.resolution(), to);
  if (!answer.ok) return nothing(answer.reason);
  return { kind: 'flow', graph: answer.graph, to: answer.to, documentVersion: state.version };
}

/** The graph of the chain under a position (0-based), or of the one that the line is in. */
export function* chainGraphAt(state: DumpState, position: Position): Steps<FlowResult> {
  const symbol = symbolAt(state, position);
  const chain = symbol?.kind === 'chain' ? symbol.chain : chainOfLine(state, position.line);
  if (chain === undefined) return nothing('Put the cursor on a chain or one of its rules.');
  return yield* flowFor(state, chainRequest(chain.table.name, chain.name));
}

/** What to ask for a chain: the Service that it belongs to, or the hostPort; undefined for a chain that belongs to none. */
function targetOfChain(resolution: Resolution, chain: Chain, frontends: readonly Frontend[]): string | undefined {
  const { service } = resolution.chain(chain);
  if (service !== null) return portName(service.namespace, service.name, service.port);
  const frontend = frontends.find((candidate) => candidate.target === chain);
  return frontend === undefined ? undefined : targetOf(resolution, frontend);
}

/**
 * The flow that a place in the dump (0-based) belongs to: of the chain under the cursor, of the address under it, else of the rule's Service
 * or of the chain that the line is in.
 */
export function* flowAt(state: DumpState, position: Position): Steps<FlowResult> {
  const resolution = state.resolution();
  const frontends = yield* frontendSteps(resolution);
  const symbol = symbolAt(state, position);
  const candidates: (string | undefined)[] = [];
  if (symbol?.kind === 'chain') candidates.push(targetOfChain(resolution, symbol.chain, frontends));
  if (symbol?.kind === 'value') {
    const ip = canonicalIP(withoutHostMask(symbol.word.text));
    const line = frontends.find((frontend) => frontend.lines.includes(position.line));
    if (ip !== undefined && frontends.some((frontend) => frontend.ip === ip)) {
      candidates.push(line?.ip === ip ? addressText(ip, line.port, line.protocol) : ip);
    }
  }
  const own = frontends.find((frontend) => frontend.lines.includes(position.line));
  if (own !== undefined) candidates.push(targetOf(resolution, own));
  const rule = ruleAt(state.ruleset, position.line);
  const comment = rule === undefined ? undefined : serviceComment(commentOf(rule));
  if (comment !== undefined) candidates.push(portName(comment.namespace, comment.service, comment.port));
  const inChain = chainOfLine(state, position.line);
  if (inChain !== undefined) candidates.push(targetOfChain(resolution, inChain, frontends));
  const to = candidates.find((candidate) => candidate !== undefined);
  if (to !== undefined) return yield* flowFor(state, to);
  if (frontends.length === 0) return nothing(yield* whyNoServices(state.resolution()));
  const name = symbol?.kind === 'chain' ? symbol.name : inChain?.name;
  return nothing(
    name === undefined
      ? 'Put the cursor on a Service’s chain, its address, or a rule for it, or choose one from the list.'
      : `${name} belongs to no single Service: choose one from the list, or show its chain graph.`,
  );
}
