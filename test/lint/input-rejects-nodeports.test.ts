import { describe, expect, it } from 'vitest';
import { clusterIPs, ipvsNat, tcpNodePorts, toNodePorts } from '../support/ipvs-rules.ts';
import { checkFindings, findingsIn } from './check-findings.ts';

/** What kube-proxy in ipvs mode writes into nat where there are NodePorts. */
const nat = ipvsNat({ nodePort: [tcpNodePorts], services: [clusterIPs, toNodePorts] });

const filter = (policy: string, ...rules: readonly string[]): string => `*filter
:INPUT ${policy} [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:KUBE-NODE-PORT - [0:0]
-A INPUT -m comment --comment "kubernetes health check rules" -j KUBE-NODE-PORT
${rules.map((rule) => `-A INPUT ${rule}\n`).join('')}-A KUBE-NODE-PORT -m comment --comment "Kubernetes health check node port" -m set --match-set KUBE-HEALTH-CHECK-NODE-PORT dst -j ACCEPT
COMMIT
`;

/** What CentOS and Oracle's images come with. */
const usual = [
  '-m state --state RELATED,ESTABLISHED -j ACCEPT',
  '-p icmp -j ACCEPT',
  '-i lo -j ACCEPT',
  '-p tcp -m state --state NEW -m tcp --dport 22 -j ACCEPT',
];
const rejectAll = '-j REJECT --reject-with icmp-host-prohibited';

/** The places of the finding, as "policy" or the text of the rule's target. */
function refusals(text: string): readonly string[] {
  const lines = text.split('\n');
  return findingsIn(text)
    .filter(({ code }) => code === 'input-rejects-nodeports')
    .map(({ line, start, end, severity }) => `${severity} ${line + 1} ${lines[line]?.slice(start, end) ?? ''}`);
}

describe('INPUT on a node in ipvs mode', () => {
  it('refuses NodePorts where a rule rejects what none has accepted', () => {
    checkFindings(`
      *nat
      :PREROUTING ACCEPT [0:0]
      :OUTPUT ACCEPT [0:0]
      :KUBE-SERVICES - [0:0]
      -A PREROUTING -j KUBE-SERVICES
      -A OUTPUT -j KUBE-SERVICES
      -A KUBE-SERVICES -p tcp -m set --match-set KUBE-NODE-PORT-TCP dst -j ACCEPT
      #                                                                    ^^^^^^ service-proxy: ipvsadm -Ln
      COMMIT
      *filter
      :INPUT ACCEPT [0:0]
      :FORWARD ACCEPT [0:0]
      :OUTPUT ACCEPT [0:0]
      -A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT
      -A INPUT -p tcp -m state --state NEW -m tcp --dport 22 -j ACCEPT
      -A INPUT -j REJECT --reject-with icmp-host-prohibited
      #           ^^^^^^ input-rejects-nodeports: none accepts NodePorts (30000 to 32767
      COMMIT
    `);
  });

  it('refuses them by a rule or by its policy', () => {
    expect(refusals(nat + filter('ACCEPT', ...usual, rejectAll))).toEqual(['info 34 REJECT']);
    expect(refusals(nat + filter('ACCEPT', ...usual, '-m comment --comment "the rest" -j DROP'))).toEqual(['info 34 DROP']);
    expect(refusals(nat + filter('DROP', ...usual))).toEqual(['info 25 DROP']);
    expect(refusals(nat + filter('DROP', ...usual).replace('-A INPUT -i lo', '-I INPUT -i lo'))).toEqual(['info 25 DROP']);
    expect(refusals(nat + filter('ACCEPT', ...usual, rejectAll).replace('-A INPUT -i lo', '-I INPUT -i lo'))).toEqual([]);
    expect(refusals(nat + filter('DROP', '-p tcp -m multiport --dports 22,80:443,2379 -j ACCEPT'))).toEqual(['info 25 DROP']);
  });

  it.each([
    '-p tcp -m tcp --dport 30000:32767 -j ACCEPT',
    '-p tcp -m tcp --dport 31111 -j ACCEPT',
    '-p tcp -m multiport --dports 22,30080 -j ACCEPT',
    '-p tcp -m multiport --dports 22,web:443 -j ACCEPT',
    '-p tcp -m tcp ! --dport 22 -j ACCEPT',
    '-p tcp -m state --state NEW,ESTABLISHED -j ACCEPT',
    '! -i lo -j ACCEPT',
    '-i eth0 -j ACCEPT',
    '-s 192.168.0.0/16 -j ACCEPT',
    '-p 6 -j ACCEPT',
    '-m set --match-set KUBE-NODE-PORT-TCP dst -j ACCEPT',
    '-m frobnicate --level 3 -j ACCEPT',
    '-s 192.168.0.0/16 -j RETURN',
    '-p tcp -g KUBE-NODE-PORT',
    '-j NFQUEUE --queue-num 1',
  ])('may accept them by a rule: %s', (rule) => {
    expect(refusals(nat + filter('ACCEPT', ...usual, rule, rejectAll))).toEqual([]);
    expect(refusals(nat + filter('DROP', ...usual, rule))).toEqual([]);
  });

  it.each([
    ['-p tcp -m tcp --dport 29999 -j ACCEPT', false],
    ['-p tcp -m tcp --dport 30000 -j ACCEPT', true],
    ['-p tcp -m tcp --dport 32767 -j ACCEPT', true],
    ['-p tcp -m tcp --dport 32768 -j ACCEPT', false],
    ['-p tcp -m tcp --dport 1:30000 -j ACCEPT', true],
    ['-p tcp -m tcp --dport 32767:65535 -j ACCEPT', true],
    ['-p tcp -m tcp --dport 32768:65535 -j ACCEPT', false],
    ['-p tcp -m multiport --dports 22,32767 -j ACCEPT', true],
  ])('takes 30000 to 32767 for the ports of NodePorts: %s', (rule, mayAccept) => {
    expect(refusals(nat + filter('ACCEPT', ...usual, rule, rejectAll))).toEqual(mayAccept ? [] : ['info 35 REJECT']);
  });

  it('accepts them where nothing refuses the rest, or only a part of it', () => {
    expect(refusals(nat + filter('ACCEPT', ...usual))).toEqual([]);
    expect(refusals(nat + filter('ACCEPT', ...usual, '-i eth1 -j REJECT --reject-with icmp-port-unreachable'))).toEqual([]);
  });

  it('is nothing to say of where there are no NodePorts', () => {
    const none = nat.replace(/^-A KUBE-NODE-PORT .*\n/m, '');
    expect(refusals(none + filter('DROP', ...usual))).toEqual([]);
  });

  it('is nothing to say of in an excerpt', () => {
    const text = nat + filter('ACCEPT', ...usual, rejectAll);
    expect(refusals(text.replace('-A INPUT -p icmp -j ACCEPT', '...'))).toEqual([]);
    expect(refusals(text.replace(/COMMIT\n$/, ''))).toEqual([]);
    expect(refusals(text.replace(/^:.*\n/gm, '').replace(/^\*.*\n/gm, ''))).toEqual([]);
  });
});

describe('INPUT on a node in iptables mode', () => {
  it('does not see NodePorts: PREROUTING has sent them to Pods', () => {
    const text = nat.replace(/^.*match-set.*\n/gm, '').replaceAll('KUBE-NODE-PORT', 'KUBE-NODEPORTS');
    expect(refusals(text + filter('DROP', ...usual, rejectAll).replaceAll('KUBE-NODE-PORT', 'KUBE-NODEPORTS'))).toEqual([]);
  });
});
