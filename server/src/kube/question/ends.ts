/** A question about a packet as people ask it, by names, and the addresses and ports that it means. */
import { canonicalIP, hostPort, inCIDR, isIPv6, isLoopbackIP, parseHostPort } from '../../base/ip.ts';
import { nearestNames } from '../../base/nearest-names.ts';
import type { Steps } from '../../base/steps.ts';
import type { NodeRecord, PodRecord } from '../../cluster/objects.ts';
import { canonicalProtocol } from '../../netfilter/core-match-predicates.ts';
import { protocolsWithPorts } from '../../netfilter/trace-request.ts';
import { type Frontend, frontendSteps } from '../flow/frontends.ts';
import { entryKindNames, type FlowEntryKind } from '../flow/graph.ts';
import { strangers } from '../flow/packet-sources.ts';
import { chooseFrontends } from '../flow/resolve-target.ts';
import { parseFlowTarget } from '../flow/target.ts';
import type { Resolution } from '../identity/chain-identity.ts';
import { dumpNode } from '../proxy/dump-node.ts';
import { endedNotes, insteadOf, meantEnd, plainDestination, plainSource } from './end-text.ts';
import type { QuestionEntry } from './entries.ts';
import type { AskOptions } from './node-knowledge.ts';

/** What is asked, as typed. */
export interface Question {
  /** `IP[:PORT]`, `namespace/pod`, `node:NAME`, `this-node` or `outside`. */
  readonly from: string;
  /** `IP[:PORT]`, `namespace/service[:port]`, `namespace/pod[:port]`, `node:NAME[:port]` or `this-node[:port]`; a protocol may follow, as in `10.96.0.10:53/udp`. */
  readonly to: string;
  /** undefined where it is not said: that of the Service's port, or tcp. */
  readonly protocol?: string | undefined;
  readonly hook?: string | undefined;
  /** By which address a Service is asked for; the first of those that its clients use where it is not said. */
  readonly entry?: QuestionEntry | undefined;
  /** Whether Services and nodes with addresses of both families are asked for by IPv6; told by `from` where it is an address. */
  readonly ipv6?: boolean | undefined;
}

export interface QuestionEnds {
  readonly from: string;
  readonly to: string;
  readonly protocol?: string;
  readonly hook?: string;
  /** What was taken to be so, in sentences. */
  readonly notes: readonly string[];
}

export type QuestionAnswer =
  | { readonly ok: true; readonly ends: QuestionEnds }
  /** One sentence: what was wrong, and what is expected. */
  | { readonly ok: false; readonly message: string };

/** Ends the reading of a question; `questionEnds` makes an answer of it. */
class Refusal extends Error {}

function refuse(message: string): never {
  throw new Refusal(message);
}

const expectedFrom = 'IP[:PORT], namespace/pod, node:NAME, this-node or outside';
const expectedTo = 'IP:PORT, namespace/service[:port], namespace/pod:port, node:NAME:port or this-node:port';

function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

function orNearest(wanted: string, names: Iterable<string>): string {
  const near = nearestNames(wanted, names);
  return near.length === 0 ? '' : ` Did you mean ${near.join(' or ')}?`;
}

/** What comes in from where: a Pod or a node asks for a Service by its clusterIP, others by an address that is seen from outside. */
const entriesFor: Readonly<Record<'inside' | 'outside', readonly FlowEntryKind[]>> = {
  inside: ['cluster-ip', 'chain', 'load-balancer-ip', 'external-ip', 'node-port'],
  outside: ['load-balancer-ip', 'external-ip', 'node-port', 'host-port'],
};

/** What a question is read with. */
interface Reading {
  readonly resolution: Resolution;
  readonly question: Question;
  readonly local: ReadonlySet<string>;
  /** The family that is asked for; null where nothing says it. */
  readonly isV6: boolean | null;
}

interface Destination {
  readonly ip: string;
  readonly port: number | null;
  readonly protocol: string | undefined;
  readonly notes: readonly string[];
}

