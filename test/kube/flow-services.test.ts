import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { emptyCluster } from '../../server/src/cluster/cluster.ts';
import { frontendSteps } from '../../server/src/kube/flow/frontends.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import { clusterFrom, clusterOf, rulesetFrom, rulesetOf } from '../support/dumps.ts';
import { fixturePath, fixtureText } from '../support/fixtures.ts';
import { askFlow, badgesOf, edgesOf, flow, nodeOf, routesOf } from './flow-support.ts';
import { clusterWith, service } from './objects.ts';

const sample = rulesetFrom(fixturePath('sample/worker-1.iptables'));
const cluster = clusterFrom(fixturePath('sample/cluster.json'));

describe('the Services of a dump without comments', () => {
  it('are told by the hashes of their chains', () => {
    const text = fixtureText('sample/worker-1.iptables').replaceAll(/ -m comment --comment (?:"[^"]*"|\S+)/g, '');
    const frontends = runToEnd(frontendSteps(resolveChains(rulesetOf(text), cluster)));
    const named = frontends.filter(({ kind, service: of }) => kind === 'cluster-ip' && of !== null);
    expect(named.map(({ ip, port, service: of }) => `${ip}:${port} ${of?.namespace}/${of?.name}:${of?.port}`)).toContain(
      '10.96.40.10:80 booking/frontend:http',
    );
  });
});

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

describe('the ends of a route', () => {
  it('are those that its packets come to, and no other', () => {
    const graphs = ['booking/frontend', 'booking/gateway', 'kube-system/kube-dns'].map((to) => flow(sample, to, cluster));
    const ends = graphs.flatMap(({ routes = [] }) => routes.flatMap((route) => (route.ends === null ? [] : [route.ends])));
    expect(ends.length).toBeGreaterThan(0);
    expect(ends.flatMap((shares) => Object.values(shares)).filter((share) => share <= 0)).toEqual([]);
  });
});

describe('the port of a Service behind a NodePort', () => {
  it('is the one that the cluster gives it, of several with NodePorts', () => {
    const ports = [
      { name: 'admin', port: 81, nodePort: 30081 },
      { name: 'http', port: 80, nodePort: 30080 },
    ];
    const shop = clusterWith(service('shop/web', { ip: '10.96.0.7', ports, spec: { type: 'NodePort' } }));
    const rules = ['http', 'admin'].map((name, index) => {
      const chain = `KUBE-EXT-${'AB'.charAt(index).repeat(16)}`;
      return { chain, nodePort: 30080 + index, comment: `shop/web:${name}` };
    });
    const text = `*nat
:PREROUTING ACCEPT [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-NODEPORTS - [0:0]
${rules.map(({ chain }) => `:${chain} - [0:0]`).join('\n')}
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
${rules.map(({ chain, nodePort, comment }) => `-A KUBE-NODEPORTS -p tcp -m comment --comment "${comment}" -m tcp --dport ${nodePort} -j ${chain}`).join('\n')}
${rules.map(({ chain }) => `-A ${chain} -p tcp -m tcp -j DNAT --to-destination 10.244.0.9:8080`).join('\n')}
COMMIT
`;
    const portOf = (target: string): unknown =>
      flow(rulesetOf(text), target, shop).nodes.find(({ kind }) => kind === 'entry')?.service?.portNumber;
    expect([portOf('shop/web:http'), portOf('shop/web:admin')]).toEqual([80, 81]);
  });
});

describe('a target that is none', () => {
  it.each([
    ['booking/frontent', 'Neither the dump nor the cluster has a Service booking/frontent. Did you mean booking/frontend?'],
    ['booking/frontend:grpc', 'booking/frontend has no port grpc; it has http (80/tcp).'],
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
