import type { Cluster } from '../../cluster/cluster.ts';
import type { EndpointSliceRecord, PodRecord, ServiceRecord } from '../../cluster/objects.ts';
import { entryKindNames } from '../../kube/flow/graph.ts';
import { serviceComment } from '../../kube/identity/comments.ts';
import { commentOf, dnatDestination, singleAddress } from '../../kube/proxy/rule-values.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import type { RuleStatement } from '../../syntax/statement.ts';
import { addressIn } from '../support/address-in.ts';
import type { Block, Text } from '../support/markup.ts';
import type { DumpState } from '../support/state.ts';
import { sourceText } from './source.ts';

/** Whose an address is: a Service's, a Pod's, a node's. Empty where nobody knows. */
export function addressBlocks(state: DumpState, text: string, now: number, fetched?: PodRecord): readonly Block[] {
  const address = addressIn(text);
  if (address === undefined) return [];
  const { cluster } = state.resolution();
  const owners = [...clusterOwners(cluster, address.ip, address.port)];
  if (fetched?.podIPs.includes(address.ip) === true && cluster.podsAt(address.ip).length === 0) {
    owners.unshift(podText(fetched));
  }
  const fromCluster = owners.length > 0;
  if (!fromCluster) owners.push(...dumpOwners(state, address.ip));
  if (owners.length === 0) return [];
  return [
    { kind: 'paragraph', text: { code: address.ip } },
    { kind: 'list', items: owners },
    { kind: 'rule' },
    { kind: 'paragraph', text: `From ${fromCluster ? sourceText(cluster, now) : "the dump's comments"}.` },
  ];
}

function servicePorts(service: ServiceRecord, port: number | null): string {
  const ports = port === null ? service.ports : service.ports.filter((candidate) => candidate.port === port);
  return ports
    .map((candidate) => `${candidate.name === '' ? '' : `${candidate.name} `}${candidate.port}/${candidate.protocol}`)
    .join(', ');
}

function podText(pod: PodRecord): Text {
  const state = pod.ready === null ? pod.phase : pod.ready ? 'ready' : 'not ready';
  const owner =
    pod.deployment !== '' ? `, Deployment ${pod.deployment}` : pod.owner !== null ? `, ${pod.owner.kind} ${pod.owner.name}` : '';
  return [
    'Pod ',
    { strong: `${pod.namespace}/${pod.name}` },
    `${pod.node === '' ? '' : ` on ${pod.node}`}${state === '' ? '' : `, ${state}`}${owner}`,
  ];
}

function sliceText(slice: EndpointSliceRecord, port: number | null): Text {
  const ports = slice.ports.filter((candidate) => port === null || candidate.port === port).map((candidate) => candidate.name);
  const names = ports.filter((name) => name !== '');
  return [
    'Endpoint of Service ',
    { strong: `${slice.namespace}/${slice.serviceName}` },
    names.length > 0 ? `, port ${names.join(', ')}` : '',
  ];
}

function* clusterOwners(cluster: Cluster, ip: string, port: number | null): Generator<Text> {
  for (const { service, use } of cluster.servicesAt(ip)) {
    const ports = servicePorts(service, port);
    yield [
      `${entryKindNames[use]} of Service `,
      { strong: `${service.namespace}/${service.name}` },
      ports === '' ? '' : `: ${ports}`,
    ];
  }
  const pods = cluster.podsAt(ip);
  const node = cluster.nodeAt(ip);
  if (node !== undefined) yield ['Node ', { strong: node.name }];
  const own = pods.filter((pod) => !pod.hostNetwork);
  const shown = node === undefined ? pods.slice(0, 3) : own.slice(0, 3);
  for (const pod of shown) yield podText(pod);
  const seen = new Set<string>();
  for (const { slice, endpoint } of cluster.endpointsAt(ip)) {
    if (port !== null && !slice.ports.some((candidate) => candidate.port === port)) continue;
    if (pods.length === 0 && endpoint.targetRef !== null) {
      const reference = `${endpoint.targetRef.kind} ${endpoint.targetRef.namespace || slice.namespace}/${endpoint.targetRef.name}`;
      if (!seen.has(reference)) yield `${reference}${endpoint.nodeName === '' ? '' : ` on ${endpoint.nodeName}`}`;
      seen.add(reference);
    }
    const key = `${slice.namespace}/${slice.serviceName}`;
    if (seen.has(key)) continue;
    seen.add(key);
    if (seen.size > 8) return;
    yield sliceText(slice, port);
  }
}

/** Whether a rule names an address as its own: as what it asks for, or as where it sends packets. */
function isAbout(rule: RuleStatement, ip: string): boolean {
  return (
    singleAddress(rule, '--destination') === ip || singleAddress(rule, '--source') === ip || dnatDestination(rule)?.ip === ip
  );
}

/** Of more rules about one address the rest is not read: a hover must not wait. */
const mostRulesRead = 2_000;

/** Without a cluster: what comments beside the address say. */
function* dumpOwners(state: DumpState, ip: string): Generator<Text> {
  const seen = new Set<string>();
  let read = 0;
  for (const [number, line] of state.ruleset.lines.entries()) {
    // Most lines need not be read; an address may be spelled in another way only where somebody wrote it by hand.
    if (line.kind !== 'rule' || !line.text.includes(ip)) continue;
    read += 1;
    if (read > mostRulesRead) return;
    const rule = ruleAt(state.ruleset, number);
    const comment = rule === undefined || !isAbout(rule, ip) ? undefined : serviceComment(commentOf(rule));
    if (comment === undefined) continue;
    const name = `${comment.namespace}/${comment.service}${comment.port === '' ? '' : `:${comment.port}`}`;
    const role = line.name.startsWith('KUBE-SEP-')
      ? 'Endpoint of Service '
      : comment.use === 'plain'
        ? 'Named beside Service '
        : 'Address of Service ';
    if (seen.has(role + name)) continue;
    seen.add(role + name);
    yield [role, { strong: name }];
    if (seen.size >= 3) return;
  }
}
