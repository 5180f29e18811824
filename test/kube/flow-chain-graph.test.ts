import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { type Cluster, emptyCluster } from '../../server/src/cluster/cluster.ts';
import { chainGraph } from '../../server/src/kube/flow/chain-graph.ts';
import type { FlowGraph } from '../../server/src/kube/flow/graph.ts';
import { requestSteps } from '../../server/src/kube/flow/request.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import { isFlowGraph } from '../../webview/src/model/graph-check.ts';
import { rulesetOf } from '../support/dumps.ts';
import { edgesOf } from './flow-support.ts';
import { clusterWith, node, service, slice } from './objects.ts';

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
      'INPUT -> LOGDROP @11 limit 1/min',
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

/** A nat table that jumps to so many Services, in namespaces of some, with counters. */
function servicesDump(count: number, perNamespace: number): string {
  const services = Array.from({ length: count }, (_, at) => ({
    name: `team-${Math.floor(at / perNamespace) + 1}/web-${at}:http`,
    chain: `KUBE-SVC-${String(at).padStart(16, 'A')}`,
    ip: `10.96.${at >> 8}.${at & 255}`,
  }));
  return [
    '*nat',
    ':PREROUTING ACCEPT [0:0]',
    ':KUBE-SERVICES - [0:0]',
    ':KUBE-NODEPORTS - [0:0]',
    ...services.map(({ chain }) => `:${chain} - [0:0]`),
    '[7:420] -A PREROUTING -j KUBE-SERVICES',
    ...services.map(
      ({ name, chain, ip }) =>
        `[2:120] -A KUBE-SERVICES -d ${ip}/32 -p tcp -m comment --comment "${name} cluster IP" -m tcp --dport 80 -j ${chain}`,
    ),
    '[1:60] -A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS',
    'COMMIT',
    '',
  ].join('\n');
}

describe('the graph of a chain that leads to thousands of Services', () => {
  const edges = (graph: FlowGraph): readonly string[] => {
    const labels = new Map(graph.nodes.map(({ id, label }) => [id, label]));
    return graph.edges.map(
      ({ from, to, condition, packets }) => `${labels.get(from)} -> ${labels.get(to)}: ${condition}, ${packets}`,
    );
  };
  const asked = (text: string, to: string): FlowGraph => {
    const answer = runToEnd(requestSteps(resolveChains(rulesetOf(text), emptyCluster), to));
    if (!answer.ok) throw new Error(answer.reason);
    expect(answer.to).toBe(to);
    return answer.graph;
  };

  it('follows each chain of a few', () => {
    expect(ask(servicesDump(30, 10), 'nat', 'KUBE-SERVICES', 3).nodes.every(({ kind }) => kind === 'chain')).toBe(true);
  });

  it('has a Service for its chains where there are more, with what each rule asks and has counted', () => {
    const graph = ask(servicesDump(90, 10), 'nat', 'KUBE-SERVICES', 3);
    expect(graph.nodes.filter(({ kind }) => kind === 'listed-service').length).toBe(90);
    expect(edges(graph)[0]).toBe('KUBE-SERVICES -> KUBE-NODEPORTS: to this node, 1');
    expect(edges(graph)).toContain('KUBE-SERVICES -> team-2/web-12: tcp to 10.96.0.12:80, 2');
    expect(graph.nodes.find(({ label }) => label === 'team-2/web-12')).toMatchObject({
      to: 'team-2/web-12',
      line: 108,
      detail: '1 jump',
    });
    expect(graph.notes).toEqual([]);
  });

  it('folds five thousand by namespace, and each namespace by name', () => {
    const text = servicesDump(5000, 1250);
    const whole = asked(text, 'chain:nat/KUBE-SERVICES@3');
    expect(edges(whole)).toEqual([
      'KUBE-SERVICES -> KUBE-NODEPORTS: to this node, 1',
      'KUBE-SERVICES -> team-1: 1,250 jumps, 2500',
      'KUBE-SERVICES -> team-2: 1,250 jumps, 2500',
      'KUBE-SERVICES -> team-3: 1,250 jumps, 2500',
      'KUBE-SERVICES -> team-4: 1,250 jumps, 2500',
    ]);
    expect(whole.notes.map(({ message }) => message)).toEqual([
      'KUBE-SERVICES has 5,000 jumps to 5,000 Services, folded by namespace.',
    ]);
    const team = whole.nodes.find(({ label }) => label === 'team-2');
    expect(team).toMatchObject({ kind: 'namespace', detail: '1,250 Services', to: 'chain:nat/KUBE-SERVICES@3/team-2' });
    const namespace = asked(text, team?.to ?? '');
    expect(namespace.title).toBe('KUBE-SERVICES (nat), team-2');
    expect(edges(namespace)).toContain('KUBE-SERVICES -> web-1350 to web-1449: 100 jumps, 200');
    const page = namespace.nodes.find(({ label }) => label === 'web-1350 to web-1449');
    const services = asked(text, page?.to ?? '');
    expect(edges(services)).toContain('KUBE-SERVICES -> team-2/web-1399: tcp to 10.96.5.119:80, 2');
    expect(services.nodes.filter(({ kind }) => kind === 'listed-service').length).toBe(100);
    expect(isFlowGraph(services)).toBe(true);
  });

  it('folds those that a chain further on leads to, too', () => {
    const graph = ask(servicesDump(200, 50), 'nat', 'PREROUTING', 3);
    expect(edges(graph)).toContain('KUBE-SERVICES -> team-3: 50 jumps, 100');
    expect(graph.nodes.find(({ label }) => label === 'team-3')?.to).toBe('chain:nat/KUBE-SERVICES@3/team-3');
  });
});

