/** Which entries a target means, and in which words nothing is found. */
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { type Cluster, emptyCluster } from '../../server/src/cluster/cluster.ts';
import { frontendLabel } from '../../server/src/kube/flow/frontends.ts';
import { chooseFrontends, otherProxyNote, showsAllOfNat } from '../../server/src/kube/flow/resolve-target.ts';
import { parseFlowTarget } from '../../server/src/kube/flow/target.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import type { DumpOrigin } from '../../server/src/kube/proxy/dump-node.ts';
import { rulesetOf } from '../support/dumps.ts';
import { clusterWith, node, pod, service, slice } from './objects.ts';

/** "title: entries. remark", or the reason why there are none. */
function chosen(text: string, to: string, cluster: Cluster = emptyCluster, origin: DumpOrigin = {}): string {
  const parsed = parseFlowTarget(to);
  if (!parsed.ok) return parsed.message;
  const choice = runToEnd(chooseFrontends(resolveChains(rulesetOf(text), cluster, origin), parsed.target));
  if (!choice.ok) return choice.reason;
  const remark = choice.remark === '' ? '' : `. ${choice.remark}`;
  return `${choice.title}: ${choice.frontends.map(frontendLabel).join(', ')}${remark}`;
}

const excerptOf = (...rules: readonly string[]): string => rules.join('\n');
const wholeOf = (...rules: readonly string[]): string =>
  ['*nat', ':PREROUTING ACCEPT [0:0]', ':KUBE-SERVICES - [0:0]', ':KUBE-NODEPORTS - [0:0]', ...rules, 'COMMIT', ''].join('\n');
const entry = (comment: string, ip: string, port: number, chain: string): string =>
  `-A KUBE-SERVICES -d ${ip}/32 -p tcp -m comment --comment "${comment}" -m tcp --dport ${port} -j ${chain}`;
const nodePort = (comment: string, port: number, chain: string): string =>
  `-A KUBE-NODEPORTS -p tcp -m comment --comment "${comment}" -m tcp --dport ${port} -j ${chain}`;
const [first, second] = ['KUBE-SVC-AAAAAAAAAAAAAAAA', 'KUBE-SVC-BBBBBBBBBBBBBBBB'];

const web = [
  entry('shop/web:http cluster IP', '10.96.0.9', 80, first),
  nodePort('shop/web:http', 30080, first),
  entry('shop/web:admin cluster IP', '10.96.0.9', 81, second),
];

describe('a port of a Service', () => {
  it.each([
    ['shop/web', 'shop/web: 10.96.0.9:80/tcp, 10.96.0.9:81/tcp, NodePort 30080/tcp'],
    ['shop/web:http', 'shop/web:http: 10.96.0.9:80/tcp, NodePort 30080/tcp'],
    ['shop/web:80', 'shop/web:http: 10.96.0.9:80/tcp, NodePort 30080/tcp'],
    ['shop/web:81', 'shop/web:admin: 10.96.0.9:81/tcp'],
    ['shop/web:30080', 'shop/web has no port 30080; 30080 is the NodePort of http; it has http (80/tcp), admin (81/tcp).'],
    ['shop/web:82', 'shop/web has no port 82; it has http (80/tcp), admin (81/tcp).'],
    ['shop/web:dns', 'shop/web has no port dns; it has http (80/tcp), admin (81/tcp).'],
  ])('is found by its name or number: %s', (to, answer) => {
    expect(chosen(wholeOf(...web), to)).toBe(answer);
  });

  it('without a name is named by its number, and where that is not shown by what is', () => {
    const unnamed = [entry('shop/web cluster IP', '10.96.0.9', 80, first), nodePort('shop/web', 30080, first)];
    expect(chosen(wholeOf(...unnamed), 'shop/web:81')).toBe('shop/web has no port 81; it has 80/tcp.');
    expect(chosen(wholeOf(...unnamed), 'shop/web:30080')).toBe(
      'shop/web has no port 30080; 30080 is the NodePort; it has 80/tcp.',
    );
    expect(chosen(excerptOf(nodePort('shop/web', 30080, first)), 'shop/web:80')).toBe(
      'shop/web has no port 80; it has an unnamed port.',
    );
    expect(chosen(excerptOf(nodePort('shop/web:http', 30080, first)), 'shop/web:80')).toBe(
      'shop/web has no port 80; it has http.',
    );
  });

  it('of a NodePort alone has the number that the cluster says', () => {
    const cluster = clusterWith(
      service('shop/web', {
        ip: '10.96.0.9',
        spec: { type: 'NodePort' },
        ports: [
          { name: 'http', port: 80, nodePort: 30080 },
          { name: 'admin', port: 81, nodePort: 30081 },
        ],
      }),
    );
    expect(chosen(excerptOf(nodePort('shop/web:http', 30080, first)), 'shop/web:80', cluster)).toBe(
      'shop/web:http: NodePort 30080/tcp',
    );
  });

  it('is one of eight that are named, however many there are', () => {
    const many = Array.from({ length: 10 }, (_, at) => entry(`shop/web:p${at} cluster IP`, '10.96.0.9', 80 + at, first));
    expect(chosen(wholeOf(...many), 'shop/web:http')).toMatch(/; it has p0 \(80\/tcp\), .*, p7 \(87\/tcp\)\.$/);
    expect(chosen(wholeOf(...many), '10.96.0.9:99')).toMatch(/ has 80\/tcp, .*, 87\/tcp\.$/);
  });
});

