import { describe, expect, it } from 'vitest';
import { badgesOf, edgesOf, flow, nodeOf, routesOf } from './flow-support.ts';

/** As kube-proxy before 1.21 wrote it: the rules that mark stand in KUBE-SERVICES. */
const old = `*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:KUBE-FW-S6GYCJULEJ2HSKT7 - [0:0]
:KUBE-MARK-DROP - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-NODEPORTS - [0:0]
:KUBE-POSTROUTING - [0:0]
:KUBE-SEP-SMOMBMM6ZU55ZIAA - [0:0]
:KUBE-SEP-WKOMXESEZZOJXEFY - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-S6GYCJULEJ2HSKT7 - [0:0]
:KUBE-XLB-S6GYCJULEJ2HSKT7 - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
-A KUBE-FW-S6GYCJULEJ2HSKT7 -s 203.0.113.0/24 -m comment --comment "shop/checkout:https loadbalancer IP" -j KUBE-XLB-S6GYCJULEJ2HSKT7
-A KUBE-FW-S6GYCJULEJ2HSKT7 -m comment --comment "shop/checkout:https loadbalancer IP" -j KUBE-MARK-DROP
-A KUBE-MARK-DROP -j MARK --set-xmark 0x8000/0x8000
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A KUBE-NODEPORTS -s 127.0.0.0/8 -p tcp -m comment --comment "shop/checkout:https" -m tcp --dport 31443 -j KUBE-MARK-MASQ
-A KUBE-NODEPORTS -p tcp -m comment --comment "shop/checkout:https" -m tcp --dport 31443 -j KUBE-XLB-S6GYCJULEJ2HSKT7
-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -m mark --mark 0x4000/0x4000 -j MASQUERADE
-A KUBE-SEP-SMOMBMM6ZU55ZIAA -s 10.244.2.31/32 -j KUBE-MARK-MASQ
-A KUBE-SEP-SMOMBMM6ZU55ZIAA -p tcp -m tcp -j DNAT --to-destination 10.244.2.31:8443
-A KUBE-SEP-WKOMXESEZZOJXEFY -s 10.244.0.31/32 -j KUBE-MARK-MASQ
-A KUBE-SEP-WKOMXESEZZOJXEFY -p tcp -m tcp -j DNAT --to-destination 10.244.0.31:8443
-A KUBE-SERVICES ! -s 10.244.0.0/16 -d 10.96.20.30/32 -p tcp -m comment --comment "shop/checkout:https cluster IP" -m tcp --dport 443 -j KUBE-MARK-MASQ
-A KUBE-SERVICES -d 10.96.20.30/32 -p tcp -m comment --comment "shop/checkout:https cluster IP" -m tcp --dport 443 -j KUBE-SVC-S6GYCJULEJ2HSKT7
-A KUBE-SERVICES -d 192.0.2.50/32 -p tcp -m comment --comment "shop/checkout:https external IP" -m tcp --dport 443 -j KUBE-MARK-MASQ
-A KUBE-SERVICES -d 192.0.2.50/32 -p tcp -m comment --comment "shop/checkout:https external IP" -m tcp --dport 443 -m physdev ! --physdev-is-in -m addrtype ! --src-type LOCAL -j KUBE-SVC-S6GYCJULEJ2HSKT7
-A KUBE-SERVICES -d 192.0.2.50/32 -p tcp -m comment --comment "shop/checkout:https external IP" -m tcp --dport 443 -m addrtype --dst-type LOCAL -j KUBE-SVC-S6GYCJULEJ2HSKT7
-A KUBE-SERVICES -d 192.0.2.100/32 -p tcp -m comment --comment "shop/checkout:https loadbalancer IP" -m tcp --dport 443 -j KUBE-FW-S6GYCJULEJ2HSKT7
-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
-A KUBE-SVC-S6GYCJULEJ2HSKT7 -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-WKOMXESEZZOJXEFY
-A KUBE-SVC-S6GYCJULEJ2HSKT7 -j KUBE-SEP-SMOMBMM6ZU55ZIAA
-A KUBE-XLB-S6GYCJULEJ2HSKT7 -s 10.244.0.0/16 -m comment --comment "Redirect pods trying to reach external loadbalancer VIP to clusterIP" -j KUBE-SVC-S6GYCJULEJ2HSKT7
-A KUBE-XLB-S6GYCJULEJ2HSKT7 -m comment --comment "masquerade LOCAL traffic for shop/checkout:https LB IP" -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ
-A KUBE-XLB-S6GYCJULEJ2HSKT7 -m comment --comment "route LOCAL traffic for shop/checkout:https LB IP to service chain" -m addrtype --src-type LOCAL -j KUBE-SVC-S6GYCJULEJ2HSKT7
-A KUBE-XLB-S6GYCJULEJ2HSKT7 -m comment --comment "shop/checkout:https has no local endpoints" -j KUBE-MARK-DROP
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:KUBE-FIREWALL - [0:0]
-A INPUT -j KUBE-FIREWALL
-A OUTPUT -j KUBE-FIREWALL
-A FORWARD -j KUBE-FIREWALL
-A KUBE-FIREWALL -m comment --comment "kubernetes firewall for dropping marked packets" -m mark --mark 0x8000/0x8000 -j DROP
COMMIT
`;

