/** The objects of a snapshot, gathered as they are read. */
import { count } from '../base/counted.ts';
import type { Steps } from '../base/steps.ts';
import { type Fields, fieldsAt, isFields, listAt, textAt } from './fields.ts';
import { newestTimeOf } from './newest-time.ts';
import { objectFaultSteps } from './object-faults.ts';
import type { ClusterKind, EndpointSliceRecord, NodeRecord, PodRecord, ProxyConfig, ServiceRecord } from './objects.ts';
import { proxyConfigsOf } from './proxy-config.ts';
import { clusterKind, listItems, objectSteps } from './read-object.ts';
import { SnapshotFailure, shown, wanted } from './snapshot-failure.ts';

const itemsBetweenPauses = 400;

/** What was read of a snapshot so far. */
export interface Gathered {
  readonly services: ServiceRecord[];
  readonly slices: EndpointSliceRecord[];
  readonly pods: PodRecord[];
  readonly nodes: NodeRecord[];
  readonly proxyConfigs: ProxyConfig[];
  readonly kinds: Set<ClusterKind>;
  readonly otherKinds: Set<string>;
  readonly onlyIn: Map<ClusterKind, string>;
  /** Kinds of lists of which the API server gave a page whose next one was not read so far. */
  readonly unfinished: Set<string>;
  /** Of kinds of which an object is not what an API server gives out: what is wrong with the first such, and how many there are. */
  readonly faulty: Map<ClusterKind, { readonly first: string; count: number }>;
  malformed: number;
  objects: number;
  /** The newest time that some object names, in milliseconds since 1970. */
  newest: number;
}

/** A snapshot of which nothing is read yet. */
export function nothingGathered(): Gathered {
  return {
    services: [],
    slices: [],
    pods: [],
    nodes: [],
    proxyConfigs: [],
    kinds: new Set(),
    otherKinds: new Set(),
    onlyIn: new Map(),
    unfinished: new Set(),
    faulty: new Map(),
    malformed: 0,
    objects: 0,
    newest: 0,
  };
}

/** Ports of a Service or endpoints of a slice; the API server allows fewer than 2,000 (core/v1, discovery/v1). */
const mostParts = 100_000;

/** @throws {SnapshotFailure} for an object that no API server keeps: what is made of it would take a multiple of its text */
function refuseParts(kind: ClusterKind, object: Fields): void {
  const parts = { ports: listAt(fieldsAt(object, 'spec'), 'ports').length, endpoints: listAt(object, 'endpoints').length };
  for (const [what, number] of Object.entries(parts)) {
    if (number <= mostParts) continue;
    const name = shown(textAt(fieldsAt(object, 'metadata'), 'name'));
    throw new SnapshotFailure(`The ${kind} "${name}" has ${count(number)} ${what}, as none can. ${wanted}`);
  }
}

/** Adds one object; `defaultKind` is what its list says that it is, where it does not say so itself. Pauses within a long one. */
export function* gatherObject(into: Gathered, object: unknown, defaultKind: string): Steps<void> {
  into.objects += 1;
  if (!isFields(object)) {
    into.malformed += 1;
    return;
  }
  into.newest = Math.max(into.newest, newestTimeOf(object));
  const kindText = textAt(object, 'kind') || defaultKind;
  const kind = clusterKind(textAt(object, 'apiVersion'), kindText);
  into.proxyConfigs.push(...proxyConfigsOf(kindText, object));
  if (kind === undefined) {
    into.otherKinds.add(kindText === '' ? 'no kind' : kindText);
    return;
  }
  into.kinds.add(kind);
  refuseParts(kind, object);
  const fault = yield* objectFaultSteps(kind, object);
  if (fault !== undefined) {
    const faulty = into.faulty.get(kind);
    if (faulty === undefined) into.faulty.set(kind, { first: fault, count: 1 });
    else faulty.count += 1;
    return;
  }
  const record = yield* objectSteps(kind, object);
  switch (record?.kind) {
    case 'Service':
      into.services.push(record);
      break;
    case 'EndpointSlice':
      into.slices.push(record);
      break;
    case 'Pod':
      into.pods.push(record);
      break;
    case 'Node':
      into.nodes.push(record);
      break;
    default:
      into.malformed += 1;
  }
}

