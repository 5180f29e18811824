/** The Services that a dump has rules or chains for and, after a comparison, those that it lacks; each with the entries that it has. */
import { createMemory } from '../../base/memory.ts';
import type { Steps } from '../../base/steps.ts';
import type { Drift, ServiceDrift } from '../drift/drift.ts';
import { worstStatus } from '../drift/finding.ts';
import { chainFrontends } from '../flow/chain-frontends.ts';
import { targetOf } from '../flow/frontend-target.ts';
import { type Frontend, frontendLabel, frontendSteps } from '../flow/frontends.ts';
import { ofFirstDumps } from '../flow/resolve-target.ts';
import { type SharedEntry, sharedEntries, sharedEntryTexts } from '../flow/shared-entries.ts';
import type { Resolution } from '../identity/chain-identity.ts';
import { hashedPrefix, portName, splitHashedName } from '../identity/chain-names.ts';
import { type EntryEnds, entryEnds } from './entry-ends.ts';
import { entryState, type JudgedEntry, type ServiceState, serviceState } from './state.ts';

export interface ListedService {
  /** What asks for its flow: "shop/web"; an address where no name is known. Unique in a list. */
  readonly to: string;
  /** Empty where no name is known. */
  readonly namespace: string;
  /** Of one without a name its chain, or its first address. */
  readonly name: string;
  readonly entries: readonly Frontend[];
  /** Entries that it has and another Service's rules, which are asked first, take. */
  readonly taken: readonly SharedEntry[];
  /** null where it was not compared with a cluster. */
  readonly drift: ServiceDrift | null;
}

export interface ServiceList {
  /** By namespace and name, those without a name last. */
  readonly services: readonly ListedService[];
  /** By `to`. */
  readonly byTarget: ReadonlyMap<string, ListedService>;
  /** What it was compared with; empty for nothing. */
  readonly cluster: string;
}

const frontendsBetweenPauses = 512;

interface ServiceBeingRead {
  readonly namespace: string;
  readonly name: string;
  readonly to: string;
  readonly entries: Frontend[];
  readonly taken: SharedEntry[];
}

/** What tells one Service from another where nothing names it: the hash that its chains share, else its address. */
function namelessOf({ target, ...rest }: Frontend): { readonly key: string; readonly name: string } {
  const hash = target === null ? undefined : splitHashedName(target.name)?.hash;
  const label = frontendLabel({ target, ...rest });
  if (target === null || hashedPrefix(target.name) === undefined) return { key: label, name: label };
  return { key: hash ?? target.name, name: target.name };
}

