/** Services by namespace with their chains, endpoints and state, for a tree that leads to the rules. */
import { hostPort } from '../../base/ip.ts';
import type { Steps } from '../../base/steps.ts';
import type { Chain } from '../../ruleset/ruleset.ts';
import type { ChainEndpoint, Resolution } from '../identity/chain-identity.ts';
import { portName, splitHashedName } from '../identity/chain-names.ts';
import type { ChainRole } from '../identity/role.ts';
import { roleInfo } from '../identity/roles.ts';
import type { Drift, ServiceDrift } from './drift.ts';
import type { DriftFinding, DriftStatus } from './finding.ts';
import { type PortFacts, type Refusal, refusalsOf } from './refusals.ts';

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

/** A chain of the Service port's own, or a chain of all Services with a rule that refuses its traffic. */
export interface TreeChain {
  readonly table: string;
  readonly name: string;
  readonly role: ChainRole;
  /** Of the chain's first rule, or of the rule that refuses; 0-based. */
  readonly line: number | null;
}

/** One port of a Service in a dump of one family. */
export interface TreePort {
  /** Empty for an unnamed port. */
  readonly name: string;
  readonly protocol: string;
  readonly portNumber: number | null;
  readonly clusterIP: string | null;
  readonly chains: readonly TreeChain[];
  /** By address. */
  readonly endpoints: readonly TreeEndpoint[];
}

export interface TreeService {
  readonly namespace: string;
  readonly name: string;
  /** null where the dump was not compared with a cluster. */
  readonly status: DriftStatus | null;
  /** Its first chain, the rule that refuses its traffic, or where its first finding is; 0-based, null for none of them. */
  readonly line: number | null;
  readonly findings: readonly DriftFinding[];
}

export interface TreeNamespace {
  readonly name: string;
  /** The worst of its Services' states. */
  readonly status: DriftStatus | null;
  readonly services: readonly TreeService[];
}

export interface ServiceTree {
  /** Namespaces and Services by name. */
  readonly namespaces: readonly TreeNamespace[];
  /** What opens below a Service; empty for one that the dump has nothing of. */
  portsOf(namespace: string, service: string): readonly TreePort[];
}

const chainsBetweenPauses = 256;
const servicesBetweenPauses = 1_024;
const worstFirst: readonly DriftStatus[] = ['stale', 'differs', 'missing', 'in-sync'];

/** Its first rule, for what leads to the rules; else wherever it is named. */
function lineOf(chain: Chain): number | null {
  return chain.rules[0] ?? chain.declarations[0] ?? chain.references[0] ?? null;
}

function addressText({ ip, port }: ChainEndpoint): string {
  return port === null ? ip : hostPort(ip, port);
}

