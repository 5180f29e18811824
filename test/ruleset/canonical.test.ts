import { describe, expect, it } from 'vitest';
import type { Family } from '../../server/src/catalog/types.ts';
import { canonicalRule, canonicalRules } from '../../server/src/ruleset/canonical.ts';
import { normalizeRule } from '../../server/src/ruleset/normalize-rule.ts';
import { type LineContext, lineContext } from '../../server/src/syntax/line.ts';
import { createStatementReader } from '../../server/src/syntax/parser.ts';
import type { RuleStatement } from '../../server/src/syntax/statement.ts';

const reader = createStatementReader();

function rule(text: string, context: LineContext): RuleStatement {
  const statement = reader.read(text, context);
  if (statement.kind !== 'rule') throw new Error(`no rule: ${text}`);
  return statement;
}

function canonical(text: string, family?: Family): string {
  const context = lineContext(family, undefined, 'filter');
  return canonicalRule(rule(text, context), context);
}

describe('the canonical text of a rule', () => {
  it.each([
    // What nobody knows stays with the match that nobody knows, or comes last.
    ['-A X -p tcp -m tcp --nope 5 --dport 80 -j Y', '-A X -p tcp -m tcp --dport 80 -j Y --nope 5'],
    ['-A X -m nosuch --nope 5 -j Y', '-A X -m nosuch --nope 5 -j Y'],
    ['-A X --nope -m tcp -p tcp -j Y', '-A X -p tcp -m tcp -j Y --nope'],
    // Options come in one order, matches in the order in which they were loaded.
    [
      '-A INPUT -j ACCEPT -p tcp --dport 22 -s 10.1.2.3/8 -i eth0',
      '-A INPUT -s 10.0.0.0/8 -i eth0 -p tcp -m tcp --dport 22 -j ACCEPT',
    ],
    [
      '-A KUBE-SERVICES -m comment --comment "shop/web:http cluster IP" -m tcp -p tcp -d 10.96.0.10/32 --dport 80 -j KUBE-SVC-ABC',
      '-A KUBE-SERVICES -d 10.96.0.10/32 -p tcp -m comment --comment "shop/web:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-ABC',
    ],
    ['-A INPUT --source 192.168 --protocol 17', '-A INPUT -s 192.168.0.0/32 -p udp'],
    ['-A INPUT -s 10.11.12.13/255.0.255.0', '-A INPUT -s 10.0.12.0/255.0.255.0'],
    // What takes in everything says nothing.
    ['-A INPUT -s 0.0.0.0/0 -p all -i + -j DROP', '-A INPUT -j DROP'],
    ['-A INPUT -p tcp -m tcp --dport 0:65535', '-A INPUT -p tcp -m tcp'],
    // Numbers and names.
    ['-A INPUT -p tcp --dport http', '-A INPUT -p tcp -m tcp --dport 80'],
    ['-A INPUT -p tcp --syn', '-A INPUT -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN'],
    ['-A INPUT -p icmp --icmp-type echo-request', '-A INPUT -p icmp -m icmp --icmp-type 8'],
    ['-A INPUT -m mark --mark 16384/16384', '-A INPUT -m mark --mark 0x4000/0x4000'],
    ['-A INPUT -m owner --uid-owner root', '-A INPUT -m owner --uid-owner 0'],
    // Lists have an order of their own.
    ['-A INPUT -m conntrack --ctstate established,RELATED', '-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED'],
    ['-A INPUT -m addrtype --dst-type MULTICAST,local', '-A INPUT -m addrtype --dst-type LOCAL,MULTICAST'],
    // Marks are set in one way, shares are kept in 31 bits, rates in the largest unit.
    ['-A X -j MARK --set-mark 1', '-A X -j MARK --set-xmark 0x1/0xffffffff'],
    ['-A X -j MARK --or-mark 0x4000', '-A X -j MARK --set-xmark 0x4000/0x4000'],
    [
      '-A X -m statistic --mode random --probability 0.1 -j Y',
      '-A X -m statistic --mode random --probability 0.10000000009 -j Y',
    ],
    ['-A X -m limit --limit 60/minute --limit-burst 5', '-A X -m limit --limit 1/sec'],
    ['-A X -m limit', '-A X -m limit --limit 3/hour'],
    // Taking both of TCP's flags for congestion off is one option where nothing else is set, and takes back what stands in front of it.
    ['-A X -p tcp -j ECN --ecn-tcp-cwr 0 --ecn-tcp-ece 0', '-A X -p tcp -j ECN --ecn-tcp-remove'],
    ['-A X -p tcp -j ECN --ecn-tcp-remove --ecn-ip-ect 2', '-A X -p tcp -j ECN --ecn-tcp-ece 0 --ecn-tcp-cwr 0 --ecn-ip-ect 2'],
    ['-A X -p tcp -j ECN --ecn-ip-ect 2 --ecn-tcp-remove', '-A X -p tcp -j ECN --ecn-tcp-remove'],
    ['-A X -p tcp -j ECN --ecn-ip-ect 2 --ecn-tcp-cwr 1', '-A X -p tcp -j ECN --ecn-tcp-cwr 1 --ecn-ip-ect 2'],
    // Defaults are filled in.
    ['-A X -j REJECT', '-A X -j REJECT --reject-with icmp-port-unreachable'],
    ['-A X -m recent --set', '-A X -m recent --set --name DEFAULT --mask 255.255.255.255 --rsource'],
    ['-A X -j NFQUEUE', '-A X -j NFQUEUE --queue-num 0'],
    ['-A X -j LOG --log-level warning --log-prefix "drop: "', '-A X -j LOG --log-prefix "drop: "'],
    // Comments have quotes where they need them.
    ['-A X -m comment --comment "kube-dns"', '-A X -m comment --comment kube-dns'],
    ['-A X -m comment --comment kube/dns', '-A X -m comment --comment "kube/dns"'],
    ['-A X -m comment --comment "it\'s"', '-A X -m comment --comment "it\\\'s"'],
    // Commands and counters are not part of it.
    ['[5:300] -I INPUT 3 -j ACCEPT -c 5 300', '-A INPUT -j ACCEPT'],
    ['-A X -g Y', '-A X -g Y'],
    ['-A X ! -s 10.0.0.1 ! -i lo -j DROP', '-A X ! -s 10.0.0.1/32 ! -i lo -j DROP'],
  ])('of %s is %s', (typed, expected) => {
    expect(canonical(typed, 'ipv4')).toBe(expected);
  });

  it('goes by the family', () => {
    expect(canonical('-A X -j REJECT', 'ipv6')).toBe('-A X -j REJECT --reject-with icmp6-port-unreachable');
    expect(canonical('-A X -s FD00::1:0:0', 'ipv6')).toBe('-A X -s fd00::1:0:0/128');
    expect(canonical('-A X -p icmpv6 --icmpv6-type redirect', 'ipv6')).toBe('-A X -p ipv6-icmp -m icmp6 --icmpv6-type 137');
  });

  it('finds the family out where the dump does not say it', () => {
    expect(canonical('-A X -s fd00::1 -j REJECT')).toBe('-A X -s fd00::1/128 -j REJECT --reject-with icmp6-port-unreachable');
    expect(canonical('-A X -s 10.0.0.1 -j REJECT')).toBe('-A X -s 10.0.0.1/32 -j REJECT --reject-with icmp-port-unreachable');
  });

  it('keeps what iptables would refuse as it was typed', () => {
    expect(canonical('-A X -s 10.0.0.999 -p tcp --dport 99999 -j ACCEPT', 'ipv4')).toBe(
      '-A X -s 10.0.0.999 -p tcp -m tcp --dport 99999 -j ACCEPT',
    );
    expect(canonical('-A X -m geoip --source-country DE,FR -j DROP', 'ipv4')).toBe(
      '-A X -m geoip --source-country DE,FR -j DROP',
    );
  });
});

