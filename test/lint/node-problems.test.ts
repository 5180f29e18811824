import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fixturePath, labPath } from '../support/fixtures.ts';
import { checkFindings, findingsIn } from './check-findings.ts';

describe('KUBE-SERVICES', () => {
  it('in nat must be led to from PREROUTING and OUTPUT', () => {
    checkFindings(`
      *nat
      :PREROUTING ACCEPT [0:0]
      :OUTPUT ACCEPT [0:0]
      :KUBE-SERVICES - [0:0]
      #^^^^^^^^^^^^^ services-not-hooked: from PREROUTING to KUBE-SERVICES: Services do not work for Pods
      -A OUTPUT -j KUBE-SERVICES
      -A KUBE-SERVICES -m addrtype --dst-type LOCAL -j RETURN
      COMMIT
    `);
  });

  it('in nat must not be empty', () => {
    checkFindings(`
      *nat
      :PREROUTING ACCEPT [0:0]
      :OUTPUT ACCEPT [0:0]
      :KUBE-SERVICES - [0:0]
      #^^^^^^^^^^^^^ nat-flushed: No Service works
      -A PREROUTING -j KUBE-SERVICES
      -A OUTPUT -j KUBE-SERVICES
      COMMIT
    `);
  });

  it('in filter must be led to from FORWARD where it rejects', () => {
    checkFindings(`
      *filter
      :INPUT ACCEPT [0:0]
      :FORWARD ACCEPT [0:0]
      :OUTPUT ACCEPT [0:0]
      :KUBE-SERVICES - [0:0]
      #^^^^^^^^^^^^^ services-not-hooked: time out where they should be refused
      -A OUTPUT -j KUBE-SERVICES
      -A KUBE-SERVICES -d 10.96.0.9/32 -p tcp -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable
      COMMIT
    `);
  });

  it('of ipvs mode has no Service chains beside it', () => {
    checkFindings(`
      *nat
      :PREROUTING ACCEPT [0:0]
      :OUTPUT ACCEPT [0:0]
      :KUBE-SERVICES - [0:0]
      :KUBE-SVC-A - [0:0]
      #^^^^^^^^^^ ipvs-leftovers: 1 Service chain
      :KUBE-SEP-A - [0:0]
      -A PREROUTING -j KUBE-SERVICES
      -A OUTPUT -j KUBE-SERVICES
      -A KUBE-SERVICES -m set --match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT
      #                                                              ^^^^^^ service-proxy: ipvsadm -Ln
      -A KUBE-SERVICES -d 10.96.0.1/32 -j KUBE-SVC-A
      -A KUBE-SVC-A -j KUBE-SEP-A
      -A KUBE-SEP-A -p tcp -m tcp -j DNAT --to-destination 10.0.0.1:80
      COMMIT
    `);
  });
});

describe('KUBE-FIREWALL', () => {
  it('drops everything where its rule has lost the mark', () => {
    checkFindings(`
      -A KUBE-FIREWALL -m comment --comment "kubernetes firewall for dropping marked packets" -m mark --mark 0x8000/0x8000 -j DROP
      -A KUBE-FIREWALL -m comment --comment "kubernetes firewall for dropping marked packets" -j DROP
      #                                                                                          ^^^^ firewall-drops-all: "-m mark"
    `);
  });
});

describe('flannel', () => {
  it('has a rule in its chain', () => {
    checkFindings(`
      *nat
      :POSTROUTING ACCEPT [0:0]
      :FLANNEL-POSTRTG - [0:0]
      #^^^^^^^^^^^^^^^ flannel-empty
      -A POSTROUTING -j FLANNEL-POSTRTG
      COMMIT
    `);
  });
});

