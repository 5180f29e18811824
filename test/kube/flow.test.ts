import { describe, expect, it } from 'vitest';
import { emptyCluster } from '../../server/src/cluster/cluster.ts';
import { clusterFrom, clusterOf, rulesetFrom, rulesetOf } from '../support/dumps.ts';
import { fixturePath } from '../support/fixtures.ts';
import { askFlow, badgesOf, edgesOf, flow, nodeOf, routesOf } from './flow-support.ts';

const sample = rulesetFrom(fixturePath('sample/worker-1.iptables'));
const cluster = clusterFrom(fixturePath('sample/cluster.json'));

describe('a clusterIP', () => {
  const graph = flow(sample, '10.96.40.10:80/tcp', cluster);

  it('leads to each endpoint with its share, and to the Pod behind it', () => {
    expect(graph.title).toBe('booking/frontend:http');
    expect(edgesOf(graph, true)).toEqual([
      '10.96.40.10:80/tcp -> KUBE-SERVICES @83 1',
      'KUBE-SERVICES -> KUBE-SVC-3MGBTRC5ATFFL7T7 @133 1',
      'KUBE-SVC-3MGBTRC5ATFFL7T7 -> KUBE-SEP-QWFXKANDF3TMYGQH @141 0.333',
      'KUBE-SVC-3MGBTRC5ATFFL7T7 -> KUBE-SEP-LHZID5ROYHOMKZPZ @142 0.333',
      'KUBE-SVC-3MGBTRC5ATFFL7T7 -> KUBE-SEP-R72EKRGA5WG7RIYS @143 0.333',
      'KUBE-SEP-QWFXKANDF3TMYGQH -> frontend-6c8f7b9d45-2lqzr @null 1',
      'KUBE-SEP-LHZID5ROYHOMKZPZ -> frontend-6c8f7b9d45-8xwjd @null 1',
      'KUBE-SEP-R72EKRGA5WG7RIYS -> frontend-6c8f7b9d45-vm4ts @null 1',
    ]);
  });

  it('says what stands for what', () => {
    expect(graph.nodes.map(({ kind, label, detail }) => `${kind}: ${label}, ${detail}`)).toEqual([
      'entry: 10.96.40.10:80/tcp, clusterIP',
      'dispatch: KUBE-SERVICES, table nat',
      'service: booking/frontend:http, KUBE-SVC-3MGBTRC5ATFFL7T7',
      'endpoint: 10.244.0.17:8080, KUBE-SEP-QWFXKANDF3TMYGQH',
      'pod: frontend-6c8f7b9d45-2lqzr, 10.244.0.17:8080 on worker-1',
      'endpoint: 10.244.1.9:8080, KUBE-SEP-LHZID5ROYHOMKZPZ',
      'pod: frontend-6c8f7b9d45-8xwjd, 10.244.1.9:8080 on worker-2',
      'endpoint: 10.244.2.14:8080, KUBE-SEP-R72EKRGA5WG7RIYS',
      'pod: frontend-6c8f7b9d45-vm4ts, 10.244.2.14:8080 on worker-3',
    ]);
    expect(nodeOf(graph, 'frontend-6c8f7b9d45-8xwjd').pod).toMatchObject({ namespace: 'booking', node: 'worker-2', ready: true });
    // The rule that sends packets to it.
    expect(nodeOf(graph, 'frontend-6c8f7b9d45-8xwjd').line).toBe(111);
    expect(nodeOf(graph, 'booking/frontend:http').service).toMatchObject({
      portNumber: 80,
      clusterIP: '10.96.40.10',
      protocol: 'tcp',
    });
  });

  it('shows what is masqueraded, and what reaches itself', () => {
    expect(badgesOf(nodeOf(graph, 'booking/frontend:http'))).toEqual(['masquerade unless from 10.244.0.0/16 @140']);
    expect(badgesOf(nodeOf(graph, '10.244.1.9:8080'))).toEqual(['hairpin masqueraded when it reaches itself @110']);
    expect(routesOf(graph, '10.96.40.10:80/tcp')).toEqual([
      'from a Pod, this node (masqueraded), outside (masqueraded): frontend-6c8f7b9d45-2lqzr 0.333, frontend-6c8f7b9d45-8xwjd 0.333, frontend-6c8f7b9d45-vm4ts 0.333',
    ]);
  });
});