function addTo<T>(index: Map<string, T[]>, key: string, value: T): void {
  const list = index.get(key);
  if (list === undefined) index.set(key, [value]);
  else list.push(value);
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The Services that a dump's chains stand for and, after a comparison, those that it lacks. `drift` is null where there is no cluster to
 * compare with. What is below a Service is looked up when it is asked for. Pauses every few hundred chains.
 */
export function* serviceTree(resolution: Resolution, drift: Drift | null): Steps<ServiceTree> {
  const chains = new Map<string, Chain[]>();
  const compared = new Map<string, ServiceDrift>();
  const names = new Map<string, { readonly namespace: string; readonly name: string }>();
  let seen = 0;
  for (const service of drift?.services ?? []) {
    seen += 1;
    if (seen % servicesBetweenPauses === 0) yield;
    const key = portName(service.namespace, service.name, '');
    compared.set(key, service);
    names.set(key, service);
  }
  seen = 0;
  for (const table of resolution.ruleset.tables) {
    for (const chain of table.chains.values()) {
      seen += 1;
      if (seen % chainsBetweenPauses === 0) yield;
      const split = splitHashedName(chain.name);
      // Endpoints are found by their Service's chains; only those that no chain leads to have to be asked whose they are.
      if (split === undefined || (split.prefix === 'KUBE-SEP-' && chain.references.length > 0)) continue;
      const { service } = resolution.chain(chain);
      if (service === null) continue;
      const key = portName(service.namespace, service.name, '');
      addTo(chains, key, chain);
      if (!names.has(key)) names.set(key, { namespace: service.namespace, name: service.name });
    }
  }
  yield;
  const refusals = new Map<string, Refusal[]>();
  for (const refusal of yield* refusalsOf(resolution.ruleset)) {
    const key = portName(refusal.namespace, refusal.service, '');
    addTo(refusals, key, refusal);
    if (!names.has(key)) names.set(key, { namespace: refusal.namespace, name: refusal.service });
  }

  const namespaces = new Map<string, TreeService[]>();
  seen = 0;
  for (const [key, { namespace, name }] of names) {
    seen += 1;
    if (seen % servicesBetweenPauses === 0) yield;
    const service = compared.get(key);
    const findings = service?.findings ?? [];
    const first = chains.get(key)?.[0];
    const entry: TreeService = {
      namespace,
      name,
      status: drift === null ? null : (service?.status ?? null),
      line: first === undefined ? (refusals.get(key)?.[0]?.line ?? findings[0]?.line ?? null) : lineOf(first),
      findings,
    };
    addTo(namespaces, namespace, entry);
  }
  yield;
  return {
    namespaces: [...namespaces]
      .map(([name, services]) => ({
        name,
        status: worstFirst.find((status) => services.some((service) => service.status === status)) ?? null,
        services: services.sort((a, b) => byText(a.name, b.name)),
      }))
      .sort((a, b) => byText(a.name, b.name)),
    portsOf: (namespace, service) => {
      const key = portName(namespace, service, '');
      const findings = drift === null ? null : (compared.get(key)?.findings ?? []);
      return portsOf(resolution, chains.get(key) ?? [], refusals.get(key) ?? [], findings);
    },
  };
}

interface UnfinishedPort {
  readonly facts: PortFacts;
  readonly chains: TreeChain[];
  readonly endpoints: Map<string, TreeEndpoint>;
}

/** The ports that chains and refusals of one Service stand for. `findings` is null where nothing was compared. */
function portsOf(
  resolution: Resolution,
  chains: readonly Chain[],
  refusals: readonly Refusal[],
  findings: readonly DriftFinding[] | null,
): readonly TreePort[] {
  const ports = new Map<string, UnfinishedPort>();
  const portOf = (facts: PortFacts, { table }: Chain): UnfinishedPort => {
    const key = `${facts.port} ${facts.protocol} ${table.dump.index}`;
    let port = ports.get(key);
    if (port === undefined) {
      port = { facts, chains: [], endpoints: new Map() };
      ports.set(key, port);
    }
    return port;
  };
  const addEndpoint = (port: UnfinishedPort, chain: Chain): void => {
    const { endpoint } = resolution.chain(chain);
    if (endpoint === null || port.endpoints.has(chain.name)) return;
    const address = addressText(endpoint);
    const finding = findings?.find(
      (candidate) =>
        candidate.endpoint === address && candidate.port === port.facts.port && candidate.kind !== 'endpoint-missing',
    );
    port.endpoints.set(chain.name, {
      address,
      pod: endpoint.pod === null ? '' : `${endpoint.pod.namespace}/${endpoint.pod.name}`,
      node: endpoint.pod?.node ?? '',
      chain: chain.name,
      line: lineOf(chain),
      status: findings === null ? null : (finding?.status ?? 'in-sync'),
    });
  };
  for (const chain of chains) {
    const { service, role } = resolution.chain(chain);
    if (service === null) continue;
    const port = portOf(service, chain);
    if (role === 'endpoint') {
      addEndpoint(port, chain);
      continue;
    }
    port.chains.push({ table: chain.table.name, name: chain.name, role, line: lineOf(chain) });
    for (const target of chain.jumps) if (target.name.startsWith('KUBE-SEP-')) addEndpoint(port, target);
  }
  for (const refusal of refusals) {
    const { chain, line } = refusal;
    const { role } = roleInfo(chain.table.name, chain.name, false);
    portOf(refusal, chain).chains.push({ table: chain.table.name, name: chain.name, role, line });
  }
  return [...ports.values()].map(({ facts, chains: own, endpoints }) => ({
    name: facts.port,
    protocol: facts.protocol,
    portNumber: facts.portNumber,
    clusterIP: facts.clusterIP,
    chains: own,
    endpoints: [...endpoints.values(), ...lackingEndpoints(facts.port, endpoints, findings ?? [])].sort((a, b) =>
      byText(a.address, b.address),
    ),
  }));
}

function lackingEndpoints(
  port: string,
  endpoints: ReadonlyMap<string, TreeEndpoint>,
  findings: readonly DriftFinding[],
): readonly TreeEndpoint[] {
  const there = new Set([...endpoints.values()].map(({ address }) => address));
  return findings.flatMap((finding) => {
    const address = finding.kind === 'endpoint-missing' ? finding.endpoint : finding.replacedBy;
    if (address === null || finding.port !== port || there.has(address)) return [];
    return [{ address, pod: '', node: '', chain: '', line: null, status: 'missing' as const }];
  });
}
