import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { emptyCluster } from '../../server/src/cluster/cluster.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import { type PacketQuestion, traceQuestion } from '../../server/src/kube/question/trace.ts';
import { readBundle } from '../../server/src/node/bundle.ts';
import { rulesetOf } from '../support/dumps.ts';

const ruleset = rulesetOf('*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n');
const taken = 'The routes of this node are not known: one is taken to lead there. Where none does, the node sends nothing.';

/** What comes of it, and what is said of routes. */
function traced(routes: string | null, question: Partial<PacketQuestion> = {}) {
  const facts = routes === null ? {} : { facts: readBundle([{ path: 'ip-route.txt', text: routes }]) };
  const resolution = resolveChains(ruleset, emptyCluster, { fileName: '', ...facts });
  const local = new Set(['192.0.2.1']);
  const asked = { from: '192.0.2.1', to: '198.51.100.7:80', hook: 'output', ...question };
  const answer = runToEnd(traceQuestion(resolution, asked, { local }));
  if (!answer.ok) throw new Error(answer.message);
  const { outcomes, assumptions } = answer.report;
  return [...outcomes.map(({ verdict }) => verdict), ...assumptions.filter((note) => /routes?\b/i.test(note))];
}

describe('what a node sends', () => {
  it('needs a route, which is taken to be there where routes are not known', () => {
    expect(traced(null)).toEqual(['accept', taken]);
    expect(traced('default via 192.0.2.254 dev eth0\n')).toEqual(['accept']);
    const nowhere = 'No route of this node leads to 198.51.100.7: it does not send the packet.';
    expect(traced('192.0.2.0/24 dev eth0 scope link\n')).toEqual(['drop', nowhere]);
    expect(traced('default via 192.0.2.254 dev eth0\nblackhole 198.51.100.0/24\n')).toEqual(['drop', nowhere]);
  });

  it('needs none to itself, nor by an interface that is said', () => {
    expect(traced(null, { to: '192.0.2.1:80' })).toEqual(['accept']);
    expect(traced(null, { from: '127.0.0.1', to: '127.0.0.1:80' })).toEqual(['accept']);
    expect(traced(null, { out: 'eth0' })).toEqual(['accept']);
    expect(traced(null, { from: '203.0.113.9', hook: undefined })).toEqual(['accept']);
  });
});