describe('a Service', () => {
  it('has every address that leads to it', () => {
    const graph = flow(sample, 'booking/frontend', cluster);
    expect(graph.entries.map(({ kind, label }) => `${kind} ${label}`)).toEqual([
      'cluster-ip 10.96.40.10:80/tcp',
      'node-port NodePort 30180/tcp',
    ]);
    expect(edgesOf(graph)).toContain('KUBE-NODEPORTS -> KUBE-EXT-3MGBTRC5ATFFL7T7 to 127.0.0.0/8');
    expect(edgesOf(graph)).toContain('KUBE-NODEPORTS -> KUBE-EXT-3MGBTRC5ATFFL7T7 otherwise');
    expect(badgesOf(nodeOf(graph, 'KUBE-EXT-3MGBTRC5ATFFL7T7'))).toEqual(['masquerade @86']);
    expect(badgesOf(nodeOf(graph, 'KUBE-SVC-3MGBTRC5ATFFL7T7'))).toEqual([
      'masquerade to 10.96.40.10:80, unless from 10.244.0.0/16 @140',
    ]);
  });

  it.each(['booking/frontend:http', 'booking/frontend:80'])('is found by a port, %s', (to) => {
    expect(flow(sample, to, cluster).title).toBe('booking/frontend:http');
  });

  it('with source ranges and policy Local sends packets by where they come from', () => {
    const graph = flow(sample, 'booking/gateway', cluster);
    expect(edgesOf(graph).filter((edge) => /KUBE-(?:FW|EXT|SVL)-\S+ ->/.test(edge))).toEqual([
      'KUBE-FW-FDY5F3HTLTAZLVY3 -> KUBE-EXT-FDY5F3HTLTAZLVY3 from 203.0.113.0/24',
      'KUBE-FW-FDY5F3HTLTAZLVY3 -> DROP from elsewhere',
      'KUBE-EXT-FDY5F3HTLTAZLVY3 -> KUBE-SVC-FDY5F3HTLTAZLVY3 from 10.244.0.0/16',
      'KUBE-EXT-FDY5F3HTLTAZLVY3 -> KUBE-SVC-FDY5F3HTLTAZLVY3 from this node',
      'KUBE-EXT-FDY5F3HTLTAZLVY3 -> KUBE-SVL-FDY5F3HTLTAZLVY3 from outside',
      'KUBE-SVL-FDY5F3HTLTAZLVY3 -> KUBE-SEP-GETVNYZQZKG7MW56 1',
    ]);
    expect(edgesOf(graph).filter((edge) => edge.startsWith('KUBE-SERVICES'))).toEqual([
      'KUBE-SERVICES -> KUBE-SVC-FDY5F3HTLTAZLVY3 to 10.96.40.30:443/tcp',
      'KUBE-SERVICES -> KUBE-FW-FDY5F3HTLTAZLVY3 to 198.51.100.20:443/tcp',
    ]);
    expect(routesOf(graph, '198.51.100.20:443/tcp')).toEqual([
      'from 203.0.113.0/24: gateway-7f6d5c4b88-c5rhp 1',
      'from a Pod, this node, elsewhere: DROP 1',
    ]);
    expect(routesOf(graph, 'NodePort 30443/tcp')).toEqual([
      'from outside: gateway-7f6d5c4b88-c5rhp 1',
      'from a Pod, this node (masqueraded), this node to 127.0.0.1 (masqueraded): gateway-7f6d5c4b88-c5rhp 0.5, gateway-7f6d5c4b88-zz6nd 0.5',
    ]);
    expect(badgesOf(nodeOf(graph, 'KUBE-FW-FDY5F3HTLTAZLVY3'))).toEqual(['only from 203.0.113.0/24 @92']);
    expect(badgesOf(nodeOf(graph, 'KUBE-SVL-FDY5F3HTLTAZLVY3'))).toEqual(['endpoints of this node']);
    expect(badgesOf(nodeOf(graph, 'KUBE-EXT-FDY5F3HTLTAZLVY3'))).toEqual(['masquerade from this node @89']);
    expect(nodeOf(graph, 'DROP')).toMatchObject({
      detail: 'outside the source ranges, by KUBE-PROXY-FIREWALL in table filter',
      line: 42,
    });
    expect(nodeOf(graph, '10.244.0.30:8443').shares).toEqual({
      'entry:cluster-ip:10.96.40.30:443/tcp': 0.5,
      'entry:load-balancer-ip:198.51.100.20:443/tcp': 1,
      'entry:node-port:*:30443/tcp': 1,
    });
  });

  it('has a port for health checks, which kube-proxy itself answers', () => {
    const graph = flow(sample, 'booking/gateway', cluster);
    expect(routesOf(graph, 'health check port 30900/tcp')).toEqual(['from a Pod, this node, outside: ACCEPT 1']);
  });

  it('with session affinity brings a client back, and picks for the first packet', () => {
    const graph = flow(sample, 'booking/tickets', cluster);
    expect(edgesOf(graph).filter((edge) => edge.startsWith('KUBE-SVC'))).toEqual([
      'KUBE-SVC-MLP2VYCUNGXX2GFQ -> KUBE-SEP-TZ5GCWRDSEGD5RVD returning client, within 10800 s',
      'KUBE-SVC-MLP2VYCUNGXX2GFQ -> KUBE-SEP-YXTSKMN7H7BLBTCT returning client, within 10800 s',
      'KUBE-SVC-MLP2VYCUNGXX2GFQ -> KUBE-SEP-TZ5GCWRDSEGD5RVD 0.5 first packet',
      'KUBE-SVC-MLP2VYCUNGXX2GFQ -> KUBE-SEP-YXTSKMN7H7BLBTCT 0.5 first packet',
    ]);
    expect(badgesOf(nodeOf(graph, 'booking/tickets:grpc'))).toContain('affinity 10800 s by client address @153');
    expect(nodeOf(graph, 'tickets-1').share).toBe(0.5);
  });

  it('without endpoints is refused by the filter table', () => {
    const graph = flow(sample, 'booking/mailer', cluster);
    expect(edgesOf(graph)).toEqual(['10.96.40.50:25/tcp -> KUBE-SERVICES 1', 'KUBE-SERVICES -> REJECT 1']);
    expect(nodeOf(graph, 'REJECT')).toMatchObject({
      detail: 'no endpoints, icmp-port-unreachable, by KUBE-SERVICES in table filter',
      table: 'filter',
      line: 43,
      share: 1,
    });
  });

  it('whose chain is not in the dump leads nowhere known', () => {
    const graph = flow(sample, 'booking/invoices', cluster);
    expect(edgesOf(graph).at(-1)).toBe('KUBE-SVC-S5UHGVGWUT2PPRZN -> not known 1');
    expect(graph.notes.map((note) => note.message)).toContain('The cluster has no Service booking/invoices.');
  });

  it('reads in the same path without a cluster, by comments and addresses', () => {
    const graph = flow(sample, 'booking/frontend:http');
    expect(nodeOf(graph, 'KUBE-SVC-3MGBTRC5ATFFL7T7').label).toBe('booking/frontend:http');
    expect(graph.nodes.filter((node) => node.kind === 'address').map((node) => node.label)).toEqual([
      '10.244.0.17:8080',
      '10.244.1.9:8080',
      '10.244.2.14:8080',
    ]);
    expect(graph.source).toBe("the dump's comments");
    expect(graph.notes.map((note) => note.message)).toContain(
      "No cluster is known: names come from the dump's comments, and Pods are addresses.",
    );
  });
});

