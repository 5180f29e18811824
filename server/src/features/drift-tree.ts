/** The drift view's questions: which Services differ, and which chains and endpoints a Service has in the dump. */
import { type Drift, driftSteps } from '../kube/drift/drift.ts';
import { endpointAddress, endpointTitle } from '../kube/titles.ts';
import type { DriftChain, DriftResult } from '../protocol.ts';
import type { Chain } from '../ruleset/ruleset.ts';
import type { Steps } from '../syntax/steps.ts';
import type { DumpState } from './state.ts';

const chainsBetweenPauses = 128;

/** The drift of a dump as data for a tree. Compares everything: asked for only while somebody looks. */
export function* driftTree(state: DumpState): Steps<DriftResult> {
  const drift: Drift = yield* driftSteps(state.ruleset, state.cluster, { fileName: state.uri });
  const notes = new Set(drift.notes);
  for (const dump of drift.dumps) for (const note of [...dump.notes, dump.cause]) notes.add(note);
  notes.delete('');
  const { kind, label } = state.cluster.source;
  return {
    services: drift.services.map(({ namespace, name, status, findings }) => ({
      namespace,
      name,
      status,
      findings: findings.map(({ status: own, message, cause, line }) => ({ status: own, message, cause, line })),
    })),
    cluster: kind === 'none' ? '' : label,
    node: drift.dumps.find(({ options }) => options.node !== '')?.options.node ?? '',
    notes: [...notes],
  };
}

function lineOf(chain: Chain): number {
  return chain.rules[0] ?? chain.declarations[0] ?? chain.references[0] ?? chain.table.firstLine;
}

/** The chains of a Service in the dump, in file order, but its endpoints' chains, which are told with the chain that leads to them. */
export function* driftChains(state: DumpState, namespace: string, name: string): Steps<readonly DriftChain[]> {
  const resolution = state.resolution();
  const found: DriftChain[] = [];
  let count = 0;
  for (const table of state.ruleset.tables) {
    for (const chain of table.chains.values()) {
      count += 1;
      if (count % chainsBetweenPauses === 0) yield;
      if (chain.builtin) continue;
      const { service, endpoint, info } = resolution.chain(chain);
      if (service === null || endpoint !== null || service.namespace !== namespace || service.name !== name) continue;
      found.push({
        chain: chain.name,
        explanation: info.explanation,
        port: service.port,
        family: table.dump.family,
        table: table.name,
        line: lineOf(chain),
        endpoints: chain.jumps.flatMap((jumped) => {
          const to = resolution.chain(jumped).endpoint;
          if (to === null) return [];
          return [{ title: endpointTitle(to), address: endpointAddress(to), chain: jumped.name, line: lineOf(jumped) }];
        }),
      });
    }
  }
  return found;
}
