import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { flowTargetsOf } from '../../server/src/features/flow.ts';
import { chainGraph } from '../../server/src/kube/flow/chain-graph.ts';
import { isFlowGraph } from '../../webview/src/model/graph-check.ts';
import { dumpState } from '../support/dump-state.ts';
import { clusterFrom } from '../support/dumps.ts';
import { fixturePath } from '../support/fixtures.ts';
import { askFlow } from './flow-support.ts';

const lines = readFileSync(fixturePath('sample/worker-1.iptables'), 'utf8').split('\n');
const cluster = clusterFrom(fixturePath('sample/cluster.json'));

/** What people and editors do to a dump: lines go, come twice, move, are cut, or get words from elsewhere. */
const edit = fc.record({
  at: fc.nat(lines.length - 1),
  other: fc.nat(lines.length - 1),
  how: fc.constantFrom('delete', 'repeat', 'move', 'cut', 'swap-target', 'negate', 'cut-off-below', 'word'),
  length: fc.nat(60),
});

function apply(
  text: readonly string[],
  { at, other, how, length }: typeof edit extends fc.Arbitrary<infer T> ? T : never,
): string[] {
  const edited = [...text];
  const line = edited[at] ?? '';
  switch (how) {
    case 'delete':
      edited.splice(at, 1 + (length % 3));
      break;
    case 'repeat':
      edited.splice(at, 0, line);
      break;
    case 'move':
      edited.splice(at, 1);
      edited.splice(other, 0, line);
      break;
    case 'cut':
      edited[at] = line.slice(0, length);
      break;
    case 'swap-target':
      edited[at] = line.replace(/-j \S+/, /-j \S+/.exec(edited[other] ?? '')?.[0] ?? '-j A');
      break;
    case 'negate':
      edited[at] = line.replace(/ (-[sdp] )/, ' ! $1');
      break;
    case 'cut-off-below':
      edited.length = Math.max(at, 40);
      break;
    case 'word':
      edited[at] = line.replace(/\d+/, String(length * 7919));
      break;
    default:
  }
  return edited;
}

describe('a dump that was edited at random', () => {
  it('is drawn, or refused with a reason, for every target and chain; shares never exceed one', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 12 }), fc.boolean(), (edits, hasCluster) => {
        const text = edits.reduce(apply, lines as string[]).join('\n');
        const state = dumpState(text, hasCluster ? cluster : undefined);
        const { targets } = runToEnd(flowTargetsOf(state));
        for (const { to } of targets) {
          const graph = askFlow(state.ruleset, state.cluster, to);
          if (typeof graph === 'string') {
            expect(graph.length, to).toBeGreaterThan(10);
            continue;
          }
          expect(isFlowGraph(graph), to).toBe(true);
          for (const entry of graph.entries) {
            const ends = graph.nodes.filter((node) => ['pod', 'address', 'verdict'].includes(node.kind));
            const sum = ends.reduce((total, node) => total + (node.shares[entry.id] ?? 0), 0);
            expect(sum, `${to}: ${entry.label}`).toBeLessThanOrEqual(1 + 1e-6);
            const chosen = graph.nodes
              .filter((node) => node.kind === 'endpoint')
              .reduce((all, node) => all + (node.shares[entry.id] ?? 0), 0);
            expect(chosen, `${to}: ${entry.label}`).toBeLessThanOrEqual(1 + 1e-6);
          }
        }
        const answer = chainGraph(state.resolution(), 'nat', 'KUBE-SERVICES', 3);
        if (answer.ok) expect(isFlowGraph(answer.graph)).toBe(true);
        else expect(answer.reason).toMatch(/no table nat|no chain KUBE-SERVICES/);
      }),
      { seed: 20261124, numRuns: 40 },
    );
  });
});