describe('a target that is none', () => {
  it.each([
    ['booking/frontent', 'Neither the dump nor the cluster has a Service booking/frontent. Did you mean booking/frontend?'],
    ['booking/frontend:grpc', 'booking/frontend has no port grpc; it has http.'],
    ['10.96.40.10:81', '10.96.40.10:81: no rule for that port. 10.96.40.10 has 80/tcp.'],
    ['10.96.40.10:80/udp', '10.96.40.10:80/udp: no rule for that port. 10.96.40.10 has 80/tcp.'],
    [
      '10.244.0.17:8080',
      '10.244.0.17 is Pod booking/frontend-6c8f7b9d45-2lqzr: kube-proxy does not redirect packets to it. Ask for its Service.',
    ],
  ])('%s: %s', (to, reason) => {
    expect(askFlow(sample, cluster, to)).toBe(reason);
  });

  it('is told apart from a Service that has no rules by its nature', () => {
    const services = clusterOf(
      JSON.stringify({
        kind: 'List',
        apiVersion: 'v1',
        items: [
          {
            apiVersion: 'v1',
            kind: 'Service',
            metadata: { namespace: 'a', name: 'db' },
            spec: { clusterIP: 'None', ports: [{ port: 5432 }] },
          },
          {
            apiVersion: 'v1',
            kind: 'Service',
            metadata: { namespace: 'a', name: 'mail' },
            spec: { type: 'ExternalName', externalName: 'm.example' },
          },
        ],
      }),
    );
    expect(askFlow(sample, services, 'a/db')).toContain('a/db is headless');
    expect(askFlow(sample, services, 'a/mail')).toContain('a/mail is an ExternalName Service');
    expect(askFlow(sample, emptyCluster, 'a/db')).toContain("The dump's comments name no Service a/db.");
  });
});

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

