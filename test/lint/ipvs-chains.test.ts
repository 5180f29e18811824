import { describe, expect, it } from 'vitest';
import { findingsIn } from './check-findings.ts';

/** nat as kube-proxy in ipvs mode writes it for a node without load balancers. */
const nat = `*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:KUBE-LOAD-BALANCER - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-NODE-PORT - [0:0]
:KUBE-POSTROUTING - [0:0]
:KUBE-SERVICES - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
-A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A KUBE-POSTROUTING -m comment --comment "Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose" -m set --match-set KUBE-LOOP-BACK dst,dst,src -j MASQUERADE
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully
-A KUBE-SERVICES ! -s 10.244.0.0/16 -m comment --comment "Kubernetes service cluster ip + port for masquerade purpose" -m set --match-set KUBE-CLUSTER-IP dst,dst -j KUBE-MARK-MASQ
-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODE-PORT
-A KUBE-SERVICES -m set --match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT
COMMIT
`;

describe('the chains of ipvs mode', () => {
  it('stand ready without load balancers, and masquerade Pods that reach themselves without a mark', () => {
    expect(findingsIn(nat).map(({ code, severity, message }) => [code, severity, message])).toEqual([
      ['orphaned-chain', 'info', 'No packet enters KUBE-LOAD-BALANCER now: kube-proxy keeps it ready, whether it is used or not'],
      ['service-proxy', 'info', expect.stringContaining('kube-proxy in ipvs mode does the Services of this node')],
    ]);
  });

  it('are told of where the mark stays', () => {
    const codes = findingsIn(nat.replace(/.*--set-xmark 0x4000\/0x0\n/, '')).map(({ code }) => code);
    expect(codes).toContain('mark-not-cleared');
  });
});
