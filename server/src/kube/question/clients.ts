/** Who asks for a Service: one packet of each kind of client that the rules may treat otherwise than the others. */

import { inCIDR, isIPv6 } from '../../base/ip.ts';
import { createMemory } from '../../base/memory.ts';
import type { NodeRecord, PodRecord } from '../../cluster/objects.ts';
import { type IPAddress, ipAddress, isLoopback, type Packet, packetOf } from '../../netfilter/packet.ts';
import type { Dump } from '../../ruleset/ruleset.ts';
import type { Frontend } from '../flow/frontends.ts';
import { addressIn, type Networks, networksOf, nodeAddress, podSource, strangers } from '../flow/packet-sources.ts';
import type { Resolution } from '../identity/chain-identity.ts';
import { dumpNode } from '../proxy/dump-node.ts';
import { arrival } from './arrival.ts';

export type ClientKind = 'pod' | 'pod-elsewhere' | 'node' | 'loopback' | 'node-elsewhere' | 'outside';

export interface Client {
  readonly kind: ClientKind;
  /** "a Pod on node-a", "outside", "outside (203.0.113.0/24)". */
  readonly words: string;
  /** The Pod or node that stands for its kind: "shop/web-0"; null where an address without one does. */
  readonly name: string | null;
  readonly packet: Packet;
}

/** Pods and nodes that stand for others of their kind, of one family. */
interface Places {
  readonly node: IPAddress;
  readonly nodeName: string;
  readonly podsHere: readonly PodRecord[];
  readonly podsElsewhere: readonly PodRecord[];
  /** Networks of Pods of other nodes. */
  readonly networksElsewhere: readonly string[];
  readonly nodeElsewhere: { readonly name: string; readonly ip: IPAddress } | null;
}

const places = createMemory<Resolution, Map<Dump, Places>>();
const sourcePort = 40_000;
const mostPodsTried = 64;

function ofFamily(addresses: readonly string[], isV6: boolean): string | undefined {
  return addresses.find((address) => isIPv6(address) === isV6);
}

function nodeIP({ addresses }: NodeRecord, isV6: boolean): IPAddress | undefined {
  const own = addresses.filter(({ address }) => isIPv6(address) === isV6);
  const text = (own.find(({ type }) => type === 'InternalIP') ?? own.find(({ type }) => type === 'ExternalIP'))?.address;
  return text === undefined ? undefined : ipAddress(text);
}

function findPlaces(resolution: Resolution, dump: Dump): Places {
  const { cluster } = resolution;
  const { name: nodeName, record } = dumpNode(resolution, dump);
  const isV6 = dump.family === 'ipv6';
  const pods = cluster.pods.filter(
    ({ hostNetwork, phase, podIPs }) =>
      !hostNetwork && phase !== 'Succeeded' && phase !== 'Failed' && ofFamily(podIPs, isV6) !== undefined,
  );
  const others = record === null ? [] : cluster.nodes.filter((node) => node !== record);
  const other = others.flatMap((node) => {
    const ip = nodeIP(node, isV6);
    return ip === undefined ? [] : [{ name: node.name, ip }];
  })[0];
  return {
    node: nodeAddress(resolution, dump),
    nodeName,
    podsHere: record === null ? [] : pods.filter(({ node }) => node === record.name),
    podsElsewhere: record === null ? [] : pods.filter(({ node }) => node !== '' && node !== record.name),
    networksElsewhere: others.flatMap(({ podCIDRs }) => podCIDRs.filter((network) => isIPv6(network) === isV6)),
    nodeElsewhere: other ?? null,
  };
}

function placesOf(resolution: Resolution, dump: Dump): Places {
  let known = places.get(resolution);
  if (known === undefined) {
    known = new Map();
    places.set(resolution, known);
  }
  let found = known.get(dump);
  if (found === undefined) {
    found = findPlaces(resolution, dump);
    known.set(dump, found);
  }
  return found;
}

interface Standing {
  readonly name: string | null;
  readonly ip: IPAddress;
}

/** A Pod that asks and is not asked itself. */
function podAmong(pods: readonly PodRecord[], { endpoints }: Networks, isV6: boolean): Standing | undefined {
  for (const { namespace, name, podIPs } of pods.slice(0, mostPodsTried)) {
    const text = ofFamily(podIPs, isV6);
    const ip = text === undefined || endpoints.has(text) ? undefined : ipAddress(text);
    if (ip !== undefined) return { name: `${namespace}/${name}`, ip };
  }
  return undefined;
}

