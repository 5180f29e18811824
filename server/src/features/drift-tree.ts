/** The drift view's questions: how each Service of a dump is against the cluster, and what the dump has of one. */

import { createMemory } from '../base/memory.ts';
import { mappedSteps, type Steps } from '../base/steps.ts';
import { type ServiceTree, serviceTree, type TreeService } from '../kube/drift/tree.ts';
import { portName } from '../kube/identity/chain-names.ts';
import { roleInfo } from '../kube/identity/roles.ts';
import type { DriftPort, DriftResult, DriftService } from '../protocol/requests.ts';
import { driftOf } from './support/drift-of.ts';
import type { DumpState } from './support/state.ts';

const trees = createMemory<DumpState, ServiceTree>();

function* treeOf(state: DumpState): Steps<ServiceTree> {
  let tree = trees.get(state);
  if (tree === undefined) {
    const drift = state.cluster.source.kind === 'none' ? null : yield* driftOf(state);
    tree = yield* serviceTree(state.resolution(), drift);
    trees.set(state, tree);
  }
  return tree;
}

/** The Services of a dump by namespace. Without a cluster they have no status. */
export function* driftTree(state: DumpState): Steps<DriftResult> {
  const { namespaces } = yield* treeOf(state);
  const { kind, label } = state.cluster.source;
  const drift = kind === 'none' ? undefined : yield* driftOf(state);
  const notes = new Set(drift?.notes);
  for (const dump of drift?.dumps ?? []) for (const note of [...dump.notes, dump.cause]) notes.add(note);
  notes.delete('');
  const told: DriftResult['namespaces'][number][] = [];
  for (const { name, services } of namespaces) {
    told.push({ name, services: yield* mappedSteps(services, toldService) });
    yield;
  }
  return {
    namespaces: told,
    cluster: kind === 'none' ? '' : label,
    node: drift?.dumps.find(({ options }) => options.node !== '')?.options.node ?? '',
    notes: [...notes],
  };
}

function toldService({ namespace, name, status, line, findings }: TreeService): DriftService {
  return {
    namespace,
    name,
    status,
    line,
    findings: findings.map((finding) => ({
      status: finding.status,
      message: finding.message,
      cause: finding.cause,
      line: finding.line,
    })),
  };
}

/** What a dump has of one Service; empty for a Service that it has nothing of. */
export function* driftPorts(state: DumpState, namespace: string, name: string): Steps<readonly DriftPort[]> {
  const tree = yield* treeOf(state);
  return tree.portsOf(namespace, name).map(({ name: port, protocol, portNumber, chains, endpoints }) => {
    const number = [protocol, portNumber === null ? '' : String(portNumber)].filter((text) => text !== '').join('/');
    return {
      title: [port, number].filter((text) => text !== '').join(', ') || portName(namespace, name, ''),
      chains: chains.map((chain) => ({
        name: chain.name,
        explanation: roleInfo(chain.table, chain.name, false).explanation,
        line: chain.line,
      })),
      endpoints: endpoints.map(({ address, pod, node, chain, line, status }) => ({ address, pod, node, chain, line, status })),
    };
  });
}
