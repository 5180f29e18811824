/** Compares a Service's ports with what a dump has for them. */
import { runToEnd, type Steps } from '../../base/steps.ts';
import type { ServiceRecord } from '../../cluster/objects.ts';
import { type ExpectedPort, expectedPortsOf } from '../expected/expected.ts';
import type { ExpectedRule } from '../expected/rule.ts';
import type { ComparisonBasis } from './basis.ts';
import { comparePort } from './compare-port.ts';
import type { DriftFinding } from './finding.ts';
import { missingFindings } from './missing.ts';
import { type PortRules, portRulesSteps } from './port-rules.ts';

export interface ComparedPort {
  readonly port: ExpectedPort;
  /**
   * `compared`: with these findings; `absent`: the dump has nothing for it and should have; `unseen`: the dump, an excerpt, has nothing for it;
   * `unknown`: too little is known of the node.
   */
  readonly state: 'compared' | 'absent' | 'unseen' | 'unknown';
  /** undefined where all is as kube-proxy writes it. */
  readonly rules: PortRules | undefined;
  readonly findings: readonly DriftFinding[];
}

/** Whether the rules of a port that are not as expected may be so because too little is known of the node. */
function dependsOnNode({ port, endpoints }: ExpectedPort, { node: { name, record } }: ComparisonBasis): boolean {
  if (record !== null) return false;
  const byZone = endpoints.some(({ ref }) => (ref.endpoint.hintZones?.length ?? 0) > 0);
  const byAddress = port.sourceRanges.length > 0 && port.loadBalancerIPs.length > 0;
  if (name !== '') return byZone || byAddress;
  return byZone || byAddress || port.usesLocal || endpoints.some(({ ref }) => (ref.endpoint.hintNodes?.length ?? 0) > 0);
}

/**
 * Compares one port of a Service. What a Service lacks altogether is said of the Service: see `missingFindings`. Pauses every thousand rules.
 * @param written the rules that kube-proxy would write for it
 */
export function* comparedPortSteps(
  basis: ComparisonBasis,
  port: ExpectedPort,
  written: readonly ExpectedRule[],
): Steps<ComparedPort> {
  const { side, cluster, node } = basis;
  const rules = yield* portRulesSteps(side, port, written);
  if (rules === undefined) return { port, state: 'compared', rules, findings: [] };
  if (rules.actual.length === 0) {
    return { port, state: rules.missing.length === 0 ? 'unseen' : 'absent', rules, findings: [] };
  }
  if (dependsOnNode(port, basis)) return { port, state: 'unknown', rules, findings: [] };
  return { port, state: 'compared', rules, findings: comparePort(side, cluster, rules, node.name) };
}

/** The same without pauses. */
export function comparedPort(basis: ComparisonBasis, port: ExpectedPort): ComparedPort {
  return runToEnd(comparedPortSteps(basis, port, port.rules()));
}

/** The same for all ports of one Service: what `driftSteps` says of it, without looking at any other. None for a Service that is not kube-proxy's. */
export function compareService(basis: ComparisonBasis, service: ServiceRecord): readonly ComparedPort[] {
  const ports = expectedPortsOf(basis.cluster, service, basis.options).map((port) => comparedPort(basis, port));
  const absent = ports.filter(({ state }) => state === 'absent');
  if (absent.length === 0) return ports;
  const missing = missingFindings(
    basis.side,
    absent.map(({ port }) => port),
    absent.length === ports.length,
  );
  return ports.map((port) => {
    if (port.state !== 'absent') return port;
    const own = missing.filter((finding) => finding.kind === 'service-missing' || finding.port === port.port.port.port.name);
    return { ...port, findings: own };
  });
}
