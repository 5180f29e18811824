import { expect, it } from 'vitest';
import { runToEnd, type Steps } from '../../server/src/base/steps.ts';
import { emptyCluster } from '../../server/src/cluster/cluster.ts';
import { flowTargetsOf } from '../../server/src/features/flow.ts';
import { type Drift, driftSteps } from '../../server/src/kube/drift/drift.ts';
import { clusterOfDump, clusterOfDumpSteps } from '../../server/src/kube/drift/other-cluster.ts';
import { serviceTree } from '../../server/src/kube/drift/tree.ts';
import { expectedNode } from '../../server/src/kube/expected/expected.ts';
import { chainGraphSteps } from '../../server/src/kube/flow/chain-graph.ts';
import type { Resolution } from '../../server/src/kube/identity/chain-identity.ts';
import { chainIndexOf } from '../../server/src/kube/identity/hash-index.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import { dumpNodeSteps } from '../../server/src/kube/proxy/dump-node.ts';
import { proxyLayoutSteps } from '../../server/src/kube/proxy/layout.ts';
import { serviceProxySteps } from '../../server/src/kube/proxy/mode.ts';
import { prepareQuestions } from '../../server/src/kube/question/prepare.ts';
import { reachSteps } from '../../server/src/kube/question/reach.ts';
import { dumpState } from '../support/dump-state.ts';
import { clusterOf, rulesetOf } from '../support/dumps.ts';
import { fixtureText } from '../support/fixtures.ts';
import { clusterShapes } from '../torture/cluster-shapes.ts';
import { options } from './expected-support.ts';

function pausesOf(steps: Steps<unknown>): number {
  let pauses = 0;
  while (steps.next().done !== true) pauses += 1;
  return pauses;
}

it.each(['external addresses', 'load balancers', 'source ranges', 'endpoints'])(
  'one Service with thousands of %s is compared with a pause at each thousand rules',
  (name) => {
    const shape = clusterShapes.find((each) => each.name === name);
    if (shape === undefined) throw new Error(`no ${name}`);
    const ruleset = rulesetOf(fixtureText('lab/shop/node-a.iptables'));
    const pauses = (size: number): number => pausesOf(driftSteps(ruleset, clusterOf(shape.textOf(size)), { node: 'node-a' }));
    expect(pauses(300_000) - pauses(3_000)).toBeGreaterThanOrEqual(16);
  },
);

it('the ports of one Service are hashed with a pause every few hundred', () => {
  const shape = clusterShapes.find(({ name }) => name === 'ports');
  const ruleset = rulesetOf(fixtureText('lab/shop/node-a.iptables'));
  const cluster = clusterOf(shape?.textOf(900_000) ?? '');
  expect(pausesOf(clusterOfDumpSteps(ruleset, cluster))).toBeGreaterThanOrEqual(19);
});

it('a dump with nothing of any Service waits for no port to be hashed', () => {
  const shape = clusterShapes.find(({ name }) => name === 'ports');
  const ruleset = rulesetOf('*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -j MASQUERADE\nCOMMIT\n');
  const cluster = clusterOf(shape?.textOf(900_000) ?? '');
  expect(pausesOf(clusterOfDumpSteps(ruleset, cluster))).toBe(1);
  expect(clusterOfDump(ruleset, cluster)).toBe(cluster);
});

it('the addresses of one Service are offered with a pause every few hundred', () => {
  const shape = clusterShapes.find(({ name }) => name === 'external addresses');
  const pauses = (size: number): number =>
    pausesOf(flowTargetsOf(dumpState(fixtureText('lab/shop/node-a.iptables'), clusterOf(shape?.textOf(size) ?? ''))));
  // They are gathered, then described.
  expect(pauses(300_000) - pauses(3_000)).toBeGreaterThanOrEqual((2 * 24_000) / 512);
});

it('first questions are prepared with a pause between each two, also of a small dump', () => {
  const resolution = dumpState(fixtureText('lab/shop/node-a.iptables')).resolution();
  expect(pausesOf(prepareQuestions(resolution))).toBeGreaterThanOrEqual(4);
});

