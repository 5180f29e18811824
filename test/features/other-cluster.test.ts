import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MarkupContent } from 'vscode-languageserver-types';
import { runToEnd } from '../../server/src/base/steps.ts';
import { hover } from '../../server/src/features/hover/hover.ts';
import { inlayHints } from '../../server/src/features/inlay-hints.ts';
import { podWantedAt } from '../../server/src/features/support/pod-wanted.ts';
import type { DumpState } from '../../server/src/features/support/state.ts';
import { requestSteps } from '../../server/src/kube/flow/request.ts';
import { dumpState } from '../support/dump-state.ts';
import { clusterOf } from '../support/dumps.ts';
import { fixturePath } from '../support/fixtures.ts';

const text = readFileSync(fixturePath('sample/cluster.json'), 'utf8');
const dump = (kubernetes: string): string => `*nat
:PREROUTING ACCEPT [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-3MGBTRC5ATFFL7T7 - [0:0]
:KUBE-SEP-QWFXKANDF3TMYGQH - [0:0]
:KUBE-SVC-NPX46M4PTMTKRN6Y - [0:0]
-A PREROUTING -j KUBE-SERVICES
-A KUBE-SERVICES -d ${kubernetes}/32 -p tcp -m comment --comment "default/kubernetes:https cluster IP" -m tcp --dport 443 -j KUBE-SVC-NPX46M4PTMTKRN6Y
-A KUBE-SERVICES -d 10.96.40.10/32 -p tcp -m comment --comment "booking/frontend:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-3MGBTRC5ATFFL7T7
-A KUBE-SVC-3MGBTRC5ATFFL7T7 -m comment --comment "booking/frontend:http -> 10.244.0.17:8080" -j KUBE-SEP-QWFXKANDF3TMYGQH
-A KUBE-SEP-QWFXKANDF3TMYGQH -p tcp -m comment --comment "booking/frontend:http" -m tcp -j DNAT --to-destination 10.244.0.17:8080
COMMIT
`;
const own = dumpState(dump('10.96.0.1'), clusterOf(text, 'lab.json', 0));
const other = dumpState(dump('10.100.0.1'), clusterOf(text, 'lab.json', 0));

function hoverOf(state: DumpState, line: number, word: string): string {
  const character = (state.ruleset.lines.at(line)?.text ?? '').indexOf(word) + 1;
  const result = runToEnd(hover(state, { line, character }, 0, false));
  return result !== null && MarkupContent.is(result.contents) ? result.contents.value : '';
}

function hintsOf(state: DumpState): readonly string[] {
  const range = { start: { line: 0, character: 0 }, end: { line: 99, character: 0 } };
  return runToEnd(
    inlayHints(state, range, {
      chains: true,
      jumpPlace: 'jump',
      declarations: false,
      rules: false,
      shares: true,
      addresses: true,
    }),
  ).map(({ label }) => String(label));
}

describe('a dump that is of another cluster than the one at hand', () => {
  it('gets no details from it in a hover, and says why', () => {
    expect(hoverOf(own, 4, 'KUBE-SEP')).toContain('booking/frontend-6c8f7b9d45-');
    const chain = hoverOf(other, 4, 'KUBE-SEP');
    expect(chain).not.toContain('frontend-6c8f7b9d45-');
    expect(chain).toContain('no cluster is known');
    expect(chain).toContain(
      'The dump is of another cluster than lab.json: there default/kubernetes is 10.100.0.1, here 10.96.0.1. Nothing is taken from it.',
    );
    // The dump's own comments still name the Service.
    expect(chain).toContain('Endpoint of Service booking/frontend:http');
    expect(chain).not.toContain('stale');
    expect(hoverOf(own, 10, '10.244.0.17')).toContain('Pod booking/frontend-');
    expect(hoverOf(other, 10, '10.244.0.17')).toContain("From the dump's comments.");
  });

  it('gets hints from its comments alone', () => {
    expect(hintsOf(own).some((hint) => hint.endsWith(' on worker-1'))).toBe(true);
    expect(hintsOf(other).filter((hint) => hint.includes('worker'))).toEqual([]);
    expect(hintsOf(other)).toContain('booking/frontend:http');
  });

  it('has no Pod fetched for a hover', () => {
    const live = clusterOf(text, 'lab', 1);
    const withFetch = (state: DumpState): DumpState => ({ ...state, podDetails: () => Promise.resolve(undefined) });
    const state = withFetch(dumpState(dump('10.100.0.1'), { ...live, source: { kind: 'live', label: 'lab', readAt: 1 } }));
    expect(podWantedAt(state, { line: 4, character: 5 })).toBeUndefined();
  });

  it('is drawn by its comments, without any disagreement, and says why', () => {
    const answer = runToEnd(requestSteps(other.resolution(), 'booking/frontend'));
    if (!answer.ok) throw new Error(answer.reason);
    expect(answer.graph.nodes.filter(({ drift, pod }) => drift !== null || pod !== null)).toEqual([]);
    expect(answer.graph.notes.map(({ message }) => message)).toContain(
      'The dump is of another cluster than lab.json: there default/kubernetes is 10.100.0.1, here 10.96.0.1. Nothing is taken from it.',
    );
  });

  it('may be of any cluster where an excerpt has no Service in common with it', () => {
    const excerpt = (service: string): DumpState =>
      dumpState(
        `-A KUBE-SERVICES -d 10.96.77.1/32 -p tcp -m comment --comment "${service} cluster IP" -m tcp --dport 80 -j KUBE-SVC-${service === 'booking/frontend:http' ? '3MGBTRC5ATFFL7T7' : 'LOLE4ISW44XBNF3G'}\n`,
        clusterOf(text, 'lab.json', 0),
      );
    expect(hoverOf(excerpt('shop/web:http'), 0, 'KUBE-SVC')).toContain(
      'Nothing tells that the dump is of lab.json: the one Service port that it shows is not there. Nothing is taken from it.',
    );
    expect(hoverOf(excerpt('shop/web:http'), 0, 'KUBE-SVC')).not.toContain('stale');
    expect(hoverOf(excerpt('booking/frontend:http'), 0, 'KUBE-SVC')).toContain('details from lab.json');
  });
});