describe('a Service for which the dump has no rules', () => {
  const cluster = clusterWith(
    service('shop/left', { labels: { 'service.kubernetes.io/service-proxy-name': 'their-proxy' } }),
    service('shop/labelled', { ip: '10.96.0.8', labels: { 'service.kubernetes.io/headless': '' } }),
    service('shop/six', { ip: 'fd00::9' }),
    service('shop/web', { ip: '10.96.0.9' }),
    service('shop/db', { spec: { clusterIP: 'None', clusterIPs: ['None'] } }),
    service('shop/mail', { spec: { type: 'ExternalName', externalName: 'mail.example', clusterIP: undefined, clusterIPs: [] } }),
  );
  it.each([
    [
      'shop/left',
      'shop/left is left to their-proxy by its label service.kubernetes.io/service-proxy-name: kube-proxy writes no rules.',
    ],
    ['shop/labelled', 'shop/labelled has the label service.kubernetes.io/headless, for which kube-proxy writes no rules.'],
    ['10.96.0.8', /^10\.96\.0\.8 is an address of shop\/labelled\. shop\/labelled has the label /],
    ['shop/six', "shop/six has no address or port of this dump's family."],
    ['shop/db', /^shop\/db is headless \(clusterIP None\): /],
    ['shop/mail', /^shop\/mail is an ExternalName Service: /],
    [
      'shop/web',
      'The dump is an excerpt and shows no rule for shop/web (10.96.0.9:80/tcp): whether the node has some is not known.',
    ],
    ['shop/wep', 'Neither the dump nor the cluster has a Service shop/wep. Did you mean shop/web?'],
  ])('%s', (to, reason) => {
    const text = excerptOf('-A KUBE-SERVICES -d 10.96.0.1/32 -p tcp -m tcp --dport 443 -j KUBE-SVC-NPX46M4PTMTKRN6Y');
    if (typeof reason === 'string') expect(chosen(text, to, cluster)).toBe(reason);
    else expect(chosen(text, to, cluster)).toMatch(reason);
  });

  it('is said to be somewhere else where kube-proxy works in another mode', () => {
    const ipvs = wholeOf('-A KUBE-SERVICES -m set --match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT');
    const mode = 'kube-proxy in ipvs mode does the Services of this node: ';
    expect(chosen(ipvs, 'shop/web', cluster)).toContain(`No rule of the dump is for shop/web. ${mode}`);
    expect(chosen(ipvs, 'shop/none')).toContain(`The dump's comments name no Service shop/none. ${mode}`);
    expect(chosen(ipvs, '10.96.0.77:80')).toContain(
      `No Service that the dump has rules for has 10.96.0.77:80. What other rules make of packets to it, a trace says. ${mode}`,
    );
  });
});