function nodeNamed({ cluster }: Resolution, name: string, option: string): NodeRecord {
  const node = cluster.node(name);
  if (node !== undefined) return node;
  if (cluster.nodes.length === 0)
    refuse(`${option} node:${name} needs a cluster that knows its nodes: give --cluster FILE or --context NAME.`);
  return refuse(
    `The cluster has no node ${shown(name)}.${orNearest(
      name,
      cluster.nodes.map((each) => each.name),
    )}`,
  );
}

function addressOfNode(node: NodeRecord, isV6: boolean): string {
  const own = node.addresses.filter(({ address }) => canonicalIP(address) !== undefined && isIPv6(address) === isV6);
  const address = own.find(({ type }) => type === 'InternalIP') ?? own[0];
  return address?.address ?? refuse(`Node ${node.name} has no ${isV6 ? 'IPv6' : 'IPv4'} address in the cluster's objects.`);
}

function addressOfPod(pod: PodRecord, isV6: boolean | undefined): string {
  const ip = isV6 === undefined ? pod.podIPs[0] : pod.podIPs.find((each) => isIPv6(each) === isV6);
  const family = isV6 === undefined ? '' : isV6 ? 'IPv6 ' : 'IPv4 ';
  return ip ?? refuse(`Pod ${pod.namespace}/${pod.name} has no ${family}address.`);
}

function podNamed({ cluster }: Resolution, text: string, option: string): PodRecord {
  const [namespace = '', name = ''] = text.split('/');
  const pod = cluster.pod(namespace, name);
  if (pod !== undefined) return pod;
  if (!cluster.kinds.has('Pod') || !cluster.knows('Pod', namespace))
    return refuse(
      `${option} ${text} needs a cluster that knows its Pods: give --cluster FILE with pods in it, or the Pod's address.`,
    );
  const names = cluster.pods.map((each) => `${each.namespace}/${each.name}`);
  return refuse(`The cluster has no Pod ${text}.${orNearest(text, names)}`);
}

function portOf(text: string): number {
  const port = Number(text);
  return /^\d+$/.test(text) && port <= 65_535
    ? port
    : refuse(`--to: ${shown(text)} is no port: expected a number from 0 to 65535.`);
}

/** One of the node's addresses that were given. */
function givenAddress({ local }: Reading, isV6: boolean): string | undefined {
  return [...local].find((address) => isIPv6(address) === isV6);
}

/** The address that a packet to a frontend is sent to: its own, or the node's for a NodePort. */
function addressOfFrontend(reading: Reading, { ip, dump, kind }: Frontend): Pick<Destination, 'ip' | 'notes'> {
  if (ip !== null) return { ip, notes: [] };
  const { record } = dumpNode(reading.resolution, dump);
  const isV6 = dump.family === 'ipv6';
  const given = givenAddress(reading, isV6);
  if (given !== undefined) return { ip: given, notes: [] };
  if (record !== null) return { ip: addressOfNode(record, isV6), notes: [] };
  return refuse(
    `A ${kind === 'node-port' ? 'NodePort' : 'host port'} is asked for by an address of the node, which nothing tells: say it as --to IP:PORT.`,
  );
}

/** The frontend that a question is about, of those that its clients use in order of preference. */
function chosen(frontends: readonly Frontend[], isV6: boolean | null): Frontend | undefined {
  const known = frontends.filter(({ port }) => port !== 0);
  const isOf = (frontend: Frontend, wanted: boolean): boolean => (frontend.dump.family === 'ipv6') === wanted;
  if (isV6 !== null) return known.find((frontend) => isOf(frontend, isV6));
  return known.find((frontend) => isOf(frontend, false)) ?? known[0];
}

