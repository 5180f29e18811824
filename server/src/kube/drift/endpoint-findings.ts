/** What became of the endpoints that a dump's rules lead to. */

import { hostPort } from '../../base/ip.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { objectName, type PodRecord, type ServiceRecord } from '../../cluster/objects.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import type { Ruleset } from '../../ruleset/ruleset.ts';
import type { ProxyEndpoint } from '../expected/endpoints.ts';
import type { EndpointRef } from '../identity/hash-index.ts';
import { dnatDestination } from '../proxy/rule-values.ts';
import type { DriftFinding, DriftKind } from './finding.ts';
import type { DumpEndpoint, PortRules } from './port-rules.ts';

interface Address {
  readonly ip: string;
  /** "10.244.1.11:8080"; without a port where the rule names none. */
  readonly text: string;
  /** The DNAT rule, 0-based. */
  readonly line: number;
}

/** Where an endpoint chain sends a packet. */
function addressOf(ruleset: Ruleset, { chain }: DumpEndpoint): Address | undefined {
  for (const line of chain?.rules ?? []) {
    const rule = ruleAt(ruleset, line);
    const to = rule === undefined ? undefined : dnatDestination(rule);
    if (to !== undefined) return { ip: to.ip, text: to.port === null ? to.ip : hostPort(to.ip, to.port), line };
  }
  return undefined;
}

function targetText({ endpoint, slice }: EndpointRef): string | undefined {
  const { targetRef } = endpoint;
  return targetRef === null
    ? undefined
    : `${targetRef.kind || 'Pod'} ${targetRef.namespace || slice.namespace}/${targetRef.name}`;
}

/** "10.244.0.41:8080 (Pod shop/cart-0 on node-a)", with all Pods that share the address */
export function endpointText({ destination, ref, sharing }: ProxyEndpoint): string {
  const targets = new Set([ref, ...sharing].flatMap((each) => targetText(each) ?? []));
  if (targets.size === 0) return destination;
  const { nodeName } = ref.endpoint;
  return `${destination} (${someOf([...targets])}${nodeName === '' ? '' : ` on ${nodeName}`})`;
}

/** "10.244.0.1:80, 10.244.0.2:80 and 3 more" */
export function someOf(texts: readonly string[], most = 3): string {
  if (texts.length <= most) return texts.join(', ');
  return `${texts.slice(0, most).join(', ')} and ${texts.length - most} more`;
}

/** The Pod that has an address for itself now. */
function ownerOf(cluster: Cluster, ip: string): PodRecord | undefined {
  return cluster.podsAt(ip).find((pod) => !pod.hostNetwork && pod.phase !== 'Succeeded' && pod.phase !== 'Failed');
}

/** Whether a Service's selector is for a Pod; undefined where it has none, and somebody else says what its endpoints are. */
function isSelected({ namespace, selector }: ServiceRecord, pod: PodRecord): boolean | undefined {
  if (pod.namespace !== namespace) return false;
  const wanted = Object.entries(selector);
  return wanted.length === 0 ? undefined : wanted.every(([key, value]) => pod.labels[key] === value);
}

/** Who has the address of an endpoint that is none any more, and whether that is somebody else. */
function ownerFate(service: ServiceRecord, owner: PodRecord): { readonly kind: DriftKind; readonly words: string } {
  const name = objectName(owner);
  switch (isSelected(service, owner)) {
    case false:
      return { kind: 'endpoint-reused', words: `: its address is now that of Pod ${name}` };
    case true:
      return { kind: 'endpoint-gone', words: `, though Pod ${name} still has its address` };
    default:
      return { kind: 'endpoint-gone', words: `: its address is that of Pod ${name}` };
  }
}

export type EndpointFate = Pick<DriftFinding, 'kind' | 'message'>;

/** Why an endpoint of the dump should not be there. */
function fateOf(cluster: Cluster, rules: PortRules, endpoint: DumpEndpoint, address: Address | undefined): EndpointFate {
  const { port, endpoints } = rules.expected;
  const text = address?.text ?? endpoint.name;
  const known = endpoints.find(({ chain }) => chain === endpoint.name);
  if (known === undefined) {
    const owner = address === undefined ? undefined : ownerOf(cluster, address.ip);
    const { kind, words } = owner === undefined ? { kind: 'endpoint-gone' as const, words: '' } : ownerFate(port.service, owner);
    return { kind, message: `${text} is no endpoint of ${port.name} any more${words}` };
  }
  const { terminating, ready } = known.ref.endpoint;
  if (!ready) {
    const how = terminating ? 'is shutting down' : 'is not ready';
    return { kind: 'endpoint-not-ready', message: `${endpointText(known)} of ${port.name} ${how}, yet gets traffic` };
  }
  return {
    kind: 'endpoint-elsewhere',
    message: `${endpointText(known)} of ${port.name} is not for this node, by its hints or the traffic policy`,
  };
}

export interface EndpointChanges {
  /** Endpoints that the dump leads to and should not. */
  readonly gone: readonly (EndpointFate & {
    readonly endpoint: DumpEndpoint;
    readonly line: number;
    readonly address: string | null;
  })[];
  /** Endpoints that it should lead to and does not. */
  readonly added: readonly ProxyEndpoint[];
}

/** Which endpoints came and went between the dump and the cluster. `whole` is false for an excerpt, in which none is missing. */
export function endpointChanges(ruleset: Ruleset, cluster: Cluster, rules: PortRules, whole: boolean): EndpointChanges {
  const { choice } = rules.expected;
  const wanted = new Set(choice.reachable.map(({ chain }) => chain));
  const gone = [...rules.endpoints.values()]
    .filter(({ name }) => !wanted.has(name))
    .map((endpoint) => {
      const address = addressOf(ruleset, endpoint);
      return {
        ...fateOf(cluster, rules, endpoint, address),
        endpoint,
        line: address?.line ?? endpoint.jump,
        address: address?.text ?? null,
      };
    });
  return { gone, added: whole ? choice.reachable.filter(({ chain }) => !rules.endpoints.has(chain)) : [] };
}