describe('Services that contradict each other', () => {
  it('are rejected in filter and sent on in nat', () => {
    const findings = findingsIn(`*nat
-A KUBE-SERVICES -d 10.96.0.9/32 -p tcp -m comment --comment "shop/web:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-TG4Y7II5EGIOXNPD
COMMIT
*filter
-A KUBE-EXTERNAL-SERVICES -d 192.0.2.7/32 -p tcp -m comment --comment "shop/web:http has no endpoints" -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable
-A KUBE-SERVICES -d 10.96.0.8/32 -p tcp -m comment --comment "shop/cart:http has no endpoints" -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable
COMMIT
`);
    expect(findings.map(({ line, code, related }) => [line + 1, code, related.map((place) => place.line + 1)])).toEqual([
      [5, 'rejected-service', [2]],
    ]);
  });

  it('have one address', () => {
    const findings = findingsIn(`*nat
-A KUBE-SERVICES -d 10.96.0.9/32 -p tcp -m comment --comment "a/a cluster IP" -m tcp --dport 80 -j KUBE-SVC-TG4Y7II5EGIOXNPD
-A KUBE-SERVICES -d 10.96.0.9/32 -p udp -m comment --comment "a/b cluster IP" -m udp --dport 80 -j KUBE-SVC-ERIFXISQEP7F7OF4
-A KUBE-SERVICES -d 10.96.0.9/32 -p tcp -m comment --comment "a/c cluster IP" -m tcp --dport 80 -j KUBE-SVC-NPX46M4PTMTKRN6Y
COMMIT
`);
    expect(findings.map(({ line, code }) => [line + 1, code])).toEqual([[4, 'address-used-twice']]);
  });

  it('have one host port', () => {
    const findings =
      findingsIn(`-A CNI-HOSTPORT-DNAT -p tcp -m comment --comment "dnat name: \\"cni\\" id: \\"a\\"" -m multiport --dports 80,443 -j CNI-DN-aaaa
-A CNI-HOSTPORT-DNAT -p udp -m comment --comment "dnat name: \\"cni\\" id: \\"b\\"" -m multiport --dports 80 -j CNI-DN-bbbb
-A CNI-HOSTPORT-DNAT -p tcp -m comment --comment "dnat name: \\"cni\\" id: \\"c\\"" -m multiport --dports 443 -j CNI-DN-cccc
`);
    expect(findings.map(({ line, code }) => [line + 1, code])).toEqual([[3, 'host-port-used-twice']]);
  });
});

describe('shares', () => {
  const service = (...probabilities: readonly string[]): string => `*nat
:PREROUTING ACCEPT [0:0]
:KUBE-SVC-A - [0:0]
-A PREROUTING -j KUBE-SVC-A
${probabilities.map((p, index) => `-A KUBE-SVC-A -m statistic --mode random --probability ${p} -j KUBE-SEP-${index}`).join('\n')}
-A KUBE-SVC-A -j KUBE-SEP-LAST
COMMIT
`;
  const unequal = (text: string): readonly string[] =>
    findingsIn(text)
      .filter(({ code }) => code === 'unequal-shares')
      .map(({ message }) => message);

  it('of 1/3, 1/2 and the rest are even', () => {
    expect(unequal(service('0.33333333349', '0.50000000000'))).toEqual([]);
  });

  it('of other numbers are not', () => {
    expect(unequal(service('0.50000000000', '0.50000000000'))).toEqual([
      'The 3 endpoints of KUBE-SVC-A get from 25 % to 50 % of its connections each, where 33.3 % would be even',
    ]);
  });

  it('of five digits are even for few endpoints, and not for many', () => {
    const fiveDigits = (count: number): readonly string[] =>
      Array.from({ length: count - 1 }, (_, index) => (1 / (count - index)).toFixed(5));
    expect(unequal(service(...fiveDigits(20)))).toEqual([]);
    expect(unequal(service(...fiveDigits(600)))).toHaveLength(1);
  });
});

