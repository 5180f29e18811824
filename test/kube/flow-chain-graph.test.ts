import { describe, expect, it } from 'vitest';
import { emptyCluster } from '../../server/src/cluster/cluster.ts';
import { chainGraph } from '../../server/src/kube/flow/chain-graph.ts';
import type { FlowGraph } from '../../server/src/kube/flow/graph.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import { rulesetOf } from '../support/dumps.ts';
import { edgesOf } from './flow-support.ts';

const firewall = `*filter
:INPUT DROP [3:180]
:FORWARD ACCEPT [0:0]
:ADMIN - [0:0]
:LOGDROP - [0:0]
:OFFICE - [0:0]
[9:540] -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
[4:240] -A INPUT -p tcp -m tcp --dport 22 -j ADMIN
-A INPUT -i lo -j ACCEPT
-A INPUT -j LOG
-A INPUT -m limit --limit 1/min -j LOGDROP
-A ADMIN -s 10.1.0.0/16 -g OFFICE
-A ADMIN -j REJECT --reject-with tcp-reset
-A OFFICE -m statistic --mode random --probability 0.50000000000 -j RETURN
-A OFFICE -j ACCEPT
-A LOGDROP -j DROP
COMMIT
`;

function ask(text: string, table: string, chain: string, depth: number): FlowGraph {
  const answer = chainGraph(resolveChains(rulesetOf(text), emptyCluster), table, chain, depth);
  if (!answer.ok) throw new Error(answer.reason);
  return answer.graph;
}

describe('the graph of a chain', () => {
  it('has who jumps where, on which condition, and the verdicts', () => {
    const graph = ask(firewall, 'filter', 'INPUT', 5);
    expect(edgesOf(graph, true)).toEqual([
      'INPUT -> ACCEPT @7 RELATED,ESTABLISHED',
      'INPUT -> ADMIN @8 tcp to port 22',
      'INPUT -> ACCEPT @9 in by lo',
      'INPUT -> LOGDROP @11 some packets',
      'INPUT -> DROP @null otherwise',
      'ADMIN -> OFFICE @12 from 10.1.0.0/16',
      'ADMIN -> REJECT @13',
      'LOGDROP -> DROP @16',
      'OFFICE -> RETURN @14 0.5',
      'OFFICE -> ACCEPT @15',
    ]);
    expect(graph.nodes.map(({ kind, label, detail }) => `${kind} ${label}: ${detail}`)).toEqual([
      'chain INPUT: policy DROP, 5 rules',
      'verdict ACCEPT: ',
      'verdict DROP: policy',
      'chain ADMIN: 2 rules',
      'verdict REJECT: tcp-reset',
      'chain LOGDROP: 1 rule',
      'verdict DROP: ',
      'chain OFFICE: 2 rules',
      'verdict RETURN: ',
    ]);
    expect(graph.nodes.map(({ line }) => line)).toEqual([2, 7, 2, 4, 13, 5, 16, 6, 14]);
    expect(graph.edges.slice(0, 2).map((edge) => edge.packets)).toEqual([9, 4]);
    expect(graph.title).toBe('INPUT (filter)');
  });

  it('goes as deep as it is told', () => {
    const graph = ask(firewall, 'filter', 'INPUT', 1);
    expect(graph.nodes.filter((node) => node.kind === 'chain').map((node) => `${node.label}: ${node.detail}`)).toEqual([
      'INPUT: policy DROP, 5 rules',
      'ADMIN: 2 rules, not followed further',
      'LOGDROP: 1 rule',
    ]);
  });

  it('starts anywhere', () => {
    expect(edgesOf(ask(firewall, 'filter', 'OFFICE', 3))).toEqual(['OFFICE -> RETURN 0.5', 'OFFICE -> ACCEPT']);
  });

  it('draws a loop as one, and ends', () => {
    const text = '*filter\n:A - [0:0]\n:B - [0:0]\n-A A -j B\n-A B -j A\n-A B -j B\nCOMMIT\n';
    expect(edgesOf(ask(text, 'filter', 'A', 64))).toEqual(['A -> B', 'B -> A', 'B -> B']);
  });

  it('has ids that are unique and edges that join what is there', () => {
    const graph = ask(firewall, 'filter', 'INPUT', 2);
    const ids = new Set(graph.nodes.map((node) => node.id));
    expect(ids.size).toBe(graph.nodes.length);
    expect(graph.edges.every((edge) => ids.has(edge.from) && ids.has(edge.to))).toBe(true);
  });

  it('is cut where it would be endless, and says so', () => {
    const names = Array.from({ length: 3000 }, (_, at) => `C${at}`);
    const text = `*filter\n:FORWARD ACCEPT [0:0]\n${names.map((name) => `:${name} - [0:0]`).join('\n')}\n${names.map((name) => `-A FORWARD -j ${name}`).join('\n')}\nCOMMIT\n`;
    const graph = ask(text, 'filter', 'FORWARD', 2);
    expect(graph.nodes.length).toBeLessThan(2100);
    expect(graph.notes[0]?.message).toContain('more jumps and verdicts are left out');
  });

  it('of a chain or table that is not there is refused with the nearest names', () => {
    const resolution = resolveChains(rulesetOf(firewall), emptyCluster);
    expect(chainGraph(resolution, 'filter', 'OFICE', 3)).toEqual({
      ok: false,
      reason: 'Table filter has no chain OFICE. Did you mean OFFICE?',
    });
    expect(chainGraph(resolution, 'nat', 'INPUT', 3)).toEqual({ ok: false, reason: 'The dump has no table nat; it has filter.' });
  });
});
