import { describe, expect, it } from 'vitest';
import { documentationUrl, findingCodes } from '../../server/src/lint/registry.ts';
import { checkFindings, dump, findingsIn } from './check-findings.ts';

describe('a jump to an undeclared chain', () => {
  it('is an error at the jump and at the rules of the chain', () => {
    checkFindings(`
      *filter
      :INPUT ACCEPT [0:0]
      :KNOWN - [0:0]
      -A INPUT -j KNOWN
      -A INPUT -j NOWHERE
      #           ^^^^^^^ undeclared-chain: Jump to chain NOWHERE, which table filter does not declare
      -A INPUT -g ELSEWHERE
      #           ^^^^^^^^^ undeclared-chain: Goto chain ELSEWHERE
      -A MISSING -j ACCEPT
      #  ^^^^^^^ undeclared-chain: Rule for chain MISSING
      COMMIT
    `);
  });

  it('says so when another table has a chain of that name', () => {
    checkFindings(`
      *filter
      :INPUT ACCEPT [0:0]
      -A INPUT -j KUBE-MARK-MASQ
      #           ^^^^^^^^^^^^^^ undeclared-chain: a jump cannot leave its table
      COMMIT
      *nat
      :PREROUTING ACCEPT [0:0]
      :KUBE-MARK-MASQ - [0:0]
      -A PREROUTING -j KUBE-MARK-MASQ
      COMMIT
    `);
  });

  it('is none when the target is an extension, a standard target, or a chain named like one', () => {
    checkFindings(`
      *filter
      :INPUT ACCEPT [0:0]
      :LOG - [0:0]
      -A INPUT -j LOG
      -A LOG -j RETURN
      -A INPUT -s 10.0.0.1/32 -j REJECT --reject-with icmp-port-unreachable
      -A INPUT -j DROP
      COMMIT
    `);
  });

  it('is no concern of an excerpt', () => {
    for (const excerpt of [
      '-A KUBE-SERVICES -d 10.96.0.1/32 -p tcp -j KUBE-SVC-NPX46M4PTMTKRN6Y\n',
      '*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -j KUBE-SERVICES\n...\nCOMMIT\n',
      '*nat\n:KUBE-SERVICES - [0:0]\n-A KUBE-SERVICES -j KUBE-NODEPORTS\nCOMMIT\n',
    ]) {
      expect(findingsIn(excerpt).filter(({ code }) => code === 'undeclared-chain' || code === 'orphaned-chain')).toEqual([]);
    }
  });
});

describe('an orphaned chain', () => {
  it('is information where kubelet keeps it for others', () => {
    const found = findingsIn(
      dump(`
      *nat
      :PREROUTING ACCEPT [0:0]
      :KUBE-MARK-DROP - [0:0]
      -A KUBE-MARK-DROP -j MARK --set-xmark 0x8000/0x8000
      COMMIT
    `),
    );
    expect(found.map(({ code, severity }) => [code, severity])).toEqual([['orphaned-chain', 'info']]);
  });

  it('is one that no way from a built-in chain leads to', () => {
    checkFindings(`
      *filter
      :INPUT ACCEPT [0:0]
      :USED - [0:0]
      :DEEP - [0:0]
      :ALONE - [0:0]
      #^^^^^ orphaned-chain: no rule jumps to it
      :FROM-ALONE - [0:0]
      #^^^^^^^^^^ orphaned-chain: only chains that are orphaned themselves jump to it (1 rule)
      -A INPUT -j USED
      -A USED -g DEEP
      -A ALONE -j FROM-ALONE
      COMMIT
    `);
  });

  it('is not a canary or a hint, which exist to be watched', () => {
    checkFindings(`
      *mangle
      :PREROUTING ACCEPT [0:0]
      :KUBE-PROXY-CANARY - [0:0]
      :KUBE-KUBELET-CANARY - [0:0]
      :KUBE-IPTABLES-HINT - [0:0]
      COMMIT
    `);
  });

  it('is found in the output of iptables -S and -L, too', () => {
    checkFindings(`
      -P INPUT ACCEPT
      -P FORWARD ACCEPT
      -P OUTPUT ACCEPT
      -N ALONE
      #  ^^^^^ orphaned-chain
      -N USED
      -A INPUT -j USED
      -A USED -j RETURN
    `);
    checkFindings(`
      Chain INPUT (policy ACCEPT)
      target     prot opt source               destination
      USED       all  --  anywhere             anywhere

      Chain FORWARD (policy ACCEPT)
      target     prot opt source               destination

      Chain ALONE (0 references)
      #     ^^^^^ orphaned-chain
      target     prot opt source               destination

      Chain USED (1 references)
      target     prot opt source               destination
    `);
  });

  it('is information where large-cluster mode has not cleaned up yet', () => {
    const services =
      '-A KUBE-SERVICES -d 10.96.0.10/32 -p tcp -m comment --comment "shop/web:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-A';
    checkFindings(`
      *nat
      :PREROUTING ACCEPT [0:0]
      :KUBE-SERVICES - [0:0]
      :KUBE-SVC-A - [0:0]
      :KUBE-SEP-A - [0:0]
      :KUBE-SEP-STALE - [0:0]
      #^^^^^^^^^^^^^^ stale-endpoint-chain: about once a sync period
      -A PREROUTING -j KUBE-SERVICES
      ${services}
      -A KUBE-SVC-A -j KUBE-SEP-A
      -A KUBE-SEP-A -p tcp -m tcp -j DNAT --to-destination 10.244.0.5:8080
      COMMIT
    `);
  });
});

describe('an empty Service chain', () => {
  it('is one that is jumped to and has no endpoint', () => {
    checkFindings(`
      *nat
      :PREROUTING ACCEPT [0:0]
      :KUBE-SERVICES - [0:0]
      :KUBE-SVC-A - [0:0]
      #^^^^^^^^^^ empty-service-chain
      :KUBE-SVL-B - [0:0]
      :KUBE-SEP-B - [0:0]
      -A PREROUTING -j KUBE-SERVICES
      -A KUBE-SERVICES -j KUBE-SVC-A
      -A KUBE-SERVICES -j KUBE-SVL-B
      -A KUBE-SVL-B -j KUBE-SEP-B
      COMMIT
    `);
  });

  it('is none where the rule to its endpoint could not be read', () => {
    checkFindings(`
      *nat
      :PREROUTING ACCEPT [0:0]
      :KUBE-SERVICES - [0:0]
      :KUBE-SVC-A - [0:0]
      -A PREROUTING -j KUBE-SERVICES
      -A KUBE-SERVICES -j KUBE-SVC-A
      -A KUBE-SVC-A -s  -j KUBE-SEP-A
      #                    ^^^^^^^^^^ bad-argument
      COMMIT
    `);
  });
});

describe('codes', () => {
  it('have a sentence and an address each', () => {
    for (const [code, sentence] of findingCodes()) {
      expect(sentence, code).toMatch(/^\S.*\.$/);
      expect(documentationUrl(code)).toMatch(new RegExp(`^https://.*/docs/findings/${code}\\.md$`));
    }
    expect(documentationUrl('no-such-code')).toBeUndefined();
  });

  it('are those that findings have', () => {
    const broken = dump(`
      *filter
      :INPUT ACCEPT [0:0]
      -A INPUT --bogus -j
      -A INPUT -m comment --comment "open
      foo
      COMMIT
    `);
    for (const { code } of findingsIn(broken)) expect([...findingCodes().keys()]).toContain(code);
  });
});
