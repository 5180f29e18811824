/**
 * What a comparison makes of the entries, chains and endpoints of one Service port: the same as `driftSteps` finds, told by where it shows, for
 * the drawing and for hovers.
 */
import { createMemory } from '../../base/memory.ts';
import type { Steps } from '../../base/steps.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import type { Dump, Ruleset } from '../../ruleset/ruleset.ts';
import type { ProxyEndpoint } from '../expected/endpoints.ts';
import type { ExpectedRule } from '../expected/rule.ts';
import type { ProxiedPort } from '../expected/service-ports.ts';
import { type ComparisonBasis, comparisonBasis } from './basis.ts';
import { type ComparedPort, compareService } from './compare-service.ts';
import type { DriftFinding, DriftKind } from './finding.ts';
import { knowsServices } from './other-cluster.ts';
import type { DriftOptions } from './settings.ts';
import { valueIn } from './wording.ts';

/** `missing`: the cluster has it and the dump does not; `stale`: the reverse; `differs`: both have it, and not alike. */
export type ViewState = 'missing' | 'stale' | 'differs';

/** An address, port and protocol that packets to a Service are sent to. */
export interface EntryPlace {
  readonly kind: 'cluster-ip' | 'external-ip' | 'load-balancer-ip' | 'node-port' | 'health-check';
  /** null for any address of the node. */
  readonly ip: string | null;
  readonly port: number;
  readonly protocol: string;
}

export interface PortView {
  /** The Service or the port is not in the cluster (any longer), or not kube-proxy's. */
  readonly isGone: boolean;
  readonly compared: ComparedPort | null;
  readonly findings: readonly DriftFinding[];
  /** Entries that kube-proxy would write and the dump does not have. */
  readonly missingEntries: readonly EntryPlace[];
  /** Endpoints that kube-proxy would send to and the dump does not. */
  readonly missingEndpoints: readonly ProxyEndpoint[];
  /** By the name of their chains, endpoints that the dump sends to and kube-proxy would not. */
  readonly unwantedEndpoints: ReadonlyMap<string, 'stale' | 'differs'>;
}

const goneKinds: ReadonlySet<DriftKind> = new Set(['endpoint-gone', 'endpoint-reused']);
const unwantedKinds: ReadonlySet<DriftKind> = new Set([...goneKinds, 'endpoint-not-ready', 'endpoint-elsewhere']);
/** Findings that may show in the rules which look for an entry. */
const entryKinds: ReadonlySet<DriftKind> = new Set([
  'cluster-ip',
  'port',
  'internal-policy',
  'external-policy',
  'external-ip',
  'load-balancer-ip',
  'node-port',
  'health-check',
  'source-ranges',
  'refusal',
]);

/** What a rule of a dispatch chain looks for; undefined for a rule of another chain. */
function placeOf(port: ProxiedPort, { table, chain, head, tail }: ExpectedRule): EntryPlace | undefined {
  if (chain !== 'KUBE-SERVICES' && chain !== 'KUBE-NODEPORTS' && chain !== 'KUBE-EXTERNAL-SERVICES') return undefined;
  const text = head + tail;
  const number = Number(valueIn(text, '--dport'));
  const { protocol } = port.port;
  if (chain === 'KUBE-NODEPORTS' && table === 'filter') return { kind: 'health-check', ip: null, port: number, protocol: 'tcp' };
  const ip = chain === 'KUBE-NODEPORTS' ? undefined : valueIn(text, '-d')?.replace(/\/\d+$/, '');
  if (ip === undefined) return { kind: 'node-port', ip: null, port: number, protocol };
  const kind = ip === port.clusterIP ? 'cluster-ip' : port.externalIPs.includes(ip) ? 'external-ip' : 'load-balancer-ip';
  return { kind, ip, port: number, protocol };
}

function isSame(a: EntryPlace, b: EntryPlace): boolean {
  return a.ip === b.ip && a.port === b.port && a.protocol === b.protocol && (a.ip !== null || a.kind === b.kind);
}

function missingEntriesOf({ port, rules, findings }: ComparedPort): readonly EntryPlace[] {
  const missing: EntryPlace[] = [];
  if (findings.length === 0) return missing;
  for (const rule of rules?.missing ?? []) {
    const place = placeOf(port.port, rule);
    if (place !== undefined && !missing.some((known) => isSame(known, place))) missing.push(place);
  }
  return missing;
}

function missingEndpointsOf({ port, state, findings }: ComparedPort): readonly ProxyEndpoint[] {
  const { reachable } = port.choice;
  if (state === 'absent') return reachable;
  const addresses = new Set<string | null>();
  for (const { kind, endpoint, replacedBy } of findings) {
    if (kind === 'endpoint-missing') {
      // Where the dump refuses the Service's traffic, all its endpoints have come.
      if (endpoint === null) return reachable;
      addresses.add(endpoint);
    } else if (replacedBy !== null) addresses.add(replacedBy);
  }
  return reachable.filter(({ address }) => addresses.has(address));
}

