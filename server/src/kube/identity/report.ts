/** What `iptables-inspect resolve` prints. */

import { runToEnd } from '../../base/steps.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import type { Chain, Ruleset } from '../../ruleset/ruleset.ts';
import type { ChainPod, Resolution, ResolvedBy } from './chain-identity.ts';
import { resolveChains } from './resolve.ts';
import type { ChainRole } from './role.ts';

export interface ResolvedPod {
  readonly namespace: string;
  readonly name: string;
  readonly node: string | null;
  readonly ready: boolean | null;
}

export interface ResolvedChain {
  readonly table: string;
  readonly chain: string;
  /** 1-based: where it is declared, or first mentioned. */
  readonly line: number;
  readonly role: ChainRole;
  readonly service: {
    readonly namespace: string;
    readonly name: string;
    readonly port: string;
    readonly portNumber: number | null;
    readonly protocol: string;
    readonly clusterIP: string | null;
  } | null;
  readonly endpoint: {
    readonly ip: string;
    readonly port: number | null;
    readonly pod: ResolvedPod | null;
    /** Other Pods with the same address and port; absent where there are none, as mostly. */
    readonly otherPods?: readonly ResolvedPod[];
  } | null;
  readonly by: ResolvedBy | null;
}

export interface ResolveReport {
  readonly chains: readonly ResolvedChain[];
}

const chainsBetweenPauses = 128;

function firstLine(chain: Chain): number {
  if (chain.declarations[0] !== undefined) return chain.declarations[0] + 1;
  const lines = [chain.rules[0], chain.references[0], chain.mentions[0]].filter((line) => line !== undefined);
  return Math.min(...lines, Number.MAX_SAFE_INTEGER) + 1;
}

function resolvedPod({ namespace, name, node, ready }: ChainPod): ResolvedPod {
  return { namespace, name, node, ready };
}

function resolved(resolution: Resolution, chain: Chain): ResolvedChain {
  const { role, service, endpoint, by } = resolution.chain(chain);
  return {
    table: chain.table.name,
    chain: chain.name,
    line: firstLine(chain),
    role,
    service:
      service === null
        ? null
        : {
            namespace: service.namespace,
            name: service.name,
            port: service.port,
            portNumber: service.portNumber,
            protocol: service.protocol,
            clusterIP: service.clusterIP,
          },
    endpoint:
      endpoint === null
        ? null
        : {
            ip: endpoint.ip,
            port: endpoint.port,
            pod: endpoint.pod === null ? null : resolvedPod(endpoint.pod),
            ...(endpoint.otherPods.length === 0 ? {} : { otherPods: endpoint.otherPods.map(resolvedPod) }),
          },
    by,
  };
}

/** Every chain of a ruleset, table by table in the order first mentioned, with pauses. */
export function* resolveSteps(ruleset: Ruleset, cluster: Cluster): Generator<void, ResolveReport, void> {
  const resolution = resolveChains(ruleset, cluster);
  const chains: ResolvedChain[] = [];
  for (const table of ruleset.tables) {
    for (const chain of table.chains.values()) {
      chains.push(resolved(resolution, chain));
      if (chains.length % chainsBetweenPauses === 0) yield;
    }
  }
  return { chains };
}

/** The same without pauses. */
export function resolveReport(ruleset: Ruleset, cluster: Cluster): ResolveReport {
  return runToEnd(resolveSteps(ruleset, cluster));
}