/** In a list's metadata: kinds of which one namespace alone could be read, each with that namespace. */
export const onlyInKey = 'vscode-iptables/only-in';

/** Adds what a list says of how much it holds: the kinds of which one namespace alone could be read, and whether it is a page that others follow (meta/v1, ListMeta). */
export function gatherScope(into: Gathered, list: Fields): void {
  const metadata = fieldsAt(list, 'metadata');
  const kind = textAt(list, 'kind');
  if (textAt(metadata, 'continue') === '') into.unfinished.delete(kind);
  else into.unfinished.add(kind);
  const onlyIn = fieldsAt(metadata, onlyInKey);
  for (const scoped of ['Service', 'EndpointSlice', 'Pod'] as const) {
    const namespace = textAt(onlyIn, scoped);
    if (namespace !== '') into.onlyIn.set(scoped, namespace);
  }
}

/** An API server's error, or a kubeconfig, saved by mistake. */
function refuseKnownMistakes(object: Fields): void {
  const kind = textAt(object, 'kind');
  if (kind === 'Status' && textAt(object, 'status') === 'Failure') {
    throw new SnapshotFailure(
      `This is the API server's refusal, not its objects: ${shown(textAt(object, 'message'))}. ${wanted}`,
    );
  }
  if (kind === 'Config' && (Object.hasOwn(object, 'clusters') || Object.hasOwn(object, 'contexts'))) {
    throw new SnapshotFailure(`This is a kubeconfig, which says how to reach a cluster and not what is in it. ${wanted}`);
  }
}

/** Adds an object, or all of a list, with pauses. @throws {SnapshotFailure} where the value is no Kubernetes object */
export function* gather(into: Gathered, value: unknown): Generator<void, void> {
  if (value === null || value === undefined) return;
  let items: readonly unknown[];
  let itemKind = '';
  if (Array.isArray(value)) {
    items = value;
  } else if (isFields(value)) {
    refuseKnownMistakes(value);
    const list = listItems(value);
    if (list === undefined) {
      yield* gatherObject(into, value, '');
      return;
    }
    ({ items, itemKind } = list);
    gatherScope(into, value);
    into.newest = Math.max(into.newest, newestTimeOf(value));
    const kind = clusterKind('', itemKind);
    if (kind !== undefined) into.kinds.add(kind);
  } else {
    throw new SnapshotFailure(
      `This is no Kubernetes object but ${typeof value === 'string' ? 'plain text' : `a ${typeof value}`}. ${wanted}`,
    );
  }
  for (const [index, item] of items.entries()) {
    yield* gatherObject(into, item, itemKind);
    if (index % itemsBetweenPauses === itemsBetweenPauses - 1) yield;
  }
}

/**
 * Takes all objects of a kind away of which one is not what an API server gives out: what is said of a cluster rests on all of them, also that
 * something is not there. The kind counts as not read then.
 */
export function withoutFaultyKinds(gathered: Gathered): Gathered {
  const { faulty, services, slices, pods, nodes } = gathered;
  return {
    ...gathered,
    services: faulty.has('Service') ? [] : services,
    slices: faulty.has('EndpointSlice') ? [] : slices,
    pods: faulty.has('Pod') ? [] : pods,
    nodes: faulty.has('Node') ? [] : nodes,
    kinds: new Set([...gathered.kinds].filter((kind) => !faulty.has(kind))),
  };
}

/**
 * The namespaces of a snapshot that is not of all of them, as "kubectl get -n" prints it: it has Services without default/kubernetes, which every cluster
 * has. null where it may be of all.
 */
export function namespacesOf({ services, slices, pods }: Gathered): ReadonlySet<string> | null {
  const isOfAll = services.some(({ namespace, name }) => namespace === 'default' && name === 'kubernetes');
  if (services.length === 0 || isOfAll) return null;
  return new Set([...services, ...slices, ...pods].map(({ namespace }) => namespace));
}