/** Why no frontend of a Service fits a question. @param others protocols that its ports have, where none has the one that is asked for */
function whyNoFrontend({ question, isV6 }: Reading, side: 'inside' | 'outside', others: ReadonlySet<string> | null): string {
  const { to, protocol, entry } = question;
  if (others !== null) return `${to} has no port of protocol ${protocol}; it has ${[...others].join(' and ')}.`;
  const family = isV6 === null ? '' : isV6 ? ' for IPv6' : ' for IPv4';
  if (entry !== undefined) return `${to} has no ${entryKindNames[entry]}${family}.`;
  return side === 'outside'
    ? `Nothing lets packets from outside in to ${to}: it has no NodePort, load balancer or external IP${family}.`
    : `Nothing lets packets in to ${to}: it has no address${family}.`;
}

/** What is to be known of a packet without ports to a Service. */
function portless(to: string, { kind, target }: Frontend, ip: string, protocol: string): readonly string[] {
  const asked = `${to} is asked for as ${ip}.`;
  // Of ipvs mode, where the node has the address itself, a frontend leads to no chain.
  if (kind !== 'cluster-ip' || target === null) return [asked];
  return [
    asked,
    `The rules of a Service are for its ports: ${protocol} to a clusterIP is sent to no endpoint, whatever lets it pass.`,
  ];
}

/** The destination of a question for a Service, for a client inside or outside of the cluster. */
function* serviceDestination(reading: Reading, side: 'inside' | 'outside'): Steps<Destination> {
  const { resolution, question, isV6 } = reading;
  const parsed = parseFlowTarget(question.to);
  if (!parsed.ok || parsed.target.kind !== 'service') return refuse(`--to ${shown(question.to)}: expected ${expectedTo}.`);
  const choice = yield* chooseFrontends(resolution, parsed.target);
  if (!choice.ok) {
    const { namespace, name } = parsed.target;
    return refuse(`${choice.reason}${insteadOf(resolution, resolution.cluster.service(namespace, name))}`);
  }
  const wanted = protocolOf(question);
  // What has no ports goes to the address.
  const hasPorts = wanted === undefined || protocolsWithPorts.has(wanted);
  const ofProtocol = choice.frontends.filter(
    ({ protocol, ip }) => wanted === undefined || protocol === wanted || (!hasPorts && ip !== null),
  );
  const kinds = question.entry === undefined ? entriesFor[side] : [question.entry];
  const inOrder = kinds.flatMap((kind) => ofProtocol.filter((frontend) => frontend.kind === kind));
  const frontend = chosen(inOrder, isV6);
  const others = ofProtocol.length > 0 ? null : new Set(choice.frontends.map(({ protocol }) => protocol));
  if (frontend === undefined) return refuse(whyNoFrontend(reading, side, others));
  const { ip, notes } = addressOfFrontend(reading, frontend);
  const { port, protocol } = frontend;
  if (!hasPorts) return { ip, port: null, protocol: wanted, notes: [...notes, ...portless(question.to, frontend, ip, wanted)] };
  const ports = new Set(ofProtocol.map((each) => each.service?.port ?? ''));
  const first =
    ports.size > 1
      ? [
          `${question.to} has ${ports.size} ports; asked is ${frontend.service?.port || port}. Say another as namespace/service:port.`,
        ]
      : [];
  return {
    ip,
    port,
    protocol,
    notes: [
      ...first,
      ...notes,
      `${question.to} is asked for as ${hostPort(ip, port)}/${protocol}${frontend.kind === 'cluster-ip' ? '' : ` (${frontend.kind})`}.`,
    ],
  };
}