/** A Service's chain with so many endpoints, a third of them on each node, as its cluster knows them. */
function endpointsDump(count: number, affinity = false): { readonly text: string; readonly cluster: Cluster } {
  const ips = Array.from({ length: count }, (_, at) => `10.244.${at % 3}.${Math.floor(at / 3) + 1}`);
  const endpoints = ips.map((ip, at) => [ip, { node: `node-${'abc'[at % 3]}`, pod: `web-${at}`, ready: true }] as const);
  const cluster = clusterWith(
    ...['node-a', 'node-b', 'node-c'].map((name) => node(name)),
    service('shop/web', { ip: '10.96.0.1' }),
    slice('shop/web', Object.fromEntries(endpoints)),
  );
  const chains = ips.map((_, at) => `KUBE-SEP-${String(at).padStart(16, 'A')}`);
  const own = 'KUBE-SVC-AAAAAAAAAAAAAAAA';
  const said = '-m comment --comment "shop/web:http"';
  const text = [
    '*nat',
    `:${own} - [0:0]`,
    ...chains.map((chain) => `:${chain} - [0:0]`),
    `-A ${own} ! -s 10.244.0.0/16 -d 10.96.0.1/32 -p tcp -m tcp --dport 80 -j KUBE-MARK-MASQ`,
    ...(affinity
      ? chains.map(
          (chain) =>
            `-A ${own} ${said} -m recent --rcheck --seconds 60 --reap --name ${chain} --mask 255.255.255.255 --rsource -j ${chain}`,
        )
      : []),
    ...chains.map((chain, at) => {
      const chance = at === count - 1 ? '' : ` -m statistic --mode random --probability ${(1 / (count - at)).toFixed(11)}`;
      return `[1:60] -A ${own} ${said}${chance} -j ${chain}`;
    }),
    ...chains.map((chain, at) => `-A ${chain} -p tcp ${said} -m tcp -j DNAT --to-destination ${ips[at]}:8080`),
    'COMMIT',
    '',
  ].join('\n');
  return { text, cluster };
}