it('the packets of thousands of jumps to one chain are counted with a pause at each few hundred', () => {
  const jumps = Array.from({ length: 5_000 }, (_, index) => `-A INPUT -s 10.0.${index >> 8}.${index & 255}/32 -j WEB\n`).join('');
  const ruleset = rulesetOf(`*filter\n:INPUT ACCEPT [0:0]\n:WEB - [0:0]\n${jumps}COMMIT\n`);
  const resolution = resolveChains(ruleset, emptyCluster);
  expect(pausesOf(chainGraphSteps(resolution, 'filter', 'WEB', 1))).toBeGreaterThanOrEqual(9);
});

it('other programs that do Services are looked for with a pause every few tens of thousands of chains', () => {
  const chains = (count: number): string => Array.from({ length: count }, (_, index) => `:C${index} - [0:0]\n`).join('');
  const pauses = (count: number): number =>
    pausesOf(serviceProxySteps(rulesetOf(`*filter\n:INPUT ACCEPT [0:0]\n${chains(count)}COMMIT\n`)));
  expect(pauses(140_000) - pauses(10)).toBe(2);
});

it('the tree of thousands of Services, and those without rules, are told with a pause at each thousand or two', () => {
  const shape = clusterShapes.find(({ name }) => name === 'Services');
  const ruleset = rulesetOf(fixtureText('lab/shop/node-a.iptables'));
  const pauses = (size: number, steps: (resolution: Resolution, drift: Drift) => Steps<unknown>): number => {
    const cluster = clusterOf(shape?.textOf(size) ?? '');
    const drift = runToEnd(driftSteps(ruleset, cluster, { node: 'node-a' }));
    // The dump is of another cluster: none of them was compared.
    const services = cluster.services.map(({ namespace, name }) => ({
      namespace,
      name,
      status: 'missing' as const,
      findings: [],
    }));
    return pausesOf(steps(resolveChains(ruleset, cluster), { ...drift, services }));
  };
  const more = (steps: (resolution: Resolution, drift: Drift) => Steps<unknown>): number =>
    pauses(1_240_000, steps) - pauses(2_000, steps);
  // What was compared is gone through, then all names.
  expect(more((resolution, drift) => serviceTree(resolution, drift))).toBe(2 * 6);
  // And the long chain, for the order of its rules and for what each is for.
  expect(more((resolution) => reachSteps(resolution, null))).toBe(8);
});

it('the endpoints of one slice are hashed and chosen with a pause at each thousand', () => {
  const shape = clusterShapes.find(({ name }) => name === 'endpoints');
  if (shape === undefined) throw new Error('no endpoints');
  const cluster = clusterOf(shape.textOf(300_000));
  expect(pausesOf(chainIndexOf(cluster).prepare())).toBeGreaterThanOrEqual(16);
  expect(pausesOf(expectedNode(clusterOf(shape.textOf(300_000)), options({ node: 'node-a' })))).toBeGreaterThanOrEqual(16);
});

it("the node that a dump was taken on is looked for with a pause every few thousand chains, none of kube-proxy's is made for it", () => {
  const cluster = clusterOf(fixtureText('lab/shop/cluster.json'));
  const pauses = (count: number): number => {
    const chains = Array.from({ length: count }, (_, index) => `:KUBE-SVC-${index} - [0:0]\n`).join('');
    const ruleset = rulesetOf(`*nat\n:PREROUTING ACCEPT [0:0]\n${chains}COMMIT\n`);
    return pausesOf(dumpNodeSteps({ ruleset, cluster, origin: {} }));
  };
  expect(pauses(20_000) - pauses(10)).toBe(4);
});

it("what kube-proxy's rules show of it is found with pauses within its settings and its versions", () => {
  const ruleset = rulesetOf(fixtureText('lab/shop/node-a.iptables'));
  const [dump] = ruleset.dumps;
  if (dump === undefined) throw new Error('no dump');
  expect(pausesOf(proxyLayoutSteps(ruleset, dump))).toBeGreaterThanOrEqual(9);
});

it("what kube-proxy's rules show of it is found with a pause every few thousand chains", () => {
  const pauses = (count: number): number => {
    const chains = Array.from({ length: count }, (_, index) => `:KUBE-SVC-${index} - [0:0]\n`).join('');
    const ruleset = rulesetOf(`*nat\n:PREROUTING ACCEPT [0:0]\n${chains}COMMIT\n`);
    const [dump] = ruleset.dumps;
    if (dump === undefined) throw new Error('no dump');
    return pausesOf(proxyLayoutSteps(ruleset, dump));
  };
  expect(pauses(20_000) - pauses(10)).toBe(2);
});