describe('an address', () => {
  it('that no rule is for is denied by a whole table alone', () => {
    expect(chosen(wholeOf(...web), '10.96.0.8:80')).toBe(
      'No Service that the dump has rules for has 10.96.0.8:80. Did you mean 10.96.0.9? What other rules make of packets to it, a trace says.',
    );
    expect(chosen(excerptOf(...web), '10.96.0.8:80')).toBe(
      'No rule that the dump shows is for 10.96.0.8:80: it is an excerpt, and the node may have one. Did you mean 10.96.0.9?',
    );
    expect(chosen(excerptOf(...web), '10.96.0.9:443')).toBe(
      '10.96.0.9:443: no rule for that port. 10.96.0.9 has 80/tcp, 81/tcp in what the dump shows.',
    );
    const shows = (text: string): boolean => showsAllOfNat(resolveChains(rulesetOf(text), emptyCluster));
    expect([wholeOf(...web), excerptOf(...web), '*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n'].map(shows)).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('of an endpoint or a Pod is no entry; of a Pod of the host network it is the node', () => {
    const cluster = clusterWith(
      slice('shop/web', { '10.244.0.5': {}, '172.18.0.2': {} }),
      pod('shop/web-1', { ip: '10.244.0.6' }),
      node('node-a', { ips: ['172.18.0.2'] }),
    );
    expect(chosen(wholeOf(...web), '10.244.0.5:80', cluster)).toBe(
      '10.244.0.5 is an endpoint of shop/web: kube-proxy does not redirect packets to it. Ask for its Service.',
    );
    expect(chosen(wholeOf(...web), '10.244.0.6:80', cluster)).toBe(
      '10.244.0.6 is Pod shop/web-1: kube-proxy does not redirect packets to it. Ask for its Service.',
    );
    expect(chosen(wholeOf(...web), '172.18.0.2:30080', cluster, { node: 'node-a' })).toBe(
      'NodePort 30080/tcp: NodePort 30080/tcp',
    );
  });
});

describe('an address of a node', () => {
  const nodes = clusterWith(node('node-a', { ips: ['172.18.0.2', 'fc00::2'] }), node('node-b', { ips: ['172.18.0.3'] }));

  it.each<[to: string, cluster: Cluster, origin: DumpOrigin, answer: string]>([
    ['172.18.0.2:30080', nodes, { node: 'node-a' }, 'NodePort 30080/tcp: NodePort 30080/tcp'],
    ['127.0.0.1:30080', emptyCluster, {}, 'NodePort 30080/tcp: NodePort 30080/tcp'],
    [
      '172.18.0.9:30080',
      emptyCluster,
      {},
      'NodePort 30080/tcp: NodePort 30080/tcp. 172.18.0.9 is taken to be an address of this node.',
    ],
    [
      '172.18.0.3:30080',
      nodes,
      {},
      'NodePort 30080/tcp: NodePort 30080/tcp. 172.18.0.3 is node node-b, of which the dump is taken to be: nothing in it tells the node.',
    ],
    [
      '172.18.0.3:30080',
      nodes,
      { node: 'node-a' },
      '172.18.0.3 is node node-b, and the dump is of node-a: its NodePorts are in its own dump.',
    ],
    ['172.18.0.2', nodes, { node: 'node-a' }, 'Say which port of 172.18.0.2; the dump has 30080/tcp.'],
    [
      '172.18.0.2:30081/tcp',
      nodes,
      { node: 'node-a' },
      '172.18.0.2:30081/tcp is no NodePort or hostPort; the dump has 30080/tcp.',
    ],
    [
      '172.18.0.2:30080/udp',
      nodes,
      { node: 'node-a' },
      '172.18.0.2:30080/udp is no NodePort or hostPort; the dump has 30080/tcp.',
    ],
    // The dump is of IPv4.
    [
      '[fc00::2]:30080',
      nodes,
      { node: 'node-a' },
      '[fc00::2]:30080 is no NodePort or hostPort; the dump has no NodePort or hostPort.',
    ],
  ])('%s', (to, cluster, origin, answer) => {
    expect(chosen(wholeOf(...web), to, cluster, origin)).toBe(answer);
  });
});

describe('several dumps of one family in a file', () => {
  it('count once for each address of a Service', () => {
    const other = wholeOf(entry('shop/web:http cluster IP', '10.96.0.9', 80, first), nodePort('shop/api:http', 30081, second));
    expect(chosen(wholeOf(...web) + other, 'shop/web')).toBe('shop/web: 10.96.0.9:80/tcp, 10.96.0.9:81/tcp, NodePort 30080/tcp');
    expect(chosen(wholeOf(...web) + other, 'shop/api')).toBe('shop/api: NodePort 30081/tcp');
  });
});

describe('who does the Services', () => {
  it('is said of a node of Kubernetes alone, as its chains or a cluster tell', () => {
    const noteOf = (text: string, cluster: Cluster = emptyCluster): string =>
      otherProxyNote(resolveChains(rulesetOf(text), cluster));
    const flushed = '*nat\n:PREROUTING ACCEPT [0:0]\n:KUBE-SERVICES - [0:0]\n:KUBE-SVC-AAAAAAAAAAAAAAAA - [0:0]\nCOMMIT\n';
    const plain = '*nat\n:PREROUTING ACCEPT [0:0]\n:MINE - [0:0]\nCOMMIT\n';
    expect(noteOf(flushed)).toMatch(/^No Service works on this node: /);
    expect(noteOf(plain)).toBe('');
    expect(noteOf(plain, clusterWith(node('node-a')))).toMatch(/^No Service of this node is in its iptables: /);
    expect(noteOf(wholeOf(...web))).toBe('');
  });
});
