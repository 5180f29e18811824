/**
 * Who reaches a Service by which of its entries: a packet from each kind of client to each entry, sent through the rules. Every answer is what
 * `trace` gives for that packet. Plain data that survives JSON; lines are 1-based, shares 0 to 1.
 */
import { mappedSteps, type Steps } from '../../base/steps.ts';
import type { Effort } from '../../netfilter/enumeration/options.ts';
import type { Packet } from '../../netfilter/packet.ts';
import { notShownTexts } from '../../netfilter/trace-report.ts';
import type { Dump } from '../../ruleset/ruleset.ts';
import { eachFrontendOfRecord, type Frontend, type FrontendService, frontendLabel, frontendSteps } from '../flow/frontends.ts';
import type { FlowEntryKind } from '../flow/graph.ts';
import { nodeAddress } from '../flow/packet-sources.ts';
import { chooseFrontends, otherProxyNoteSteps } from '../flow/resolve-target.ts';
import { sharedEntries, sharedEntryTexts } from '../flow/shared-entries.ts';
import type { FlowTargetSpec } from '../flow/target.ts';
import type { Resolution } from '../identity/chain-identity.ts';
import { portName } from '../identity/chain-names.ts';
import { assumedHooksNotes } from '../proxy/assumed-hooks.ts';
import { dumpNode } from '../proxy/dump-node.ts';
import { severalDumpsNotes } from '../proxy/several-dumps.ts';
import { arrivingClients, type Client, type ClientKind } from './clients.ts';
import { type Delivered, type Delivery, deliverSteps, newDelivery } from './deliver.ts';
import { fatesOf } from './fates.ts';
import { type AskOptions, followOptions } from './node-knowledge.ts';
import { type AskedService, type ReachAnswer, reachAnswer } from './reach-answer.ts';

export interface ReachClient {
  readonly kind: ClientKind;
  /** "a Pod on node-a", "outside (203.0.113.0/24)". */
  readonly words: string;
  /** The Pod or node that stands for its kind; null where an address alone does. */
  readonly name: string | null;
  /** The packet that was sent: what `trace` takes. */
  readonly packet: {
    readonly from: string;
    readonly sport: number | null;
    readonly to: string;
    readonly dport: number | null;
    readonly protocol: string;
    readonly hook: 'prerouting' | 'output';
    readonly in: string | null;
  };
  readonly answer: ReachAnswer;
}

export interface ReachEntry {
  readonly kind: FlowEntryKind;
  /** null for a NodePort, which is any address of the node. */
  readonly ip: string | null;
  readonly port: number;
  readonly family: 'ipv4' | 'ipv6';
  /** "10.96.20.10:80/tcp", "NodePort 30080/tcp". */
  readonly label: string;
  /** The rules that look for it; none where the dump has none. */
  readonly lines: readonly number[];
  readonly clients: readonly ReachClient[];
}

export interface ReachService {
  /** "shop/web:http"; an entry's label where nothing names a Service. */
  readonly name: string;
  /** null where neither comment nor cluster names one. */
  readonly service: { readonly namespace: string; readonly name: string; readonly port: string } | null;
  readonly protocol: string;
  readonly entries: readonly ReachEntry[];
}

export interface ReachReport {
  /** The node of the dump; empty where nothing tells it. */
  readonly node: string;
  readonly services: readonly ReachService[];
  /** What was taken to be so, and what else is to be known, in sentences. */
  readonly notes: readonly string[];
}

export type ReachResult =
  | { readonly ok: true; readonly report: ReachReport }
  /** One sentence: why there is nothing to say. */
  | { readonly ok: false; readonly message: string };

const askedKinds: ReadonlySet<FlowEntryKind> = new Set([
  'cluster-ip',
  'node-port',
  'load-balancer-ip',
  'external-ip',
  'host-port',
]);
const mostNotes = 40;
const mostNamed = 8;
/** Of all packets together: each has its share of paths that are followed singly, and thousands of packets are asked about. */
const mostStepsOfSinglePaths = 60_000;

/** What is shared by all packets of one report. */
interface Search {
  readonly resolution: Resolution;
  readonly options: AskOptions;
  readonly deliveries: Map<string, Delivery>;
  readonly hooked: Set<string>;
  readonly assumptions: Set<string>;
  readonly unknown: Map<string, readonly string[]>;
  readonly effort: Effort;
}

/** How packets are sent through one dump; an excerpt's chains for the node alone are hooked in for packets to the node. */
function* deliveryFor(search: Search, dump: Dump, destination: string): Steps<Delivery> {
  const { resolution, options: known, deliveries, hooked, effort } = search;
  const own = nodeAddress(resolution, dump).text;
  const isOwn = destination === own || destination === '127.0.0.1' || destination === '::1';
  const key = `${dump.index} ${isOwn}`;
  let delivery = deliveries.get(key);
  if (delivery === undefined) {
    const options = followOptions(resolution, dump, destination, hooked, { ...known, own: new Set([own]) });
    delivery = yield* newDelivery(resolution.ruleset, dump, { ...options, effort });
    deliveries.set(key, delivery);
  }
  return delivery;
}

