import { describe, expect, it } from 'vitest';
import type { Steps } from '../../server/src/base/steps.ts';
import { runToEnd, statementsBetweenPauses } from '../../server/src/base/steps.ts';
import { emptyCluster } from '../../server/src/cluster/cluster.ts';
import type { Resolution } from '../../server/src/kube/identity/chain-identity.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import { prepareQuestions } from '../../server/src/kube/question/prepare.ts';
import { reachSteps } from '../../server/src/kube/question/reach.ts';
import { traceQuestion } from '../../server/src/kube/question/trace.ts';
import { generateCluster, generateDump } from '../bench/generate.ts';
import { clusterOf, rulesetOf } from '../support/dumps.ts';

const shape = { services: 600, endpoints: 10 };
const text = generateDump(shape);
const objects = JSON.stringify(generateCluster(shape));

function pausesOf(steps: Steps<unknown>): number {
  let pauses = 0;
  while (steps.next().done !== true) pauses += 1;
  return pauses;
}

/** Pauses of a question by name, which are as many as the work is long. */
function pausesOfTrace(resolution: Resolution): number {
  return pausesOf(traceQuestion(resolution, { from: 'outside', to: 'load/svc-500:http', entry: 'cluster-ip' }));
}

function fresh(): Resolution {
  return resolveChains(rulesetOf(text), clusterOf(objects));
}

describe('questions that are prepared', () => {
  it('look through the dump no more when somebody asks', () => {
    const unprepared = pausesOfTrace(fresh());
    const resolution = fresh();
    runToEnd(prepareQuestions(resolution));
    expect(unprepared).toBeGreaterThan(10);
    // What is left follows packets, in pauses of 512 things to do.
    const left = (steps: number): number => (steps * statementsBetweenPauses) / 512;
    expect(left(pausesOfTrace(resolution))).toBeLessThan(3);
    const reach = reachSteps(resolution, { kind: 'service', namespace: 'load', name: 'svc-500', port: null });
    expect(left(pausesOf(reach))).toBeLessThan(3);
  });

  it('pause about as often as the questions themselves do', () => {
    expect(pausesOf(prepareQuestions(fresh()))).toBeGreaterThan(pausesOfTrace(fresh()));
  });

  it('are none of a text without rules, and of a firewall without Services', () => {
    for (const dump of ['', 'no dump\n', '*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp --dport 22 -j ACCEPT\nCOMMIT\n'])
      expect(() => runToEnd(prepareQuestions(resolveChains(rulesetOf(dump), emptyCluster)))).not.toThrow();
  });
});