describe('the layout before 1.21', () => {
  const graph = flow(old, 'shop/checkout');

  it('has its masquerade marks on KUBE-SERVICES', () => {
    expect(badgesOf(nodeOf(graph, 'KUBE-SERVICES'))).toEqual([
      'masquerade to 10.96.20.30:443, unless from 10.244.0.0/16 @29',
      'masquerade to 192.0.2.50:443 @31',
    ]);
    expect(routesOf(graph, '10.96.20.30:443/tcp')).toEqual([
      'from a Pod, this node (masqueraded), outside (masqueraded): 10.244.0.31:8443 0.5, 10.244.2.31:8443 0.5',
    ]);
  });

  it('sends what comes to an external IP from elsewhere to the Service, and leaves this node’s own packets alone', () => {
    expect(edgesOf(graph)).toContain('192.0.2.50:443/tcp -> KUBE-SERVICES from a Pod or outside');
    expect(edgesOf(graph)).toContain('192.0.2.50:443/tcp -> not redirected from this node');
    expect(routesOf(graph, '192.0.2.50:443/tcp')).toEqual([
      'from a Pod (masqueraded), outside (masqueraded): 10.244.0.31:8443 0.5, 10.244.2.31:8443 0.5',
      'from this node (masqueraded): not redirected 1',
    ]);
  });

  it('drops what source ranges refuse, or what has no local endpoint, by a mark', () => {
    expect(routesOf(graph, '192.0.2.100:443/tcp')).toEqual(['from a Pod, this node, 203.0.113.0/24, elsewhere: DROP 1']);
    expect(badgesOf(nodeOf(graph, 'KUBE-FW-S6GYCJULEJ2HSKT7'))).toEqual([
      'marked to be dropped @19',
      'only from 203.0.113.0/24 @18',
    ]);
    expect(badgesOf(nodeOf(graph, 'KUBE-XLB-S6GYCJULEJ2HSKT7'))).toEqual([
      'masquerade from this node @39',
      'marked to be dropped @41',
    ]);
    expect(nodeOf(graph, 'DROP').detail).toBe('by KUBE-FIREWALL in table filter');
    expect(routesOf(graph, 'NodePort 31443/tcp')).toEqual([
      'from a Pod, this node (masqueraded): 10.244.0.31:8443 0.5, 10.244.2.31:8443 0.5',
      'from outside: DROP 1',
    ]);
  });
});