describe('drift', () => {
  const slice = (addresses: readonly (readonly [ip: string, ready: boolean])[]) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace: 'booking', name: 'frontend-x', labels: { 'kubernetes.io/service-name': 'frontend' } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints: addresses.map(([ip, ready]) => ({
      addresses: [ip],
      conditions: { ready },
      nodeName: 'worker-2',
      targetRef: { kind: 'Pod', namespace: 'booking', name: `frontend-${ip.split('.').at(-1)}` },
    })),
  });
  const moved = (service: object, endpoints: ReturnType<typeof slice>) =>
    clusterOf(
      JSON.stringify({
        kind: 'List',
        apiVersion: 'v1',
        items: [
          { apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'booking', name: 'frontend' }, spec: service },
          endpoints,
        ],
      }),
    );
  const ports = [{ name: 'http', port: 80, protocol: 'TCP', nodePort: 30180 }];

  it('strikes endpoints that are gone, doubts unready ones and adds those that the dump lacks', () => {
    const now = moved(
      { clusterIP: '10.96.40.10', clusterIPs: ['10.96.40.10'], type: 'NodePort', ports },
      slice([
        ['10.244.0.17', true],
        ['10.244.1.9', false],
        ['10.244.1.77', true],
        ['10.244.1.78', false],
      ]),
    );
    const graph = flow(sample, 'booking/frontend', now);
    expect(
      graph.nodes.filter((node) => node.drift !== null).map(({ kind, address, drift }) => `${kind} ${address} ${drift}`),
    ).toEqual([
      'endpoint 10.244.1.9:8080 differs',
      'pod 10.244.1.9:8080 differs',
      'endpoint 10.244.2.14:8080 stale',
      'address 10.244.2.14:8080 stale',
      'pod 10.244.1.77:8080 missing',
    ]);
    expect(edgesOf(graph).at(-1)).toBe('KUBE-SVC-3MGBTRC5ATFFL7T7 -> frontend-77 not in the dump');
  });

  it('shows addresses that the cluster has and the dump has no rule for', () => {
    const now = moved(
      { clusterIP: '10.96.40.99', clusterIPs: ['10.96.40.99'], type: 'NodePort', ports },
      slice([['10.244.0.17', true]]),
    );
    const graph = flow(sample, 'booking/frontend', now);
    expect(graph.nodes.filter((node) => node.kind === 'entry').map(({ label, drift }) => `${label} ${drift}`)).toEqual([
      '10.96.40.10:80/tcp stale',
      'NodePort 30180/tcp null',
      '10.96.40.99:80/tcp missing',
    ]);
    const warnings = graph.notes.filter((note) => note.severity === 'warning').map((note) => note.message);
    expect(warnings).toEqual([
      'booking/frontend has 10.96.40.10:80/tcp in the dump, and not in the cluster.',
      'The cluster has 10.96.40.99:80/tcp and the dump has no rule for it.',
    ]);
  });

  it('is silent where no cluster is known', () => {
    expect(flow(sample, 'booking/frontend').nodes.every((node) => node.drift === null)).toBe(true);
  });
});