describe('every interface', () => {
  it.each([
    ['legacy', ['-A INPUT -j DROP', '-A INPUT -j DROP', '-A INPUT -i eth0 -j DROP']],
    ['nft', ['-A INPUT -j DROP', '-A INPUT ! -i + -j DROP', '-A INPUT -i eth0 -j DROP']],
  ] as const)('is printed by the %s back end where it is negated, or not at all', (backend, expected) => {
    const context = lineContext('ipv4', backend, 'filter');
    const typed = ['-A INPUT -i + -j DROP', '-A INPUT ! -i + -j DROP', '-A INPUT -i eth0 -j DROP'];
    expect(typed.flatMap((text) => canonicalRules(rule(text, context), context))).toEqual(expected);
  });
});

describe('a protocol whose number is larger than a byte', () => {
  it.each([
    ['legacy', '-A INPUT -p mptcp -j DROP'],
    // 262 less 256.
    ['nft', '-A INPUT -p tcp -j DROP'],
  ] as const)('is printed by the %s back end as %s', (backend, expected) => {
    const context = lineContext('ipv4', backend, 'filter');
    expect(canonicalRules(rule('-A INPUT -p mptcp -j DROP', context), context)).toEqual([expected]);
  });
});

describe('a match that is loaded twice', () => {
  it.each([
    ['-A INPUT -p tcp -m tcp --sport 1 -m tcp --dport 2 -j ACCEPT', '-A INPUT -p tcp -m tcp --sport 1 --dport 2 -j ACCEPT'],
    [
      '-A INPUT -p tcp -m tcp --dport 2 -m mark --mark 1 -m tcp --sport 1 -j ACCEPT',
      '-A INPUT -p tcp -m tcp --sport 1 --dport 2 -m mark --mark 0x1 -j ACCEPT',
    ],
  ])('is printed once by iptables-nft-save, and twice by iptables-legacy-save: %s', (typed, expected) => {
    const nft = lineContext('ipv4', 'nft', 'filter');
    expect(canonicalRules(rule(typed, nft), nft)).toEqual([expected]);
    const legacy = lineContext('ipv4', 'legacy', 'filter');
    expect(canonicalRules(rule(typed, legacy), legacy)).toEqual([typed.replace('--mark 1', '--mark 0x1')]);
  });
});