describe('masquerading', () => {
  it('comes before anything is accepted', () => {
    const findings = findingsIn(`*nat
:POSTROUTING ACCEPT [0:0]
:KUBE-POSTROUTING - [0:0]
-A POSTROUTING -s 10.244.0.0/16 -d 10.244.0.0/16 -j ACCEPT
-A POSTROUTING -j KUBE-POSTROUTING
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
-A KUBE-POSTROUTING -j MASQUERADE --random-fully
COMMIT
`);
    expect(findings.map(({ line, code }) => [line + 1, code])).toEqual([[4, 'accepted-before-masquerading']]);
  });

  it('comes after what is to be left alone', () => {
    const findings = findingsIn(`-A POSTROUTING -s 10.244.0.0/16 ! -d 224.0.0.0/4 -j MASQUERADE
-A POSTROUTING -s 10.244.0.0/16 -d 10.244.0.0/16 -j RETURN
`);
    expect(findings.map(({ line, code }) => [line + 1, code])).toEqual([[2, 'return-after-masquerade']]);
    expect(
      findingsIn(`-A POSTROUTING -s 10.244.0.0/16 -d 10.244.0.0/16 -j RETURN
-A POSTROUTING -s 10.244.0.0/16 ! -d 224.0.0.0/4 -j MASQUERADE
-A POSTROUTING ! -s 10.244.0.0/16 -d 10.244.1.0/24 -j RETURN
`),
    ).toEqual([]);
  });

  it('by kube-proxy clears the mark and uses random ports; older versions did not', () => {
    const findings = findingsIn(`*nat
:POSTROUTING ACCEPT [0:0]
:KUBE-POSTROUTING - [0:0]
-A POSTROUTING -j KUBE-POSTROUTING
-A KUBE-POSTROUTING -m mark --mark 0x4000/0x4000 -j MASQUERADE
COMMIT
`);
    expect(findings.map(({ code, severity }) => [code, severity])).toEqual([
      ['mark-not-cleared', 'info'],
      ['masquerade-not-random', 'info'],
    ]);
  });

  it('may be told to use random ports where it stands in a file, not in what somebody pasted', () => {
    const rules = `:POSTROUTING ACCEPT [0:0]
:KUBE-POSTROUTING - [0:0]
-A POSTROUTING -j KUBE-POSTROUTING
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MARK --xor-mark 0x4000
-A KUBE-POSTROUTING -j MASQUERADE
`;
    const fixes = (text: string): readonly string[] =>
      findingsIn(text)
        .filter(({ code }) => code === 'masquerade-not-random')
        .flatMap((found) => found.fixes?.() ?? [])
        .map(({ title }) => title);
    expect(fixes(`*nat\n${rules}COMMIT\n`)).toEqual(['Add --random-fully']);
    expect(fixes(`root@node-a:~# iptables-save -t nat\n*nat\n${rules}COMMIT\n`)).toEqual([]);
  });

  it('goes by bits of the mark that no other rule should change', () => {
    const marks = (mark: string): readonly string[] =>
      findingsIn(`*nat
:PREROUTING ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-POSTROUTING - [0:0]
-A PREROUTING -j KUBE-MARK-MASQ
-A POSTROUTING -j KUBE-POSTROUTING
COMMIT
*mangle
:PREROUTING ACCEPT [0:0]
-A PREROUTING -i wg0 -j MARK ${mark}
COMMIT
`)
        .filter(({ code }) => code === 'foreign-mark')
        .map(({ message }) => message.slice(0, 28));
    expect(marks('--set-xmark 0x1/0xffffffff')).toEqual(['This changes bits 0xc000 of ']);
    expect(marks('--set-xmark 0x4000/0x4000')).toEqual(['This changes bits 0x4000 of ']);
    expect(marks('--set-xmark 0x10000/0xff0000')).toEqual([]);
    expect(marks('--or-mark 0x8000')).toEqual(['This changes bits 0x8000 of ']);
    expect(marks('--or-mark 0x10000')).toEqual([]);
    expect(marks('--set-mark 0x10000')).toEqual(['This changes bits 0xc000 of ']);
  });
});

describe('FORWARD', () => {
  const dump = (rule: string): string => `*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:KUBE-FORWARD - [0:0]
:MINE - [0:0]
-A FORWARD -j KUBE-FORWARD
-A FORWARD -i docker0 ! -o docker0 -j ACCEPT
-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -j MINE
-A KUBE-FORWARD -m mark --mark 0x4000/0x4000 -j ACCEPT
-A MINE ${rule}
COMMIT
`;

  it('drops connections of Pods where nothing accepts them', () => {
    expect(
      findingsIn(dump('-s 10.244.0.0/16 -j DROP')).map(({ line, start, end, code }) => [line + 1, start, end, code]),
    ).toEqual([[3, 9, 13, 'forward-drops-pods']]);
  });

  it('accepts them where a network plugin says so', () => {
    expect(findingsIn(dump('-s 10.244.0.0/16 -j ACCEPT'))).toEqual([]);
    expect(findingsIn(dump('-s 10.244.0.0/16 -j DROP').replace('FORWARD DROP', 'FORWARD ACCEPT'))).toEqual([]);
  });

  const rejecting = (rule: string, ...before: readonly string[]): string => {
    const end = [...before, '-A FORWARD -j REJECT --reject-with icmp-host-prohibited'].join('\n');
    return dump(rule).replace('FORWARD DROP', 'FORWARD ACCEPT').replace('-A KUBE-FORWARD', `${end}\n-A KUBE-FORWARD`);
  };

  it('rejects them by a rule at its end', () => {
    const [found, ...others] = findingsIn(rejecting('-s 10.244.0.0/16 -j DROP'));
    expect(others).toEqual([]);
    expect([found?.code, (found?.line ?? 0) + 1, found?.start, found?.end]).toEqual(['forward-drops-pods', 11, 14, 20]);
    expect(found?.message).toContain('FORWARD refuses what no rule accepts');
    expect(found?.message).not.toContain('-P FORWARD');
    const firewalld = rejecting('-p icmp -j ACCEPT', '-A FORWARD -i lo -j ACCEPT');
    expect(findingsIn(firewalld).map(({ code }) => code)).toEqual(['forward-drops-pods']);
  });

  it('does not where a rule above accepts Pods, or what returns is accepted by the policy', () => {
    expect(findingsIn(rejecting('-s 10.244.0.0/16 -j ACCEPT'))).toEqual([]);
    expect(findingsIn(rejecting('-j LOG', '-A FORWARD -s 10.244.0.0/16 -j RETURN'))).toEqual([]);
    expect(findingsIn(rejecting('-j LOG', '-A FORWARD -s 10.244.0.0/16 -g MINE'))).toEqual([]);
    expect(findingsIn(rejecting('-j LOG').replace('-A FORWARD -j REJECT', '-A FORWARD -i eth1 -j REJECT'))).toEqual([]);
  });
});

