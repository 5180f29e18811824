import { describe, expect, it } from 'vitest';
import { clusterFrom, rulesetFrom } from '../support/dumps.ts';
import { fixturePath } from '../support/fixtures.ts';
import { edgesOf, flow, nodeOf, routesOf } from './flow-support.ts';

const sample = rulesetFrom(fixturePath('sample/worker-1.iptables'));
const cluster = clusterFrom(fixturePath('sample/cluster.json'));

describe('what the filter table does to redirected packets', () => {
  /** A Service with one endpoint, and whatever stands in filter. */
  const dump = (filter: string) => `*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-POSTROUTING - [0:0]
:KUBE-SEP-GXKVICYM64SODBWJ - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-67NZLRHBNDSAWJRO - [0:0]
-A PREROUTING -j KUBE-SERVICES
-A OUTPUT -j KUBE-SERVICES
-A POSTROUTING -j KUBE-POSTROUTING
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
-A KUBE-POSTROUTING -j MASQUERADE --random-fully
-A KUBE-SEP-GXKVICYM64SODBWJ -s 10.244.0.11/32 -m comment --comment "shop/web:http" -j KUBE-MARK-MASQ
-A KUBE-SEP-GXKVICYM64SODBWJ -p tcp -m comment --comment "shop/web:http" -m tcp -j DNAT --to-destination 10.244.0.11:8080
-A KUBE-SERVICES -d 10.96.20.10/32 -p tcp -m comment --comment "shop/web:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-67NZLRHBNDSAWJRO
-A KUBE-SVC-67NZLRHBNDSAWJRO ! -s 10.244.0.0/16 -d 10.96.20.10/32 -p tcp -m comment --comment "shop/web:http cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ
-A KUBE-SVC-67NZLRHBNDSAWJRO -m comment --comment "shop/web:http -> 10.244.0.11:8080" -j KUBE-SEP-GXKVICYM64SODBWJ
COMMIT
*filter
${filter}
COMMIT
`;
  const routes = (filter: string) => routesOf(flow(dump(filter), '10.96.20.10:80'), '10.96.20.10:80/tcp');

  it('nothing, where it lets them through', () => {
    expect(routes(':FORWARD ACCEPT [0:0]')).toEqual([
      'from a Pod, this node (masqueraded), outside (masqueraded): 10.244.0.11:8080 1',
    ]);
  });

  it('drops them by the policy of FORWARD; what this node sends does not meet it', () => {
    const filter = ':FORWARD DROP [12:720]\n:OUTPUT ACCEPT [0:0]';
    expect(routes(filter)).toEqual(['from this node (masqueraded): 10.244.0.11:8080 1', 'from a Pod, outside: DROP 1']);
    const graph = flow(dump(filter), '10.96.20.10:80');
    expect(edgesOf(graph).slice(-2)).toEqual([
      'KUBE-SEP-GXKVICYM64SODBWJ -> DROP from a Pod or outside',
      'KUBE-SEP-GXKVICYM64SODBWJ -> 10.244.0.11:8080 from this node',
    ]);
    expect(nodeOf(graph, 'DROP')).toMatchObject({ detail: 'policy of FORWARD in table filter', line: 24, packets: 12 });
  });

  it('lets through what KUBE-FORWARD accepts by its mark, in spite of the policy', () => {
    const filter =
      ':FORWARD DROP [0:0]\n:KUBE-FORWARD - [0:0]\n-A FORWARD -j KUBE-FORWARD\n-A KUBE-FORWARD -m mark --mark 0x4000/0x4000 -j ACCEPT';
    expect(routes(filter)).toEqual([
      'from this node (masqueraded), outside (masqueraded): 10.244.0.11:8080 1',
      'from a Pod: DROP 1',
    ]);
  });

  it('refuses them by an unconditional REJECT before the ACCEPT of the Pod network', () => {
    const filter =
      ':FORWARD ACCEPT [0:0]\n-A FORWARD -j REJECT --reject-with icmp-host-prohibited\n-A FORWARD -d 10.244.0.0/16 -j ACCEPT';
    expect(routes(filter)).toEqual(['from this node (masqueraded): 10.244.0.11:8080 1', 'from a Pod, outside: REJECT 1']);
    const graph = flow(dump(filter), '10.96.20.10:80');
    expect(nodeOf(graph, 'REJECT').detail).toBe('icmp-host-prohibited, by FORWARD in table filter');
  });

  it('is the same for one endpoint of many as for each alone', () => {
    const filter = ':FORWARD ACCEPT [0:0]\n-A FORWARD -d 10.244.0.11/32 -j DROP';
    expect(routes(filter)).toEqual(['from this node (masqueraded): 10.244.0.11:8080 1', 'from a Pod, outside: DROP 1']);
  });
});

