/** What of a map is seen and what is folded: by namespace, and within a Service what is before and behind it. */
import { count, counted } from '../../../server/src/base/counted.ts';
import { type ListedService, type MapIndex, type MapNamespace, restId } from './map-graph.ts';
import { countStates, isFault, stateCount } from './service-state.ts';

/** Up to so many Services are all listed from the start; of more only those with faults. */
const fewServices = 40;
/** Up to so many entries and endpoints are all drawn from the start. */
const fewParts = 120;
/** So many Services with faults of a namespace are seen before the others are asked for. */
const mostFaults = 12;

/** Something that opens and closes, folded into one box. */
export interface MapFold {
  /** What opens when it is clicked. */
  readonly id: string;
  readonly label: string;
  readonly detail: string;
  readonly isOpen: boolean;
}

export interface PlannedService {
  readonly listed: ListedService;
  readonly isOpen: boolean;
}

export interface PlannedNamespace {
  readonly namespace: MapNamespace;
  /** Those that a filter lets through; all without one. */
  readonly services: readonly ListedService[];
  readonly isOpen: boolean;
  readonly shown: readonly PlannedService[];
  /** What folds those that are not shown with the faults; null where there is no such fold. */
  readonly rest: MapFold | null;
  /** Those, where it is open. */
  readonly behind: readonly PlannedService[];
}

export interface MapPlan {
  readonly namespaces: readonly PlannedNamespace[];
  /** What a node is folded into, by ids: a Service, the rest of a namespace or a namespace; undefined for one that is seen. */
  foldOf(id: string): string | undefined;
}

export interface MapPlanOptions {
  /** What is not as it is from the start: open instead of closed, or the other way round. */
  readonly open: ReadonlySet<string>;
  /** Ids of the Services that a filter lets through; null: all. */
  readonly keep: ReadonlySet<string> | null;
}

interface Defaults {
  readonly services: boolean;
  readonly parts: boolean;
}

function partsOf({ entries, endpoints }: ListedService): number {
  return entries.length + endpoints;
}

function defaultsOf(services: readonly ListedService[]): Defaults {
  const parts = services.reduce((sum, listed) => sum + partsOf(listed), 0);
  return { services: services.length <= fewServices, parts: services.length <= fewServices && parts <= fewParts };
}

function restFold(name: string, hidden: readonly ListedService[], shown: number, { open }: MapPlanOptions): MapFold | null {
  if (hidden.length === 0) return null;
  const id = restId(name);
  const states = countStates(hidden.map(({ service }) => service.state));
  const detail = [...states].map(([kind, services]) => stateCount(kind, services)).join(', ');
  return {
    id,
    label: shown === 0 ? counted(hidden.length, 'Service') : `${count(hidden.length)} more`,
    detail,
    isOpen: open.has(id),
  };
}

function planNamespace(
  namespace: MapNamespace,
  services: readonly ListedService[],
  defaults: Defaults,
  options: MapPlanOptions,
): PlannedNamespace {
  const { open } = options;
  const faults = services.filter(({ service }) => isFault(service.state));
  const isOpen = (defaults.services || faults.length > 0) !== open.has(namespace.node.id);
  const first = defaults.services || faults.length === 0 ? services : faults.slice(0, mostFaults);
  const hidden = isOpen ? services.slice(first.length) : [];
  const rest = restFold(namespace.services[0]?.service.namespace ?? '', hidden, first.length, options);
  const plan = (listed: ListedService): PlannedService => ({ listed, isOpen: defaults.parts !== open.has(listed.node.id) });
  const shown = isOpen ? first.map(plan) : [];
  return { namespace, services, isOpen, shown, rest, behind: rest?.isOpen === true ? hidden.map(plan) : [] };
}

/** What is seen of a map. Namespaces in which a filter leaves no Service are left out. */
export function planMap(map: MapIndex, options: MapPlanOptions): MapPlan {
  const { keep } = options;
  const kept = (services: readonly ListedService[]): readonly ListedService[] =>
    keep === null ? services : services.filter(({ node }) => keep.has(node.id));
  const all = map.namespaces.map((namespace) => ({ namespace, services: kept(namespace.services) }));
  const defaults = defaultsOf(all.flatMap(({ services }) => services));
  const namespaces = all
    .filter(({ services }) => services.length > 0)
    .map(({ namespace, services }) => planNamespace(namespace, services, defaults, options));
  return { namespaces, foldOf: foldsOf(map, namespaces) };
}

/** Looked up when it is asked for, as most nodes of a large map never are. */
function foldsOf(map: MapIndex, namespaces: readonly PlannedNamespace[]): MapPlan['foldOf'] {
  const byNamespace = new Map(namespaces.map((planned) => [planned.namespace, planned]));
  const seen = new Map(
    namespaces.flatMap(({ shown, behind }) => [...shown, ...behind].map((planned) => [planned.listed, planned] as const)),
  );
  return (id) => {
    const listed = map.serviceOf.get(id);
    const namespace = listed === undefined ? undefined : map.namespaceOf.get(listed);
    const around = namespace === undefined ? undefined : byNamespace.get(namespace);
    if (listed === undefined || around === undefined) return undefined;
    const planned = seen.get(listed);
    if (planned === undefined) return around.isOpen && around.rest !== null ? around.rest.id : around.namespace.node.id;
    if (planned.isOpen || id === listed.node.id) return undefined;
    return closedParts(listed).has(id) ? undefined : listed.node.id;
  };
}

/** What is drawn of a closed Service all the same, as a fold around it would save nothing. */
function closedParts({ entries, hosts, endpoints }: ListedService): ReadonlySet<string> {
  const host = endpoints === 1 ? hosts[0] : undefined;
  const behind = host === undefined ? [] : host.node === null ? host.pods : [host.node, ...host.pods];
  return new Set((entries.length === 1 ? [...entries, ...behind] : behind).map(({ id }) => id));
}

/** What has to be opened or closed (by `open`, see there) so that a node is seen; nothing where it is. */
export function togglesFor(map: MapIndex, id: string, options: MapPlanOptions): readonly string[] {
  const listed = map.serviceOf.get(id);
  const namespace = listed === undefined ? undefined : map.namespaceOf.get(listed);
  if (listed === undefined || namespace === undefined) return [];
  const toggles: string[] = [];
  for (;;) {
    const plan = planMap(map, { ...options, open: toggled(options.open, toggles) });
    const fold = plan.foldOf(id);
    if (fold === undefined || toggles.includes(fold)) return toggles;
    toggles.push(fold);
  }
}

/** The ids of a set, those of a list turned round. */
export function toggled(open: ReadonlySet<string>, ids: readonly string[]): ReadonlySet<string> {
  const next = new Set(open);
  for (const id of ids) if (!next.delete(id)) next.add(id);
  return next;
}