describe('the graph of a chain that leads to many endpoints', () => {
  const drawn = (count: number, affinity = false): FlowGraph => {
    const { text, cluster } = endpointsDump(count, affinity);
    const answer = chainGraph(resolveChains(rulesetOf(text), cluster), 'nat', 'KUBE-SVC-AAAAAAAAAAAAAAAA', 3);
    if (!answer.ok) throw new Error(answer.reason);
    expect(isFlowGraph(answer.graph)).toBe(true);
    return answer.graph;
  };
  const hosts = (graph: FlowGraph) => graph.nodes.filter(({ kind }) => kind === 'host');

  it('follows each of a few', () => {
    expect(hosts(drawn(30))).toEqual([]);
    expect(drawn(30).nodes.filter(({ label }) => label.startsWith('KUBE-SEP-'))).toHaveLength(30);
  });

  it('folds hundreds by node, with their share, what they counted, and the flow of their Service', () => {
    const graph = drawn(600);
    expect(hosts(graph).map(({ label, detail, packets }) => `${label}: ${detail}, ${packets}`)).toEqual([
      'node-a: 200 endpoints, 200',
      'node-b: 200 endpoints, 200',
      'node-c: 200 endpoints, 200',
    ]);
    expect(hosts(graph)[0]?.to).toBe('shop/web:http');
    const edges = graph.edges.filter(({ to }) => to.startsWith('endpoints:'));
    expect(edges.map(({ condition }) => condition)).toEqual(['200 jumps', '200 jumps', '200 jumps']);
    for (const { probability } of edges) expect(probability).toBeCloseTo(1 / 3, 6);
    expect(graph.notes.map(({ message }) => message)).toEqual([
      'KUBE-SVC-AAAAAAAAAAAAAAAA has 600 jumps to 600 endpoints, folded by node.',
    ]);
  });

  it('counts an endpoint once where affinity jumps there, too', () => {
    const [first] = hosts(drawn(60, true));
    expect(first?.detail).toBe('20 endpoints');
    const edges = drawn(60, true).edges.filter(({ to }) => to.startsWith('endpoints:'));
    expect(edges[0]?.condition).toBe('40 jumps');
    expect(edges[0]?.probability).toBeCloseTo(1 / 3, 6);
  });

  it('says no share where a rule before them may end packets', () => {
    const { text, cluster } = endpointsDump(60);
    const before = text.replace(/^\[1:60\]/m, '-A KUBE-SVC-AAAAAAAAAAAAAAAA -s 192.0.2.0/24 -j ACCEPT\n[1:60]');
    const answer = chainGraph(resolveChains(rulesetOf(before), cluster), 'nat', 'KUBE-SVC-AAAAAAAAAAAAAAAA', 3);
    if (!answer.ok) throw new Error(answer.reason);
    const edges = answer.graph.edges.filter(({ to }) => to.startsWith('endpoints:'));
    expect(edges.map(({ probability }) => probability)).toEqual([null, null, null]);
  });
});

describe('what a rule asks', () => {
  it.each([
    ['-m limit --limit 1/min', 'limit 1/min'],
    ['-p tcp -m tcp --dport 80 -m string --algo bm --string x', 'tcp to port 80, algo bm, string x'],
    ['! -p tcp', 'not tcp'],
    ['-m addrtype ! --dst-type LOCAL', 'unless to this node'],
    ['-m owner ! --uid-owner 0', 'not uid-owner 0'],
    ['-m comment --comment "all of them"', ''],
    ['-m hashlimit --hashlimit-upto 5/sec --hashlimit-burst 5 --hashlimit-mode srcip --hashlimit-name x', /more condition/],
    ['-m quux --quux 7', /quux/],
    // Session affinity: kube-proxy's rule that finds a client again, and the one that only remembers it.
    [
      '-m recent --rcheck --seconds 600 --reap --name KUBE-SEP-A --mask 255.255.255.255 --rsource',
      'returning client, within 600 s',
    ],
    ['-p tcp -m recent --set --name KUBE-SEP-A --mask 255.255.255.255 --rsource -m tcp', 'tcp'],
    ['-m recent ! --rcheck --name KUBE-SEP-A --mask 255.255.255.255 --rsource', /not rcheck/],
    ['-m recent --rcheck --name KUBE-SEP-A --mask 255.255.255.0 --rsource', /rcheck/],
  ])('is said in words, never as some packets: %s', (match, words) => {
    const [edge] = ask(`*filter\n:A - [0:0]\n-A A ${match} -j DROP\nCOMMIT\n`, 'filter', 'A', 1).edges;
    if (typeof words === 'string') expect(edge?.condition).toBe(words);
    else expect(edge?.condition).toMatch(words);
  });
});
