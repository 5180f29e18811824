/** Whatever the cluster and whichever kube-proxy: the flow draws no disagreement but what drift finds, and a hover says the same. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { percentText } from '../../server/src/base/percent.ts';
import { runToEnd } from '../../server/src/base/steps.ts';
import { driftSteps } from '../../server/src/kube/drift/drift.ts';
import { type ExpectedPort, expectedPortsOf } from '../../server/src/kube/expected/expected.ts';
import { expectedText } from '../../server/src/kube/expected/text.ts';
import type { FlowGraph } from '../../server/src/kube/flow/graph.ts';
import { expectAgreement, flowOf, hoverAt, stateOf } from './flow-agreement.ts';
import { clusterWith } from './objects.ts';
import { clusterOfModels, nameOfModel, nodes, objectsOf, type ServiceModel, serviceModel, setting } from './random-clusters.ts';

/** The addresses and shares at which packets to an entry end. */
function endsOf(graph: FlowGraph, entry: string): ReadonlyMap<string, number> {
  const leaves = graph.nodes.filter(({ kind }) => kind === 'pod' || kind === 'address');
  return new Map(leaves.flatMap(({ address, shares }) => (shares[entry] && address !== null ? [[address, shares[entry]]] : [])));
}

/** Checks shares from one kind of entry against the endpoints that kube-proxy chose for it. */
function expectShares(graph: FlowGraph, { port, choice }: ExpectedPort, ranges: readonly string[]): void {
  for (const { id, kind, port: number, protocol, label } of graph.entries) {
    const isOwn = kind === 'node-port' ? number === port.port.nodePort : number === port.port.port;
    if (!isOwn || protocol !== port.port.protocol || kind === 'health-check') continue;
    // What source ranges refuse has no share.
    if (kind === 'load-balancer-ip' && ranges.length > 0) continue;
    const isLocal = kind === 'cluster-ip' ? port.internalLocal : port.externalLocal;
    const wanted = isLocal ? choice.local : choice.cluster;
    // From outside nobody comes where there is no local endpoint; then the share is that of Pods, if they come by.
    if (wanted.length === 0) continue;
    const ends = endsOf(graph, id);
    expect([...ends.keys()].sort(), label).toEqual(wanted.map(({ address }) => address).sort());
    for (const share of ends.values()) expect(share).toBeCloseTo(1 / wanted.length, 5);
  }
}

it("draws no disagreement in kube-proxy's own rules, the shares that it chose, and hovers say the same", () => {
  fc.assert(
    fc.property(fc.array(serviceModel, { minLength: 1, maxLength: 4 }), setting, (models, options) => {
      const cluster = clusterOfModels(models);
      const state = stateOf(runToEnd(expectedText(cluster, options)), cluster, options);
      for (const [index, model] of models.entries()) {
        const name = nameOfModel(index + 1);
        const graph = flowOf(state, name);
        if (model.proxyName !== '') {
          expect(graph).toContain('is left to other-proxy by its label service.kubernetes.io/service-proxy-name');
          continue;
        }
        if (typeof graph === 'string') throw new Error(graph);
        expect(graph.nodes.filter(({ drift }) => drift !== null).map(({ label, drift }) => `${label} ${drift}`)).toEqual([]);
        expect(graph.edges.filter(({ condition }) => condition === 'not in the dump')).toEqual([]);
        expect(graph.notes.filter(({ severity }) => severity === 'warning')).toEqual([]);
        const [namespace = '', service = ''] = name.split('/');
        const record = cluster.service(namespace, service);
        for (const port of record === undefined ? [] : expectedPortsOf(cluster, record, options))
          expectShares(graph, port, model.ranges);
        for (const node of graph.nodes) {
          if (node.chain === null || node.kind === 'entry' || node.kind === 'verdict' || node.kind === 'dispatch') continue;
          const said = hoverAt(state, node);
          expect(said).not.toMatch(/stale|Not as in the cluster/);
          const picked = graph.edges.filter(({ from, to }) => from === node.id && to.includes('KUBE-SEP-'));
          if (node.kind === 'service' || node.kind === 'service-local')
            for (const { probability } of picked) if (probability) expect(said).toContain(percentText(probability));
        }
      }
    }),
    { seed: 11, numRuns: 100 },
  );
});

it('draws of a cluster that changed what drift finds, and nothing else', () => {
  fc.assert(
    fc.property(
      fc.array(serviceModel, { minLength: 1, maxLength: 3 }),
      fc.option(serviceModel, { nil: undefined }),
      fc.nat(),
      setting,
      (models, changed, which, options) => {
        const number = which % models.length;
        const modelsAfter: readonly (ServiceModel | undefined)[] = models.map((model, index) =>
          index === number ? changed : model,
        );
        const after = clusterWith(
          ...nodes,
          ...modelsAfter.flatMap((model, index) => (model === undefined ? [] : objectsOf(model, index + 1))),
        );
        const state = stateOf(runToEnd(expectedText(clusterOfModels(models), options)), after, options);
        const drift = runToEnd(driftSteps(state.ruleset, after, { node: options.node }));
        for (const index of models.keys()) {
          const name = nameOfModel(index + 1);
          const graph = flowOf(state, name);
          const own = drift.services.find((service) => `${service.namespace}/${service.name}` === name);
          if (typeof graph !== 'string') expectAgreement(state, graph, own);
          else expect(own?.findings ?? [], graph).toEqual([]);
        }
      },
    ),
    { seed: 12, numRuns: 150 },
  );
});