describe('a hostPort', () => {
  const dump = `*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:CNI-DN-2f1b3c4d5e6f708192a3b - [0:0]
:CNI-HOSTPORT-DNAT - [0:0]
:CNI-HOSTPORT-MASQ - [0:0]
:CNI-HOSTPORT-SETMARK - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT
-A OUTPUT -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT
-A POSTROUTING -j CNI-HOSTPORT-MASQ
-A CNI-DN-2f1b3c4d5e6f708192a3b -s 10.244.0.0/24 -p tcp -m tcp --dport 8081 -j CNI-HOSTPORT-SETMARK
-A CNI-DN-2f1b3c4d5e6f708192a3b -p tcp -m tcp --dport 8081 -j DNAT --to-destination 10.244.0.11:8080
-A CNI-HOSTPORT-DNAT -p tcp -m comment --comment "dnat name: \\"cbr0\\" id: \\"9be2c4\\"" -m multiport --dports 8081 -j CNI-DN-2f1b3c4d5e6f708192a3b
-A CNI-HOSTPORT-MASQ -m mark --mark 0x2000/0x2000 -j MASQUERADE
-A CNI-HOSTPORT-SETMARK -j MARK --set-xmark 0x2000/0x2000
COMMIT
`;

  it('leads to its Pod', () => {
    const graph = flow(dump, '127.0.0.1:8081');
    expect(graph.entries.map(({ kind, label }) => `${kind} ${label}`)).toEqual(['host-port hostPort 8081/tcp']);
    expect(edgesOf(graph)).toEqual([
      'hostPort 8081/tcp -> CNI-HOSTPORT-DNAT 1',
      'CNI-HOSTPORT-DNAT -> CNI-DN-2f1b3c4d5e6f708192a3b 1',
      'CNI-DN-2f1b3c4d5e6f708192a3b -> 10.244.0.11:8080 1',
    ]);
    expect(badgesOf(nodeOf(graph, 'CNI-DN-2f1b3c4d5e6f708192a3b'))).toEqual(['masquerade from 10.244.0.0/24 @12']);
    expect(routesOf(graph, 'hostPort 8081/tcp')).toEqual(['from a Pod (masqueraded), this node, outside: 10.244.0.11:8080 1']);
  });

  it('that two containers ask for goes to the first', () => {
    const second = dump
      .replace(':CNI-HOSTPORT-DNAT', ':CNI-DN-aaaaaaaaaaaaaaaaaaaaa - [0:0]\n:CNI-HOSTPORT-DNAT')
      .replace(
        '-A CNI-HOSTPORT-MASQ',
        '-A CNI-HOSTPORT-DNAT -p tcp -m multiport --dports 8081 -j CNI-DN-aaaaaaaaaaaaaaaaaaaaa\n-A CNI-DN-aaaaaaaaaaaaaaaaaaaaa -p tcp -m tcp --dport 8081 -j DNAT --to-destination 10.244.0.99:80\n-A CNI-HOSTPORT-MASQ',
      );
    const graph = flow(second, '127.0.0.1:8081');
    expect(graph.nodes.filter((node) => node.kind === 'address').map((node) => node.label)).toEqual(['10.244.0.11:8080']);
  });
});

