import type { ServiceRecord } from '../../cluster/objects.ts';
import { isOwn } from '../../node/look-ups/own-address.ts';
import type { Asked } from '../journey.ts';
import { atOnce, type Looked, type NodeFinding, nothing } from '../node-finding.ts';
import { nodeName, type Subject } from '../subject.ts';

/** Why the zone hints of a Service's endpoints count on this node, or do not: nothing wrong, and asked time and again. */
export const topologyHints: NodeFinding = { codes: {}, look: atOnce(look) };

/** The Service that was asked for, by a clusterIP, another address of its own, or a NodePort of this node. */
function serviceAsked({ cluster, facts }: Subject, { packet }: Asked): ServiceRecord | undefined {
  const { destination, dport, protocol } = packet;
  const byAddress = cluster
    .servicesAt(destination.text)
    .find(({ service }) => service.ports.some((port) => port.port === dport && port.protocol === protocol));
  if (byAddress !== undefined || dport === null || isOwn(facts, destination.text) !== true) return byAddress?.service;
  return cluster.services.find(({ ports }) => ports.some((port) => port.nodePort === dport && port.protocol === protocol));
}

/** What kube-proxy makes of hints (CanUseTopology, categorizeEndpoints): all endpoints are used as soon as one ready one has none. */
function sentence(subject: Subject, service: ServiceRecord): string | undefined {
  const { cluster } = subject;
  const name = `${service.namespace}/${service.name}`;
  const ready = cluster
    .slicesOf(service.namespace, service.name)
    .flatMap(({ endpoints }) => endpoints)
    .filter((endpoint) => endpoint.ready);
  const without = ready.filter(({ hintZones }) => (hintZones?.length ?? 0) === 0).length;
  if (ready.length === 0 || without === ready.length) return undefined;
  const all = `all ${ready.length} ready endpoints are used, in every zone`;
  if (without > 0)
    return `Zone hints of ${name} do not count: ${without} of ${ready.length} ready endpoints ${without === 1 ? 'has' : 'have'} none, so ${all}.`;
  const node = nodeName(subject);
  const zone = cluster.node(node)?.zone ?? '';
  if (zone === '')
    return `Zone hints of ${name} do not count here: ${node === '' ? 'the node' : `node ${node}`} has no label topology.kubernetes.io/zone that is known, so ${all}.`;
  const here = ready.filter(({ hintZones }) => hintZones?.includes(zone) === true).length;
  return here === 0
    ? `Zone hints of ${name} do not count here: no endpoint has one for zone ${zone}, so ${all}.`
    : `Zone hints of ${name} are for zone ${zone} at ${here} of ${ready.length} ready endpoints: a kube-proxy that goes by them uses no other here.`;
}

function look(subject: Subject, asked: Asked | null): Looked {
  const service = asked === null ? undefined : serviceAsked(subject, asked);
  const said = service === undefined ? undefined : sentence(subject, service);
  return said === undefined ? nothing : { ...nothing, fine: [said] };
}