function* destination(reading: Reading, side: 'inside' | 'outside'): Steps<Destination> {
  const { resolution, question, isV6 } = reading;
  const text = question.to;
  const { protocol } = question;
  const address = parseHostPort(text);
  if (address !== undefined) return { ip: address.ip, port: address.port, protocol, notes: [] };
  const [, node, port] = /^(?:this-node|node:([^:]+)|node)(?::([^:]+))?$/.exec(text) ?? [];
  // "node:30080" is a port of this node, unless there is a node of that name.
  const isPort = node !== undefined && /^\d+$/.test(node) && port === undefined && resolution.cluster.node(node) === undefined;
  if (/^(?:this-node|node)(?::|$)/.test(text) && (node === undefined || isPort)) {
    const own = ownSource(reading, isV6 === true).ip;
    return { ip: own, port: portFor(reading, 'this-node', isPort ? node : port), protocol, notes: [] };
  }
  if (node !== undefined) {
    const ip = addressOfNode(nodeNamed(resolution, node, '--to'), isV6 === true);
    return { ip, port: portFor(reading, `node:${node}`, port), protocol, notes: [] };
  }
  const named = /^([^/:\s]+\/[^/:\s]+)(?::([^/:\s]+))?$/.exec(text);
  if (named?.[1] === undefined) {
    const meant = meantEnd(resolution, text, 'to', yield* frontendSteps(resolution));
    return refuse(`--to ${shown(text)}: expected ${expectedTo}.${meant}`);
  }
  const [namespace = '', name = ''] = named[1].split('/');
  const pod = resolution.cluster.pod(namespace, name);
  if (pod === undefined || resolution.cluster.service(namespace, name) !== undefined)
    return yield* serviceDestination(reading, side);
  return {
    ip: addressOfPod(pod, isV6 ?? undefined),
    port: portFor(reading, named[1], named[2]),
    protocol,
    notes: endedNotes(pod),
  };
}

/** The port that was said of what has no ports of its own; null where the protocol has none. */
function portFor({ question }: Reading, name: string, port: string | undefined): number | null {
  if (port !== undefined) return portOf(port);
  const protocol = protocolOf(question) ?? 'tcp';
  return protocolsWithPorts.has(protocol)
    ? refuse(`--to ${name} has no port, which ${protocol} needs: expected ${name}:PORT.`)
    : null;
}

interface Source {
  readonly ip: string;
  readonly hook: 'prerouting' | 'output' | undefined;
  readonly notes: readonly string[];
}

/** The node of the dump that a family's packets meet. */
function thisNode(resolution: Resolution, isV6: boolean): ReturnType<typeof dumpNode> | undefined {
  const dump = resolution.ruleset.dumps.find(({ family }) => (family === 'ipv6') === isV6);
  return dump === undefined ? undefined : dumpNode(resolution, dump);
}

function ownSource(reading: Reading, isV6: boolean): Source {
  const record = thisNode(reading.resolution, isV6)?.record ?? null;
  const given = givenAddress(reading, isV6);
  if (given !== undefined) return { ip: given, hook: 'output', notes: [] };
  if (record !== null) return { ip: addressOfNode(record, isV6), hook: 'output', notes: [] };
  return refuse('Nothing tells which node the dump is of: say --from IP with --hook output, or --node NAME with a cluster.');
}

function podSource(resolution: Resolution, text: string, isV6: boolean): Source {
  const pod = podNamed(resolution, text, '--from');
  const node = thisNode(resolution, isV6)?.name ?? '';
  const isHere = node === '' || pod.node === '' || pod.node === node;
  const elsewhere = isHere
    ? []
    : [`Pod ${text} is on ${pod.node}: its packets meet the rules of that node first, and this dump is of ${node}.`];
  const ip = addressOfPod(pod, isV6);
  const notes = [...endedNotes(pod), ...elsewhere];
  if (!pod.hostNetwork) return { ip, hook: 'prerouting', notes };
  return {
    ip,
    hook: isHere ? 'output' : 'prerouting',
    notes: [...notes, `Pod ${text} uses its node's network, so that its packets are the node's own.`],
  };
}