describe('hostile text', () => {
  it('stays text', () => {
    const name = '<img src=x onerror=alert(1)>/`|web';
    const text = `*nat
:PREROUTING ACCEPT [0:0]
:KUBE-SERVICES - [0:0]
-A PREROUTING -j KUBE-SERVICES
-A KUBE-SERVICES -d 10.96.0.9/32 -p tcp -m comment --comment "${name} cluster IP" -m tcp --dport 80 -j KUBE-SVC-67NZLRHBNDSAWJRO
COMMIT
`;
    const graph = flow(text, '10.96.0.9:80');
    expect(nodeOf(graph, '10.96.0.9:80/tcp').line).toBe(5);
  });

  it('in a name is no target, and the refusal quotes it', () => {
    expect(askFlow(rulesetOf(''), emptyCluster, 'a/b"\u0000')).toContain('"a/b\\"\\u0000" is neither');
  });
});

describe('a listing', () => {
  it('of `iptables -L -n -v` is read like a dump, counters included', () => {
    const text = `Chain PREROUTING (policy ACCEPT 5 packets, 300 bytes)
 pkts bytes target     prot opt in     out     source               destination
   12   720 KUBE-SERVICES  0    --  *      *       0.0.0.0/0            0.0.0.0/0            /* kubernetes service portals */

Chain OUTPUT (policy ACCEPT 0 packets, 0 bytes)
 pkts bytes target     prot opt in     out     source               destination
    0     0 KUBE-SERVICES  0    --  *      *       0.0.0.0/0            0.0.0.0/0            /* kubernetes service portals */

Chain POSTROUTING (policy ACCEPT 0 packets, 0 bytes)
 pkts bytes target     prot opt in     out     source               destination

Chain KUBE-SEP-GXKVICYM64SODBWJ (1 references)
 pkts bytes target     prot opt in     out     source               destination
    7   420 DNAT       6    --  *      *       0.0.0.0/0            0.0.0.0/0            /* shop/web:http */ tcp to:10.244.0.11:8080

Chain KUBE-SERVICES (2 references)
 pkts bytes target     prot opt in     out     source               destination
    7   420 KUBE-SVC-67NZLRHBNDSAWJRO  6    --  *      *       0.0.0.0/0            10.96.20.10          /* shop/web:http cluster IP */ tcp dpt:80

Chain KUBE-SVC-67NZLRHBNDSAWJRO (1 references)
 pkts bytes target     prot opt in     out     source               destination
    7   420 KUBE-SEP-GXKVICYM64SODBWJ  0    --  *      *       0.0.0.0/0            0.0.0.0/0            /* shop/web:http -> 10.244.0.11:8080 */
`;
    const graph = flow(text, 'shop/web');
    expect(edgesOf(graph)).toEqual([
      '10.96.20.10:80/tcp -> KUBE-SERVICES 1',
      'KUBE-SERVICES -> KUBE-SVC-67NZLRHBNDSAWJRO 1',
      'KUBE-SVC-67NZLRHBNDSAWJRO -> KUBE-SEP-GXKVICYM64SODBWJ 1',
      'KUBE-SEP-GXKVICYM64SODBWJ -> 10.244.0.11:8080 1',
    ]);
    expect(graph.edges.map((edge) => edge.packets)).toEqual([null, 7, 7, 7]);
    expect(graph.notes.map((note) => note.message).filter((message) => message.includes('excerpt'))).toEqual([]);
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