function compare(a: ListedService, b: ListedService): number {
  if ((a.namespace === '') !== (b.namespace === '')) return a.namespace === '' ? 1 : -1;
  if (a.namespace !== b.namespace) return a.namespace < b.namespace ? -1 : 1;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** Lists the Services of a ruleset. `drift` is null where there is no cluster to compare with. Pauses every few hundred rules. */
export function* listServices(resolution: Resolution, drift: Drift | null): Steps<ServiceList> {
  const read = new Map<string, ServiceBeingRead>();
  const add = (frontend: Frontend): void => {
    const { service } = frontend;
    const nameless = service === null ? namelessOf(frontend) : undefined;
    const namespace = service?.namespace ?? '';
    const name = service?.name ?? nameless?.name ?? '';
    const key = service === null ? ` ${nameless?.key}` : portName(namespace, name, '');
    const known = read.get(key);
    if (known !== undefined) known.entries.push(frontend);
    else
      read.set(key, {
        namespace,
        name,
        to: service === null ? targetOf(resolution, frontend) : key,
        entries: [frontend],
        taken: [],
      });
  };
  const frontends = yield* frontendSteps(resolution);
  const ofFirst = ofFirstDumps(frontends);
  for (const [at, frontend] of ofFirst.entries()) {
    if (frontend.kind !== 'host-port') add(frontend);
    if (at % frontendsBetweenPauses === frontendsBetweenPauses - 1) yield;
  }
  const led = new Set(
    frontends.map(({ service }) => (service === null ? '' : portName(service.namespace, service.name, service.port))),
  );
  const isNew = (service: { readonly namespace: string; readonly name: string; readonly port: string }): boolean =>
    !led.has(portName(service.namespace, service.name, service.port));
  for (const frontend of yield* chainFrontends(resolution, isNew)) add(frontend);
  for (const shared of sharedEntries(ofFirst)) {
    const { namespace, name } = shared.service;
    const key = portName(namespace, name, '');
    const known = read.get(key);
    if (known !== undefined) known.taken.push(shared);
    else read.set(key, { namespace, name, to: key, entries: [], taken: [shared] });
  }
  const compared = new Map(drift?.services.map((service) => [portName(service.namespace, service.name, ''), service]));
  for (const [key, { namespace, name }] of compared)
    if (!read.has(key)) read.set(key, { namespace, name, to: key, entries: [], taken: [] });
  const services = [...read].map(([key, service]): ListedService => ({ ...service, drift: compared.get(key) ?? null }));
  services.sort(compare);
  const cluster = drift === null || drift.dumps.length === 0 ? '' : resolution.cluster.source.label;
  return { services, byTarget: new Map(services.map((service) => [service.to, service])), cluster };
}

const known = createMemory<Resolution, Map<Frontend, EntryEnds>>();

/** What becomes of packets to an entry; asked once for each. */
export function* endsOfEntry(resolution: Resolution, frontend: Frontend): Steps<EntryEnds> {
  let ends = known.get(resolution);
  if (ends === undefined) {
    ends = new Map();
    known.set(resolution, ends);
  }
  let own = ends.get(frontend);
  if (own === undefined) {
    own = yield* entryEnds(resolution, frontend);
    ends.set(frontend, own);
  }
  return own;
}

function* judge(resolution: Resolution, frontend: Frontend): Steps<JudgedEntry> {
  return { kind: frontend.kind, label: frontendLabel(frontend), ends: yield* endsOfEntry(resolution, frontend) };
}

/** The first rule of a listed Service, 0-based; null where the dump has none. */
export function lineOfService({ entries, taken, drift }: ListedService): number | null {
  for (const { target } of entries) if (target?.rules[0] !== undefined) return target.rules[0];
  return entries[0]?.lines[0] ?? taken[0]?.line ?? drift?.findings.find(({ line }) => line !== null)?.line ?? null;
}

/** What becomes of packets to each of these entries. Pauses after each packet. */
export function* judgeAll(resolution: Resolution, entries: readonly Frontend[]): Steps<readonly JudgedEntry[]> {
  const judged: JudgedEntry[] = [];
  for (const frontend of entries) judged.push(yield* judge(resolution, frontend));
  return judged;
}

/** A state with what is said of entries that another Service's rules take; that of a Service with no others is that nothing comes to it. */
function withTaken(state: ServiceState, { entries, taken }: ListedService): ServiceState {
  const [first] = taken;
  if (first === undefined) return state;
  const remarks = [...sharedEntryTexts(taken), ...state.remarks];
  if (entries.length > 0) return { ...state, remarks };
  const { service } = first.first;
  const taker = service === null ? 'another Service' : `${service.namespace}/${service.name}`;
  return { kind: 'unreached', words: `${taker} is asked first at its addresses`, line: first.line, remarks };
}

/** The state of a listed Service. Pauses after each packet. */
export function* stateOfService(resolution: Resolution, list: ServiceList, service: ListedService): Steps<ServiceState> {
  return withTaken(serviceState(yield* judgeAll(resolution, service.entries), service.drift, list.cluster), service);
}

/** The state of one port of a Service: of its entries, with what drift finds of that port. */
export function* stateOfPort(
  resolution: Resolution,
  list: ServiceList,
  { drift }: ListedService,
  entries: readonly Frontend[],
): Steps<ServiceState> {
  const port = entries[0]?.service?.port ?? '';
  const findings = drift?.findings.filter((finding) => finding.port === port) ?? [];
  const own = drift === null ? null : { ...drift, findings, status: worstStatus(findings) };
  return serviceState(yield* judgeAll(resolution, entries), own, list.cluster);
}

/** The state of one entry. */
export function* stateOfEntry(resolution: Resolution, frontend: Frontend): Steps<ServiceState> {
  return entryState(yield* judge(resolution, frontend));
}