/** Whether rules of nat, which rewrite sources and mark packets for that, may stand on the way that the text does not show. */
function mayBeRewritten({ missing, unshown }: Delivered): boolean {
  const isOfNat = ({ table }: { readonly table: string }): boolean => table === 'nat';
  return [...unshown.values()].some(isOfNat) || [...missing].some(({ table }) => table.name === 'nat');
}

function* answerFor(search: Search, asked: AskedService, dump: Dump, packet: Packet): Steps<ReachAnswer> {
  const delivery = yield* deliveryFor(search, dump, packet.destination.text);
  const delivered = yield* deliverSteps(delivery, packet);
  for (const text of delivered.assumptions) if (search.assumptions.size < mostNotes) search.assumptions.add(text);
  const notShown = notShownTexts({ missing: [...delivered.missing], unshown: [...delivered.unshown.values()] });
  const unknown = delivered.isComplete ? notShown : [...notShown, 'There are more outcomes than could be followed.'];
  // Most answers do not know the same: one list for all of them.
  const key = unknown.join('\n');
  const shared = search.unknown.get(key) ?? unknown;
  search.unknown.set(key, shared);
  return reachAnswer(asked, fatesOf(delivered.endings), { unknown: shared, mayBeRewritten: mayBeRewritten(delivered) });
}

function clientOf({ kind, words, name, packet }: Client, answer: ReachAnswer): ReachClient {
  return {
    kind,
    words,
    name,
    packet: {
      from: packet.source?.text ?? '',
      sport: packet.sport,
      to: packet.destination.text,
      dport: packet.dport,
      protocol: packet.protocol,
      hook: packet.isFromHere ? 'output' : 'prerouting',
      in: packet.in === '' ? null : packet.in,
    },
    answer,
  };
}

function* entryFor(search: Search, frontend: Frontend): Steps<ReachEntry> {
  const clients: ReachClient[] = [];
  const { resolution } = search;
  const { kind, ip, port, dump, lines, target } = frontend;
  const service = target === null ? null : resolution.chain(target).service;
  const asked = { resolution, service: service ?? undefined };
  for (const client of arrivingClients(resolution, frontend))
    clients.push(clientOf(client, yield* answerFor(search, asked, dump, client.packet)));
  return { kind, ip, port, family: dump.family, label: frontendLabel(frontend), lines: lines.map((line) => line + 1), clients };
}

function nameOf(frontend: Frontend): string {
  const { service } = frontend;
  return service === null ? frontendLabel(frontend) : portName(service.namespace, service.name, service.port);
}

/** Of what a large dump has tens of thousands of. */
const manyBetweenPauses = 2_048;

/** Frontends by the Service port that they are entries of, in the order of the first of each. */
function* byService(frontends: readonly Frontend[]): Steps<readonly (readonly Frontend[])[]> {
  const groups = new Map<string, Frontend[]>();
  for (const [at, frontend] of frontends.entries()) {
    if (at % manyBetweenPauses === manyBetweenPauses - 1) yield;
    if (!askedKinds.has(frontend.kind) || frontend.port === 0) continue;
    const key = `${nameOf(frontend)}/${frontend.protocol}`;
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [frontend]);
    else known.push(frontend);
  }
  return [...groups.values()];
}

/** Of several dumps of one family in a file, the first counts. */
function ofFirstDumps(frontends: readonly Frontend[]): readonly Frontend[] {
  const first = new Map<string, number>();
  for (const { dump } of frontends) first.set(dump.family, Math.min(first.get(dump.family) ?? dump.index, dump.index));
  return frontends.filter(({ dump }) => first.get(dump.family) === dump.index);
}

/** Services of the cluster that no rule of the dump is for, in a sentence; empty for none. */
function* withoutRules(resolution: Resolution, frontends: readonly Frontend[]): Steps<string> {
  const names = new Set(yield* mappedSteps(frontends, ({ service }) => `${service?.namespace}/${service?.name}`));
  for (const { service } of sharedEntries(frontends)) names.add(`${service.namespace}/${service.name}`);
  const lost: string[] = [];
  for (const [at, service] of resolution.cluster.services.entries()) {
    if (at % manyBetweenPauses === manyBetweenPauses - 1) yield;
    const name = `${service.namespace}/${service.name}`;
    if (!names.has(name) && eachFrontendOfRecord(resolution, service).next().done !== true) lost.push(name);
  }
  if (lost.length === 0) return '';
  const more = lost.length > mostNamed ? ` and ${lost.length - mostNamed} more` : '';
  return `The dump has no rule for ${lost.slice(0, mostNamed).join(', ')}${more}, which the cluster has: ask for one of them by its name.`;
}

/** Entries of some Services, null for all, that two have; a sentence each. */
function sharedNotes(frontends: readonly Frontend[], services: readonly ReachService[] | null): readonly string[] {
  const names = new Set(services?.map(({ service }) => `${service?.namespace}/${service?.name}`));
  const isAsked = (service: FrontendService | null): boolean =>
    services === null || names.has(`${service?.namespace}/${service?.name}`);
  const shared = sharedEntries(frontends).filter(({ first, service }) => isAsked(first.service) || isAsked(service));
  return sharedEntryTexts(shared, mostNamed);
}