describe('hooks', () => {
  const nat = (hooks: string) => `*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-67NZLRHBNDSAWJRO - [0:0]
:KUBE-SEP-GXKVICYM64SODBWJ - [0:0]
${hooks}-A KUBE-SEP-GXKVICYM64SODBWJ -p tcp -m tcp -j DNAT --to-destination 10.244.0.11:8080
-A KUBE-SERVICES -d 10.96.20.10/32 -p tcp -m comment --comment "shop/web:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-67NZLRHBNDSAWJRO
-A KUBE-SVC-67NZLRHBNDSAWJRO -j KUBE-SEP-GXKVICYM64SODBWJ
COMMIT
`;

  it('that are not there leave packets where they were sent, and are said', () => {
    const graph = flow(nat('-A OUTPUT -j KUBE-SERVICES\n'), '10.96.20.10:80');
    expect(routesOf(graph, '10.96.20.10:80/tcp')).toEqual([
      'from this node: 10.244.0.11:8080 1',
      'from a Pod, outside: not redirected 1',
    ]);
    expect(graph.notes).toContainEqual({
      severity: 'warning',
      message: 'KUBE-SERVICES is not hooked from PREROUTING: packets of Pods and from outside do not reach Services.',
      line: 4,
    });
  });

  it('through another chain count', () => {
    const graph = flow(
      nat(':MINE - [0:0]\n-A PREROUTING -j MINE\n-A MINE -j KUBE-SERVICES\n-A OUTPUT -j KUBE-SERVICES\n'),
      '10.96.20.10:80',
    );
    expect(graph.notes.filter((note) => note.severity === 'warning')).toEqual([]);
    expect(routesOf(graph, '10.96.20.10:80/tcp')).toEqual(['from a Pod, this node, outside: 10.244.0.11:8080 1']);
  });

  it('that an excerpt leaves out are taken to be there', () => {
    const graph = flow(nat('').replace(/:(?:PREROUTING|OUTPUT).*\n/g, ''), '10.96.20.10:80');
    expect(routesOf(graph, '10.96.20.10:80/tcp')).toEqual(['from a Pod, this node, outside: 10.244.0.11:8080 1']);
    expect(graph.notes.map((note) => note.message)).toContain(
      'The dump is an excerpt without the built-in chains that lead to KUBE-SERVICES (nat): taken to be hooked in as kube-proxy does it.',
    );
  });
});

describe('counters', () => {
  const counted = `*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-67NZLRHBNDSAWJRO - [0:0]
:KUBE-SEP-GXKVICYM64SODBWJ - [0:0]
:KUBE-SEP-EPVTA2RHFPHQF37H - [0:0]
[90:5400] -A PREROUTING -j KUBE-SERVICES
[0:0] -A OUTPUT -j KUBE-SERVICES
[7:420] -A KUBE-SEP-GXKVICYM64SODBWJ -p tcp -m tcp -j DNAT --to-destination 10.244.0.11:8080
[3:180] -A KUBE-SEP-EPVTA2RHFPHQF37H -p tcp -m tcp -j DNAT --to-destination 10.244.1.11:8080
[10:600] -A KUBE-SERVICES -d 10.96.20.10/32 -p tcp -m comment --comment "shop/web:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-67NZLRHBNDSAWJRO
[7:420] -A KUBE-SVC-67NZLRHBNDSAWJRO -m statistic --mode nth --every 2 --packet 0 -j KUBE-SEP-GXKVICYM64SODBWJ
[3:180] -A KUBE-SVC-67NZLRHBNDSAWJRO -j KUBE-SEP-EPVTA2RHFPHQF37H
COMMIT
`;

  it('are the packets seen, on edges and nodes', () => {
    const graph = flow(counted, 'shop/web');
    expect(graph.edges.map((edge) => edge.packets)).toEqual([null, 10, 7, 3, 7, 3]);
    expect(nodeOf(graph, '10.96.20.10:80/tcp').packets).toBe(10);
    expect(nodeOf(graph, 'KUBE-SVC-67NZLRHBNDSAWJRO').packets).toBe(10);
  });

  it('of rules that take every n-th packet give shares, too', () => {
    expect(edgesOf(flow(counted, 'shop/web')).filter((edge) => edge.startsWith('KUBE-SVC'))).toEqual([
      'KUBE-SVC-67NZLRHBNDSAWJRO -> KUBE-SEP-GXKVICYM64SODBWJ 0.5',
      'KUBE-SVC-67NZLRHBNDSAWJRO -> KUBE-SEP-EPVTA2RHFPHQF37H 0.5',
    ]);
  });

  it('are null where the dump has none', () => {
    expect(flow(sample, 'booking/frontend', cluster).edges.every((edge) => edge.packets === null)).toBe(true);
  });
});

describe('an endpoint chain that redirects nothing', () => {
  it('has no share, and the next endpoints take its packets', () => {
    const text = `*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:KUBE-SEP-AAAAAAAAAAAAAAAA - [0:0]
:KUBE-SEP-BBBBBBBBBBBBBBBB - [0:0]
-A PREROUTING -j KUBE-SERVICES
-A OUTPUT -j KUBE-SERVICES
-A KUBE-SEP-BBBBBBBBBBBBBBBB -p tcp -m tcp -j DNAT --to-destination 10.244.0.12:8080
-A KUBE-SERVICES -d 10.96.0.9/32 -p tcp -m comment --comment "a/b cluster IP" -m tcp --dport 80 -j KUBE-SVC-AAAAAAAAAAAAAAAA
-A KUBE-SVC-AAAAAAAAAAAAAAAA -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-AAAAAAAAAAAAAAAA
-A KUBE-SVC-AAAAAAAAAAAAAAAA -j KUBE-SEP-BBBBBBBBBBBBBBBB
COMMIT
`;
    const graph = flow(text, 'a/b');
    expect(graph.nodes.filter((node) => node.kind === 'endpoint').map((node) => [node.chain, node.share])).toEqual([
      ['KUBE-SEP-AAAAAAAAAAAAAAAA', null],
      ['KUBE-SEP-BBBBBBBBBBBBBBBB', 1],
    ]);
    expect(nodeOf(graph, '10.244.0.12:8080').share).toBe(1);
    expect(graph.notes).toContainEqual({
      severity: 'warning',
      message: 'KUBE-SEP-AAAAAAAAAAAAAAAA redirects nothing: packets come back from it and meet the next rule.',
      line: 4,
    });
  });
});