describe('rules that do nothing', () => {
  it('stand behind one that takes every packet', () => {
    const findings = findingsIn(`*filter
:FORWARD ACCEPT [0:0]
-A FORWARD -i lo -j ACCEPT
-A FORWARD -j REJECT --reject-with icmp-host-prohibited
-A FORWARD -s 10.244.0.0/16 -j ACCEPT
-A FORWARD -d 10.244.0.0/16 -j ACCEPT
COMMIT
`);
    expect(findings.map(({ line, code, message }) => [line + 1, code, message])).toEqual([
      [
        5,
        'unreachable-rule',
        'No packet reaches this rule and 1 more: the rule in line 4 is for every packet, and ends with REJECT',
      ],
    ]);
  });

  it('stand in a chain again', () => {
    const findings = findingsIn(`*filter
:FORWARD ACCEPT [0:0]
[1:60] -A FORWARD -d 169.254.169.254/32 -j DROP
-A FORWARD -m limit --limit 1/sec -j LOG
[0:0] -A FORWARD -d 169.254.169.254/32 -j DROP
-A FORWARD -m limit --limit 1/sec -j LOG
COMMIT
`);
    expect(findings.map(({ line, code, unnecessary }) => [line + 1, code, unnecessary])).toEqual([[5, 'repeated-rule', true]]);
  });
});

describe('what iptables-save itself says', () => {
  const filter = '*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n';
  const note = '# Warning: iptables-legacy tables present, use iptables-legacy-save to see them\n';

  it('of the other back end is information: its tables may hold no rule', () => {
    const findings = findingsIn(filter + note);
    expect(findings.map(({ line, code, severity, message }) => [line + 1, code, severity, message])).toEqual([
      [
        4,
        'other-back-end',
        'info',
        'iptables-legacy has tables as well; whether they hold rules, this dump does not show. If they do, packets go by both: iptables-legacy-save shows them',
      ],
    ]);
  });

  it('of the other back end is nothing to say where its dump stands beside', () => {
    const legacy = `# Generated by iptables-save v1.8.9 (legacy) on Mon Nov 23 00:42:42 2026\n${filter}`;
    expect(findingsIn(filter + note + legacy)).toEqual([]);
    expect(findingsIn(filter + note + legacy.replace('iptables-save', 'ip6tables-save'))).toHaveLength(1);
  });

  it('of an extension that it cannot print is one warning a rule', () => {
    checkFindings(`
      -A KUBE-SEP-A -p tcp -m tcp -j DNAT [unsupported revision]
      #                                   ^^^^^^^^^^^^^^^^^^^^^^ unsupported-revision: DNAT was loaded by a newer iptables
    `);
  });
});

describe('recorded dumps, which real kube-proxies wrote', () => {
  it.each([
    'shop/node-a.iptables',
    'shop/node-a.counters.iptables',
    'shop/node-a.ip6tables',
    'shop-1.23/node-a.iptables',
    'shop-1.30/node-a.iptables',
    'shop-stale/node-a.iptables',
    'shop-stale/node-a.synced.iptables',
    'large-600x10/node-0.iptables',
  ])('%s has nothing wrong with it', (name) => {
    expect(findingsIn(readFileSync(labPath(name), 'utf8'), name)).toEqual([]);
  });
});

describe('the sample', () => {
  it('has the two problems that it is to show', () => {
    const findings = findingsIn(readFileSync(fixturePath('sample/worker-1.iptables'), 'utf8'));
    expect(findings.map(({ code }) => code)).toEqual(['orphaned-chain', 'undeclared-chain']);
  });
});