function podHere(resolution: Resolution, frontend: Frontend, networks: Networks): Standing | undefined {
  const { podsHere } = placesOf(resolution, frontend.dump);
  const pod = podAmong(podsHere, networks, frontend.dump.family === 'ipv6');
  if (pod !== undefined) return pod;
  const ip = podSource(resolution, frontend, networks);
  return ip === undefined ? undefined : { name: null, ip };
}

function podElsewhere(resolution: Resolution, { dump }: Frontend, networks: Networks): Standing | undefined {
  const { podsElsewhere, networksElsewhere } = placesOf(resolution, dump);
  const pod = podAmong(podsElsewhere, networks, dump.family === 'ipv6');
  const [network] = networksElsewhere;
  if (pod !== undefined || network === undefined) return pod;
  const ip = addressIn(network, networks.endpoints);
  return ip === undefined ? undefined : { name: null, ip };
}

/** An address of each network that rules on the way to a frontend treat in their own way. */
function outsiders(node: IPAddress, { dump }: Frontend, { others, pods, endpoints }: Networks): readonly [string, IPAddress][] {
  const { family } = dump;
  const found: [string, IPAddress][] = [];
  for (const network of others) {
    if (isIPv6(network) !== (family === 'ipv6')) continue;
    const ip = addressIn(network, endpoints);
    if (ip === undefined || ip.text === node.text || endpoints.has(ip.text)) continue;
    if (isLoopback(ip) || [...pods].some((each) => inCIDR(ip.text, each))) continue;
    found.push([`outside (${network})`, ip]);
  }
  const stranger = ipAddress(strangers[family].outside);
  if (stranger !== undefined) found.push([others.size > 0 ? 'outside (elsewhere)' : 'outside', stranger]);
  return found;
}

/** The clients of a frontend, with the interfaces that their packets come in by where a bundle's routes tell. */
export function arrivingClients(resolution: Resolution, frontend: Frontend): readonly Client[] {
  const clients = clientsOf(resolution, frontend);
  const { facts } = resolution.origin;
  if (facts === undefined) return clients;
  return clients.map((client) => {
    const { packet } = client;
    if (packet.isFromHere || packet.in !== null || packet.source === null) return client;
    const told = arrival(facts, { from: packet.source.text, to: packet.destination.text, hook: 'prerouting' });
    return told.in === undefined ? client : { ...client, packet: { ...packet, in: told.in } };
  });
}

/** A packet of a new connection to a frontend from each kind of client. Kinds of which nothing tells an address are left out. */
export function clientsOf(resolution: Resolution, frontend: Frontend): readonly Client[] {
  const { node, nodeName, nodeElsewhere } = placesOf(resolution, frontend.dump);
  const networks = networksOf(resolution, frontend);
  const destination = frontend.ip === null ? node : ipAddress(frontend.ip);
  if (destination === undefined) return [];
  const clients: Client[] = [];
  const add = (kind: ClientKind, words: string, { name, ip }: Standing, to = destination): void => {
    const isFromHere = kind === 'node' || kind === 'loopback';
    const packet = packetOf({
      source: ip,
      destination: to,
      protocol: frontend.protocol,
      sport: sourcePort,
      dport: frontend.port,
      isFromHere,
      in: kind === 'pod' ? (networks.podInterface?.replace(/\+$/, '0') ?? null) : null,
    });
    clients.push({ kind, words, name, packet });
  };
  const here = podHere(resolution, frontend, networks);
  if (here !== undefined) add('pod', nodeName === '' ? 'a Pod of this node' : `a Pod on ${nodeName}`, here);
  const elsewhere = podElsewhere(resolution, frontend, networks);
  if (elsewhere !== undefined) add('pod-elsewhere', 'a Pod on another node', elsewhere);
  const name = nodeName === '' ? null : nodeName;
  add('node', nodeName === '' ? 'this node' : nodeName, { name, ip: node });
  const loopback = networks.localhost ? ipAddress(frontend.dump.family === 'ipv4' ? '127.0.0.1' : '::1') : undefined;
  if (loopback !== undefined)
    add('loopback', `${nodeName === '' ? 'this node' : nodeName} by ${loopback.text}`, { name, ip: loopback }, loopback);
  if (nodeElsewhere !== null) add('node-elsewhere', 'another node', nodeElsewhere);
  for (const [words, ip] of outsiders(node, frontend, networks)) add('outside', words, { name: null, ip });
  return clients;
}