describe('a mark chain that nobody fills', () => {
  it('marks nothing, and what it should drop goes on', () => {
    const graph = flow(old.replace('-A KUBE-MARK-DROP -j MARK --set-xmark 0x8000/0x8000\n', ''), 'shop/checkout');
    expect(routesOf(graph, '192.0.2.100:443/tcp')).toEqual([
      'from a Pod, this node, 203.0.113.0/24, elsewhere: not redirected 1',
    ]);
    expect(badgesOf(nodeOf(graph, 'KUBE-FW-S6GYCJULEJ2HSKT7'))[0]).toBe('KUBE-MARK-DROP is empty: no mark @19');
  });
});

describe('other paths to tell Pods from others', () => {
  it('by the interface they come in by', () => {
    const text = `*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-SEP-GXKVICYM64SODBWJ - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-67NZLRHBNDSAWJRO - [0:0]
-A PREROUTING -j KUBE-SERVICES
-A OUTPUT -j KUBE-SERVICES
-A POSTROUTING -m mark --mark 0x4000/0x4000 -j MASQUERADE
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A KUBE-SEP-GXKVICYM64SODBWJ -p tcp -m tcp -j DNAT --to-destination 10.244.0.11:8080
-A KUBE-SERVICES -d 10.96.20.10/32 -p tcp -m comment --comment "shop/web:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-67NZLRHBNDSAWJRO
-A KUBE-SVC-67NZLRHBNDSAWJRO ! -i cali+ -d 10.96.20.10/32 -p tcp -m tcp --dport 80 -j KUBE-MARK-MASQ
-A KUBE-SVC-67NZLRHBNDSAWJRO -j KUBE-SEP-GXKVICYM64SODBWJ
COMMIT
`;
    const graph = flow(text, 'shop/web');
    expect(badgesOf(nodeOf(graph, 'KUBE-SVC-67NZLRHBNDSAWJRO'))).toEqual(['masquerade unless in by cali+ @15']);
    expect(routesOf(graph, '10.96.20.10:80/tcp')).toEqual([
      'from a Pod, this node (masqueraded), outside (masqueraded): 10.244.0.11:8080 1',
    ]);
  });
});

describe('IPv6', () => {
  it('reads the same, with brackets where a port follows', () => {
    const text = `# Generated by ip6tables-save v1.8.9 (nf_tables) on Mon Nov 23 00:58:31 2026
*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:KUBE-SEP-3XS4PNCBWRSQ3DD7 - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-67NZLRHBNDSAWJRO - [0:0]
-A PREROUTING -j KUBE-SERVICES
-A OUTPUT -j KUBE-SERVICES
-A KUBE-SEP-3XS4PNCBWRSQ3DD7 -s fd00:10:244:1::b/128 -m comment --comment "shop/web:http" -j KUBE-MARK-MASQ
-A KUBE-SEP-3XS4PNCBWRSQ3DD7 -p tcp -m comment --comment "shop/web:http" -m tcp -j DNAT --to-destination [fd00:10:244:1::b]:8080
-A KUBE-SERVICES -d fd00:10:96::f77c/128 -p tcp -m comment --comment "shop/web:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-67NZLRHBNDSAWJRO
-A KUBE-SVC-67NZLRHBNDSAWJRO ! -s fd00:244::/32 -d fd00:10:96::f77c/128 -p tcp -m comment --comment "shop/web:http cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ
-A KUBE-SVC-67NZLRHBNDSAWJRO -m comment --comment "shop/web:http -> [fd00:10:244:1::b]:8080" -j KUBE-SEP-3XS4PNCBWRSQ3DD7
COMMIT
`;
    const graph = flow(text, '[fd00:10:96:0::f77c]:80');
    expect(edgesOf(graph)).toEqual([
      '[fd00:10:96::f77c]:80/tcp -> KUBE-SERVICES 1',
      'KUBE-SERVICES -> KUBE-SVC-67NZLRHBNDSAWJRO 1',
      'KUBE-SVC-67NZLRHBNDSAWJRO -> KUBE-SEP-3XS4PNCBWRSQ3DD7 1',
      'KUBE-SEP-3XS4PNCBWRSQ3DD7 -> [fd00:10:244:1::b]:8080 1',
    ]);
    expect(badgesOf(nodeOf(graph, 'KUBE-SEP-3XS4PNCBWRSQ3DD7'))).toEqual(['hairpin masqueraded when it reaches itself @10']);
    // A network, though its mask is that of one IPv4 address.
    expect(badgesOf(nodeOf(graph, 'KUBE-SVC-67NZLRHBNDSAWJRO'))).toEqual(['masquerade unless from fd00:244::/32 @13']);
  });
});

