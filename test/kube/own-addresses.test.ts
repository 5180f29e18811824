import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { type Cluster, emptyCluster } from '../../server/src/cluster/cluster.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import { traceQuestion } from '../../server/src/kube/question/trace.ts';
import { clusterOf, rulesetOf } from '../support/dumps.ts';

const nodes = ['n1', 'n2'].map((name, at) => ({
  kind: 'Node',
  metadata: { name },
  spec: { podCIDRs: [`10.244.${at}.0/24`] },
  status: { addresses: [{ type: 'InternalIP', address: `192.168.1.${at + 1}` }] },
}));
const service = {
  kind: 'Service',
  metadata: { namespace: 'shop', name: 'web' },
  spec: { type: 'NodePort', clusterIP: '10.96.0.4', clusterIPs: ['10.96.0.4'], ports: [{ port: 80, nodePort: 30080 }] },
};
const pod = {
  kind: 'Pod',
  metadata: { namespace: 'shop', name: 'web-0' },
  spec: { nodeName: 'n1' },
  status: { phase: 'Running', podIP: '10.244.0.5', podIPs: [{ ip: '10.244.0.5' }] },
};
const cluster = clusterOf(JSON.stringify({ kind: 'List', items: [...nodes, service, pod] }));

/** The NodePort of shop/web, and a filter that tells by the verdict whether a packet was for the node. */
const dump = `*nat
:PREROUTING ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:KUBE-NODEPORTS - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-AAAAAAAAAAAAAAAA - [0:0]
-A PREROUTING -j KUBE-SERVICES
-A KUBE-NODEPORTS -p tcp -m comment --comment "shop/web" -m tcp --dport 30080 -j KUBE-SVC-AAAAAAAAAAAAAAAA
-A KUBE-SERVICES -d 10.96.0.4/32 -p tcp -m comment --comment "shop/web cluster IP" -m tcp --dport 80 -j KUBE-SVC-AAAAAAAAAAAAAAAA
-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
-A KUBE-SVC-AAAAAAAAAAAAAAAA -p tcp -m tcp -j DNAT --to-destination 10.244.0.5:8080
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
COMMIT
`;

const ipvs = `*nat
:PREROUTING ACCEPT [0:0]
:KUBE-LOAD-BALANCER - [0:0]
:KUBE-SERVICES - [0:0]
-A PREROUTING -j KUBE-SERVICES
-A KUBE-SERVICES -m set --match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
COMMIT
`;

/** The outcomes in their order: the verdict, where the packet ends, and what it is taken to be. */
function outcomes(text: string, from: string, to: string, known: Cluster = cluster, node?: string): readonly string[] {
  const answer = runToEnd(traceQuestion(resolveChains(rulesetOf(text), known, { node }), { from, to }));
  if (!answer.ok) throw new Error(answer.message);
  return answer.report.outcomes.map(({ verdict, packet, assuming }) =>
    [verdict, packet.dst, packet.dport, ...assuming.filter((each) => each.includes('address of this node'))].join(' '),
  );
}

describe('where nothing tells which node a dump is of', () => {
  it('a packet from outside to a node is likely to be for this one', () => {
    expect(outcomes(dump, '1.2.3.4', '192.168.1.1:30080')).toEqual([
      'accept 10.244.0.5 8080 192.168.1.1 is an address of this node.',
      'accept 192.168.1.1 30080 192.168.1.1 is no address of this node.',
    ]);
    expect(outcomes(dump, '1.2.3.4', '192.168.1.1:22')[0]).toMatch(/^drop 192\.168\.1\.1 22/);
  });

  it('a packet of a Pod to a node is as likely to be for another', () => {
    expect(outcomes(dump, '10.244.0.9', '192.168.1.2:22')[0]).toMatch(/^accept 192\.168\.1\.2 22/);
  });

  it('a packet to a NodePort is likely to be for this node, without a cluster too', () => {
    expect(outcomes(dump, '1.2.3.4', '192.0.2.7:30080', emptyCluster)[0]).toMatch(/^accept 10\.244\.0\.5 8080/);
    expect(outcomes(dump, '1.2.3.4', '192.0.2.7:30081', emptyCluster)[0]).toMatch(/^accept 192\.0\.2\.7 30081/);
  });

  it('neither a Pod nor a clusterIP is the node', () => {
    expect(outcomes(dump, '1.2.3.4', '10.244.0.5:9999')).toEqual(['accept 10.244.0.5 9999']);
    expect(outcomes(dump, '1.2.3.4', '10.96.0.4:443')).toEqual(['accept 10.96.0.4 443']);
  });
});

describe('in ipvs mode', () => {
  it('a clusterIP is an address of the node, whichever it is', () => {
    for (const node of [undefined, 'n1']) {
      const all = outcomes(ipvs, '10.244.0.9', '10.96.0.4:80', cluster, node);
      expect(new Set(all)).toEqual(new Set(['accept 10.96.0.4 80']));
    }
  });
});