function source(reading: Reading, isV6: boolean): Source {
  const { resolution, question } = reading;
  const text = question.from;
  if (parseHostPort(text) !== undefined) return { ip: text, hook: undefined, notes: [] };
  if (text === 'outside') {
    // The one that reach asks with: of examples and documentation many source ranges are.
    const ip = strangers[isV6 ? 'ipv6' : 'ipv4'].outside;
    return {
      ip,
      hook: 'prerouting',
      notes: [`"outside" is taken to be ${ip}, an address of no Pod and no node; source ranges may treat others otherwise.`],
    };
  }
  if (text === 'this-node' || text === 'node') return ownSource(reading, isV6);
  const node = /^node:(\S+)$/.exec(text)?.[1];
  if (node !== undefined) {
    const record = nodeNamed(resolution, node, '--from');
    const here = thisNode(resolution, isV6)?.name ?? '';
    const notes =
      here === node || here === '' ? [] : [`Packets of ${node} meet its own rules first, and this dump is of ${here}.`];
    return { ip: addressOfNode(record, isV6), hook: here === node ? 'output' : 'prerouting', notes };
  }
  if (/^[^/:\s]+\/[^/:\s]+$/.test(text)) return podSource(resolution, text, isV6);
  return refuse(`--from ${shown(text)}: expected ${expectedFrom}.${meantEnd(resolution, text, 'from', [])}`);
}

/** The protocol that a question says, as iptables-save names it; undefined where it says none. */
function protocolOf({ protocol }: Question): string | undefined {
  return protocol === undefined ? undefined : canonicalProtocol(protocol.toLowerCase()) || protocol;
}

/** The family that a question says, by itself, by the address that it is from, or by a protocol that one family has. */
function familyOf(question: Question): boolean | null {
  const ip = parseHostPort(question.from)?.ip;
  if (question.ipv6 !== undefined || ip !== undefined) return question.ipv6 ?? isIPv6(ip ?? '');
  const protocol = protocolOf(question);
  return protocol === 'ipv6-icmp' ? true : protocol === 'icmp' ? false : null;
}

function isOutside({ cluster }: Resolution, from: string): boolean {
  const ip = parseHostPort(from)?.ip;
  if (ip === undefined) return from === 'outside';
  return (
    cluster.podsAt(ip).length === 0 &&
    cluster.nodeAt(ip) === undefined &&
    cluster.endpointsAt(ip).length === 0 &&
    cluster.nodes.length > 0 &&
    !cluster.nodes.some(({ podCIDRs }) => podCIDRs.some((network) => inCIDR(ip, network)))
  );
}

/** The question with its ends spelt in the plain way. */
function plainQuestion(asked: Question): Question {
  const { text: to, protocol } = plainDestination(asked.to);
  const given = protocolOf(asked);
  if (protocol !== undefined && given !== undefined && protocol !== given)
    refuse(`--to ${shown(asked.to)} says ${protocol}, and --proto ${given}: say one of them.`);
  return { ...asked, from: plainSource(asked.from), to, protocol: asked.protocol ?? protocol };
}

/** That a packet to its own sender comes to no other machine. */
function ownEndNotes(from: string, to: string, hook: Question['hook']): readonly string[] {
  const ip = parseHostPort(from)?.ip ?? from;
  if (ip !== to || hook === 'output' || isLoopbackIP(ip)) return [];
  return [
    `${ip} is both ends: what is sent to an own address does not leave its sender, and this node sees no such packet. If it is this node's own, say --hook output.`,
  ];
}

/** The addresses, port, protocol and hook that a question means. What the dump and the cluster do not say is refused with what to say instead. */
export function* questionEnds(resolution: Resolution, asked: Question, options: AskOptions = {}): Steps<QuestionAnswer> {
  try {
    const question = plainQuestion(asked);
    const reading: Reading = { resolution, question, local: options.local ?? new Set(), isV6: familyOf(question) };
    const to = yield* destination(reading, isOutside(resolution, question.from) ? 'outside' : 'inside');
    const from = source(reading, isIPv6(to.ip));
    const hook = question.hook ?? from.hook;
    return {
      ok: true,
      ends: {
        from: from.ip,
        to: to.port === null ? to.ip : hostPort(to.ip, to.port),
        ...(to.protocol === undefined ? {} : { protocol: to.protocol }),
        ...(hook === undefined ? {} : { hook }),
        notes: [...from.notes, ...to.notes, ...ownEndNotes(from.ip, to.ip, hook)],
      },
    };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, message: error.message };
    throw error;
  }
}