describe('NodePorts', () => {
  it('on some addresses of the node only (--nodeport-addresses)', () => {
    const text = `*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:KUBE-EXT-67NZLRHBNDSAWJRO - [0:0]
:KUBE-NODEPORTS - [0:0]
:KUBE-SEP-GXKVICYM64SODBWJ - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-67NZLRHBNDSAWJRO - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A KUBE-EXT-67NZLRHBNDSAWJRO -j KUBE-SVC-67NZLRHBNDSAWJRO
-A KUBE-NODEPORTS -p tcp -m comment --comment "shop/web:http" -m tcp --dport 30080 -j KUBE-EXT-67NZLRHBNDSAWJRO
-A KUBE-SEP-GXKVICYM64SODBWJ -p tcp -m tcp -j DNAT --to-destination 10.244.0.11:8080
-A KUBE-SERVICES -d 192.168.7.4/32 -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -j KUBE-NODEPORTS
-A KUBE-SVC-67NZLRHBNDSAWJRO -j KUBE-SEP-GXKVICYM64SODBWJ
COMMIT
`;
    expect(routesOf(flow(text, 'shop/web'), 'NodePort 30080/tcp')).toEqual([
      'from a Pod, this node, outside: 10.244.0.11:8080 1',
    ]);
  });
});

describe('IPv4 and IPv6 in one file', () => {
  it('are two entries of one Service, each with its own chains', () => {
    const half = (
      generator: string,
      ip: string,
      bits: number,
      endpoint: string,
    ) => `# Generated by ${generator} v1.8.9 (nf_tables) on Mon Nov 23 00:58:31 2026
*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:KUBE-SEP-GXKVICYM64SODBWJ - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-67NZLRHBNDSAWJRO - [0:0]
-A PREROUTING -j KUBE-SERVICES
-A OUTPUT -j KUBE-SERVICES
-A KUBE-SEP-GXKVICYM64SODBWJ -p tcp -m tcp -j DNAT --to-destination ${endpoint}
-A KUBE-SERVICES -d ${ip}/${bits} -p tcp -m comment --comment "shop/web:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-67NZLRHBNDSAWJRO
-A KUBE-SVC-67NZLRHBNDSAWJRO -j KUBE-SEP-GXKVICYM64SODBWJ
COMMIT
`;
    const text =
      half('iptables-save', '10.96.20.10', 32, '10.244.0.11:8080') +
      half('ip6tables-save', 'fd00:10:96::a', 128, '[fd00::b]:8080');
    const graph = flow(text, 'shop/web');
    expect(routesOf(graph, '10.96.20.10:80/tcp')).toEqual(['from a Pod, this node, outside: 10.244.0.11:8080 1']);
    expect(routesOf(graph, '[fd00:10:96::a]:80/tcp')).toEqual(['from a Pod, this node, outside: [fd00::b]:8080 1']);
    expect(new Set(graph.nodes.map((node) => node.id)).size).toBe(graph.nodes.length);
    expect(graph.nodes.filter((node) => node.chain === 'KUBE-SVC-67NZLRHBNDSAWJRO').map((node) => node.line)).toEqual([7, 20]);
  });
});
