import { describe, expect, it } from 'vitest';
import { clusterIPs, ipvsNat, toNodePorts } from '../support/ipvs-rules.ts';
import { findingsIn } from './check-findings.ts';

/** nat as kube-proxy in ipvs mode writes it for a node without load balancers. */
const nat = ipvsNat({
  services: [
    '! -s 10.244.0.0/16 -m comment --comment "Kubernetes service cluster ip + port for masquerade purpose" -m set --match-set KUBE-CLUSTER-IP dst,dst -j KUBE-MARK-MASQ',
    toNodePorts,
    clusterIPs,
  ],
});

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