const dumpsBetweenPauses = 512;

/** What is to be known of the clients that were asked for. */
function* clientNotes(resolution: Resolution, services: readonly ReachService[]): Steps<readonly string[]> {
  const clients = (yield* mappedSteps(services, ({ entries }) => entries.flatMap((entry) => entry.clients))).flat();
  if (clients.length > manyBetweenPauses) yield;
  const notes: string[] = [];
  if (clients.some(({ kind }) => kind === 'pod-elsewhere' || kind === 'node-elsewhere'))
    notes.push(
      'Packets of other nodes and their Pods meet the rules of their own node first: told is what this node does with those that it gets.',
    );
  else if (clients.length > 0)
    notes.push(
      `Nothing tells addresses of other nodes and their Pods: what they ask for is not looked at. ${
        resolution.cluster.source.kind === 'none' ? 'Give --cluster FILE.' : 'Say with --node which node the dump is of.'
      }`,
    );
  const { dumps } = resolution.ruleset;
  const addresses = new Set<string>();
  for (const [index, dump] of dumps.entries()) {
    if (dumpNode(resolution, dump).record === null) addresses.add(nodeAddress(resolution, dump).text);
    if (index % dumpsBetweenPauses === dumpsBetweenPauses - 1) yield;
  }
  if (clients.length > manyBetweenPauses) yield;
  const unknown = [...addresses];
  if (unknown.length > 0 && clients.some(({ packet }) => unknown.includes(packet.to) || unknown.includes(packet.from)))
    notes.push(`${unknown.join(' and ')} stands for an address of this node, as nothing tells one.`);
  return notes;
}

/** The entries of one Service port. */
export interface EntryGroup {
  /** "shop/web:http"; an entry's label where nothing names a Service. */
  readonly name: string;
  readonly frontends: readonly Frontend[];
}

export type EntryGroups =
  | { readonly ok: true; readonly groups: readonly EntryGroup[]; readonly all: readonly Frontend[] }
  /** One sentence: why there is nothing to ask for. */
  | { readonly ok: false; readonly message: string };

const nothingLeads = 'No address or port is shown to lead there: no rule of the dump sends packets to the chains of the Service.';

/** The entries of a Service, or of all Services that the dump has rules for, by Service port. @param target null for all */
export function* entryGroups(resolution: Resolution, target: FlowTargetSpec | null): Steps<EntryGroups> {
  const choice = target === null ? null : yield* chooseFrontends(resolution, target);
  if (choice?.ok === false) return { ok: false, message: choice.reason };
  const all = choice?.frontends ?? ofFirstDumps(yield* frontendSteps(resolution));
  const groups = (yield* byService(all)).flatMap((frontends): readonly EntryGroup[] => {
    const [first] = frontends;
    return first === undefined ? [] : [{ name: nameOf(first), frontends }];
  });
  return target !== null && groups.length === 0 ? { ok: false, message: nothingLeads } : { ok: true, groups, all };
}

/**
 * Who reaches a Service, or all Services that the dump has rules for, by which entry; or in a sentence why there is nothing to say. Pauses after
 * each entry; never throws.
 * @param target null for all
 */
export function* reachSteps(resolution: Resolution, target: FlowTargetSpec | null, options: AskOptions = {}): Steps<ReachResult> {
  const search: Search = {
    resolution,
    options,
    deliveries: new Map(),
    hooked: new Set(),
    assumptions: new Set(),
    unknown: new Map(),
    effort: { left: mostStepsOfSinglePaths },
  };
  const chosen = yield* entryGroups(resolution, target);
  if (!chosen.ok) return chosen;
  const services: ReachService[] = [];
  for (const { name, frontends } of chosen.groups) {
    const entries: ReachEntry[] = [];
    for (const frontend of frontends) {
      entries.push(yield* entryFor(search, frontend));
      yield;
    }
    services.push({ name, service: frontends[0]?.service ?? null, protocol: frontends[0]?.protocol ?? '', entries });
  }
  const [dump] = resolution.ruleset.dumps;
  const notes = [
    yield* otherProxyNoteSteps(resolution),
    ...severalDumpsNotes(resolution.ruleset, [
      ...new Set(chosen.groups.flatMap(({ frontends }) => frontends.map(({ dump: of }) => of))),
    ]),
    ...(yield* clientNotes(resolution, services)),
    ...assumedHooksNotes(search.hooked),
    ...search.assumptions,
    ...new Set([...search.unknown.values()].flat()),
    ...sharedNotes(yield* frontendSteps(resolution), target === null ? null : services),
    target === null ? yield* withoutRules(resolution, chosen.all) : '',
  ];
  return {
    ok: true,
    report: {
      node: dump === undefined ? '' : dumpNode(resolution, dump).name,
      services,
      notes: notes.filter((note) => note !== ''),
    },
  };
}
