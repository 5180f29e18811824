/** Services by namespace with their chains, endpoints and state, for a tree that leads to the rules. */
import { hostPort } from '../../cluster/ip.ts';
import type { Chain } from '../../ruleset/ruleset.ts';
import type { Steps } from '../../syntax/steps.ts';
import { splitHashedName } from '../chain-names.ts';
import type { ChainEndpoint, ChainIdentity, ChainService, Resolution } from '../resolve.ts';
import type { ChainRole } from '../roles.ts';
import type { Drift, ServiceDrift } from './drift.ts';
import type { DriftFinding, DriftStatus } from './finding.ts';

export interface TreeEndpoint {
  /** "10.244.0.11:8080" */
  readonly address: string;
  /** "shop/web-1"; empty where no Pod is known. */
  readonly pod: string;
  /** Empty where it is not known. */
  readonly node: string;
  /** "KUBE-SEP-..."; empty for one that the dump lacks. */
  readonly chain: string;
  /** 0-based; null for one that the dump lacks. */
  readonly line: number | null;
  /** null where the dump was not compared with a cluster. */
  readonly status: DriftStatus | null;
}

export interface TreeChain {
  readonly name: string;
  readonly role: ChainRole;
  /** 0-based. */
  readonly line: number | null;
}

export interface TreePort {
  /** Empty for an unnamed port. */
  readonly name: string;
  readonly protocol: string;
  readonly portNumber: number | null;
  readonly clusterIP: string | null;
  readonly chains: readonly TreeChain[];
  readonly endpoints: readonly TreeEndpoint[];
}

export interface TreeService {
  readonly namespace: string;
  readonly name: string;
  readonly status: DriftStatus | null;
  /** Its first rule or chain, 0-based; null for one that the dump lacks. */
  readonly line: number | null;
  readonly ports: readonly TreePort[];
  readonly findings: readonly DriftFinding[];
}

export interface TreeNamespace {
  readonly name: string;
  readonly services: readonly TreeService[];
}

interface PortDraft {
  readonly service: ChainService;
  readonly chains: TreeChain[];
  readonly endpoints: TreeEndpoint[];
}

interface ServiceDraft {
  readonly namespace: string;
  readonly name: string;
  readonly ports: Map<string, PortDraft>;
}

const chainsBetweenPauses = 256;
const ranks: Readonly<Record<DriftStatus, number>> = { stale: 0, differs: 1, missing: 2, 'in-sync': 3 };

function lineOf(chain: Chain): number | null {
  return chain.declarations[0] ?? chain.rules[0] ?? chain.references[0] ?? null;
}

function addressText({ ip, port }: ChainEndpoint): string {
  return port === null ? ip : hostPort(ip, port);
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The Services that a dump's chains stand for and, after a comparison, those that it lacks. Namespaces and Services by name; `drift` is null
 * where there is nothing to compare with, and no state is known. Pauses every few hundred chains.
 */
export function* serviceTree(resolution: Resolution, drift: Drift | null): Steps<readonly TreeNamespace[]> {
  const services = new Map<string, ServiceDraft>();
  const serviceOf = (namespace: string, name: string): ServiceDraft => {
    const key = `${namespace}/${name}`;
    let found = services.get(key);
    if (found === undefined) {
      found = { namespace, name, ports: new Map() };
      services.set(key, found);
    }
    return found;
  };
  const compared = new Map<string, ServiceDrift>();
  for (const service of drift?.services ?? []) {
    compared.set(`${service.namespace}/${service.name}`, service);
    serviceOf(service.namespace, service.name);
  }
  const gone = new Map<string, DriftFinding>();
  for (const { findings } of compared.values()) {
    for (const finding of findings)
      if (finding.endpoint !== null && finding.kind !== 'endpoint-missing')
        gone.set(`${finding.namespace}/${finding.service}:${finding.port} ${finding.endpoint}`, finding);
  }

  const addChain = (chain: Chain, { role, service, endpoint }: ChainIdentity): void => {
    if (service === null) return;
    const { ports } = serviceOf(service.namespace, service.name);
    const key = `${service.port} ${service.protocol} ${chain.table.dump.index}`;
    let port = ports.get(key);
    if (port === undefined) {
      port = { service, chains: [], endpoints: [] };
      ports.set(key, port);
    }
    const line = lineOf(chain);
    if (endpoint === null) {
      port.chains.push({ name: chain.name, role, line });
      return;
    }
    const address = addressText(endpoint);
    const finding = gone.get(`${service.namespace}/${service.name}:${service.port} ${address}`);
    const pod = endpoint.pod === null ? '' : `${endpoint.pod.namespace}/${endpoint.pod.name}`;
    port.endpoints.push({
      address,
      pod,
      node: endpoint.pod?.node ?? '',
      chain: chain.name,
      line,
      status: drift === null ? null : (finding?.status ?? 'in-sync'),
    });
  };

  let seen = 0;
  for (const table of resolution.ruleset.tables) {
    for (const chain of table.chains.values()) {
      seen += 1;
      if (seen % chainsBetweenPauses === 0) yield;
      if (splitHashedName(chain.name) !== undefined) addChain(chain, resolution.chain(chain));
    }
  }

  const namespaces = new Map<string, TreeService[]>();
  for (const [key, { namespace, name, ports }] of services) {
    const service = compared.get(key);
    const findings = service?.findings ?? [];
    const finished = [...ports.values()].map((port) => finishPort(port, findings));
    const lines = finished.flatMap(({ chains, endpoints }) => [...chains, ...endpoints].flatMap(({ line }) => line ?? []));
    const first = lines.length > 0 ? lines.reduce((a, b) => Math.min(a, b)) : (findings[0]?.line ?? null);
    const entry = {
      namespace,
      name,
      status: drift === null ? null : (service?.status ?? null),
      line: first,
      ports: finished,
      findings,
    };
    const list = namespaces.get(namespace);
    if (list === undefined) namespaces.set(namespace, [entry]);
    else list.push(entry);
  }
  return [...namespaces]
    .map(([name, list]) => ({ name, services: list.sort((a, b) => byText(a.name, b.name)) }))
    .sort((a, b) => byText(a.name, b.name));
}

function finishPort({ service, chains, endpoints }: PortDraft, findings: readonly DriftFinding[]): TreePort {
  const lacking = findings.flatMap(({ kind, endpoint, replacedBy, port }) => {
    const address = kind === 'endpoint-missing' ? endpoint : replacedBy;
    return address === null || port !== service.port ? [] : [address];
  });
  const missing = lacking
    .filter((address) => !endpoints.some((endpoint) => endpoint.address === address))
    .map((address): TreeEndpoint => ({ address, pod: '', node: '', chain: '', line: null, status: 'missing' }));
  return {
    name: service.port,
    protocol: service.protocol,
    portNumber: service.portNumber,
    clusterIP: service.clusterIP,
    chains,
    endpoints: [...endpoints, ...missing].sort((a, b) => byText(a.address, b.address)),
  };
}

/** The worst state of a namespace's Services; null where none is known. */
export function namespaceStatus({ services }: TreeNamespace): DriftStatus | null {
  const known = services.flatMap(({ status }) => status ?? []);
  return known.sort((a, b) => ranks[a] - ranks[b])[0] ?? null;
}