function unwantedEndpointsOf({ lines }: Ruleset, { port, rules, findings }: ComparedPort): PortView['unwantedEndpoints'] {
  const unwanted = new Map<string, 'stale' | 'differs'>();
  for (const { kind, line } of findings) {
    if (kind === 'no-endpoints') {
      const known = new Set(port.endpoints.map(({ chain }) => chain));
      for (const name of rules?.endpoints.keys() ?? []) unwanted.set(name, known.has(name) ? 'differs' : 'stale');
    }
    if (!unwantedKinds.has(kind) || line === null) continue;
    const source = lines.at(line);
    const name = source?.name.startsWith('KUBE-SEP-') ? source.name : (source?.target ?? '');
    unwanted.set(name, goneKinds.has(kind) ? 'stale' : 'differs');
  }
  return unwanted;
}

function viewOf(ruleset: Ruleset, compared: ComparedPort): PortView {
  return {
    isGone: false,
    compared,
    findings: compared.findings,
    missingEntries: missingEntriesOf(compared),
    missingEndpoints: missingEndpointsOf(compared),
    unwantedEndpoints: unwantedEndpointsOf(ruleset, compared),
  };
}

const gone: PortView = {
  isGone: true,
  compared: null,
  findings: [],
  missingEntries: [],
  missingEndpoints: [],
  unwantedEndpoints: new Map(),
};

/** The views of one Service's ports in one dump; null where the dump cannot be compared with the cluster. */
export interface ServiceView {
  readonly ports: readonly PortView[];
  /** The view of a port that rules of the dump are for; of one that the cluster does not have it says that it is gone. */
  port(name: string, protocol: string): PortView;
}

const known = createMemory<ComparisonBasis, Map<string, ServiceView>>();

/** Looks at one Service as `driftSteps` would. Compared once for each basis. Pauses where the dump was not looked at before. */
export function* serviceView(
  { ruleset, cluster, origin }: { readonly ruleset: Ruleset; readonly cluster: Cluster; readonly origin: DriftOptions },
  dump: Dump,
  namespace: string,
  name: string,
): Steps<ServiceView | null> {
  if (cluster.source.kind === 'none' || !knowsServices(ruleset, cluster, namespace)) return null;
  const basis = yield* comparisonBasis(ruleset, dump, cluster, origin);
  if (basis.obstacle !== undefined) return null;
  let views = known.get(basis);
  if (views === undefined) {
    views = new Map();
    known.set(basis, views);
  }
  const key = `${namespace}/${name}`;
  let view = views.get(key);
  if (view === undefined) {
    const record = cluster.service(namespace, name);
    const ports = record === undefined ? [] : compareService(basis, record).map((port) => viewOf(ruleset, port));
    view = {
      ports,
      port: (portName, protocol) =>
        ports.find(({ compared }) => {
          const port = compared?.port.port.port;
          return port?.name === portName && (protocol === '' || port.protocol === protocol);
        }) ?? gone,
    };
    views.set(key, view);
  }
  return view;
}

/** The state of an entry that rules on some lines (0-based) look for; null where it is as kube-proxy writes it, or nobody can tell. */
export function entryState(
  { isGone, compared, findings }: PortView,
  place: EntryPlace,
  lines: readonly number[],
): ViewState | null {
  if (isGone) return 'stale';
  if (compared === null || compared.rules === undefined || !findings.some(({ kind }) => entryKinds.has(kind))) return null;
  if (!compared.rules.extra.some(({ line }) => lines.includes(line))) return null;
  const isWanted = compared.port.rules().some((rule) => {
    const wanted = placeOf(compared.port.port, rule);
    return wanted !== undefined && isSame(wanted, place);
  });
  return isWanted ? 'differs' : 'stale';
}

/** What is found against a chain: of an endpoint's what concerns it, of others all that is found of the port. */
export function findingsOnChain({ lines }: Ruleset, { findings }: PortView, chain: string): readonly DriftFinding[] {
  if (!chain.startsWith('KUBE-SEP-')) return findings;
  return findings.filter(({ kind, line }) => {
    if (kind === 'no-endpoints') return true;
    const source = line === null || kind === 'endpoint-missing' ? undefined : lines.at(line);
    return source !== undefined && (source.name === chain || (unwantedKinds.has(kind) && source.target === chain));
  });
}

/** The state of a chain of the port's; null where it is as kube-proxy writes it, or nobody can tell. */
export function chainState({ lines }: Ruleset, view: PortView, chain: string): 'stale' | 'differs' | null {
  if (view.isGone) return 'stale';
  const unwanted = view.unwantedEndpoints.get(chain);
  if (unwanted !== undefined) return unwanted;
  // What is missing from a chain is drawn where it would be.
  const isAbout = ({ kind, line }: DriftFinding): boolean =>
    kind !== 'endpoint-missing' && !unwantedKinds.has(kind) && line !== null && lines.at(line)?.name === chain;
  return view.findings.some(isAbout) ? 'differs' : null;
}