describe('the rules that iptables makes of one line', () => {
  function rules(text: string): readonly string[] {
    const context = lineContext('ipv4', undefined, 'filter');
    return canonicalRules(rule(text, context), context);
  }

  it('are one for each pair of addresses', () => {
    expect(rules('-A X -s 10.0.0.1,10.0.0.2 -d 10.1.0.0/16,10.2.0.0/16 -j DROP')).toEqual([
      '-A X -s 10.0.0.1/32 -d 10.1.0.0/16 -j DROP',
      '-A X -s 10.0.0.1/32 -d 10.2.0.0/16 -j DROP',
      '-A X -s 10.0.0.2/32 -d 10.1.0.0/16 -j DROP',
      '-A X -s 10.0.0.2/32 -d 10.2.0.0/16 -j DROP',
    ]);
  });

  it('are none where the line is for the other family', () => {
    const unsaid = lineContext(undefined, undefined, 'filter');
    expect(canonicalRules(rule('-A X -s 10.0.0.1 -6 -j DROP', unsaid), unsaid)).toEqual([]);
    expect(rules('-A X -4 -j DROP')).toEqual(['-A X -j DROP']);
  });

  it('stand in the other order where they are inserted', () => {
    expect(rules('-I X -s 10.0.0.1,10.0.0.2 -j DROP')).toEqual(['-A X -s 10.0.0.2/32 -j DROP', '-A X -s 10.0.0.1/32 -j DROP']);
  });
});

describe('the meaning of a rule', () => {
  it('has typed values', () => {
    const context = lineContext('ipv4', undefined, 'nat');
    const meaning = normalizeRule(
      rule('-A KUBE-SEP-X -p tcp -m statistic --mode random --probability 0.5 -j DNAT --to-destination 10.244.1.3:8080', context),
      context,
    );
    expect(meaning.protocol?.value).toMatchObject({ type: 'protocol', number: 6 });
    expect(meaning.matches).toMatchObject([
      { name: 'statistic', options: [{ value: { words: ['random'] } }, { value: { type: 'probability', share: 0.5 } }] },
    ]);
    expect(meaning.target).toMatchObject({
      name: 'DNAT',
      options: [
        {
          name: '--to-destination',
          value: { type: 'translation', addresses: { from: 0x0af4_0103n, to: 0x0af4_0103n }, ports: { from: 8080, to: 8080 } },
        },
      ],
    });
  });

  it('loads the match of -p where the first of its options stands', () => {
    const context = lineContext('ipv4', undefined, 'filter');
    const meaning = normalizeRule(rule('-A X -p udp -m comment --comment dns --dport 53 -m mark --mark 1', context), context);
    expect(meaning.matches.map(({ name }) => name)).toEqual(['comment', 'udp', 'mark']);
  });
});
