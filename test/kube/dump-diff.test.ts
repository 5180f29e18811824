import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { diffDumps } from '../../server/src/kube/drift/dump-diff.ts';
import type { DumpDiff } from '../../server/src/kube/drift/dump-difference.ts';
import { rulesetFrom, rulesetOf } from '../support/dumps.ts';
import { labPath } from '../support/fixtures.ts';

const before = `*nat
:PREROUTING ACCEPT [10:600]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-TG4Y7II5EGIOXNPD - [0:0]
:KUBE-SEP-ONE - [0:0]
-A PREROUTING -j KUBE-SERVICES
-A KUBE-SERVICES -d 10.96.20.10/32 -p tcp -m comment --comment "shop/web:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-TG4Y7II5EGIOXNPD
-A KUBE-SVC-TG4Y7II5EGIOXNPD -m comment --comment "shop/web:http -> 10.244.0.11:8080" -j KUBE-SEP-ONE
-A KUBE-SEP-ONE -p tcp -m tcp -j DNAT --to-destination 10.244.0.11:8080
COMMIT
`;

function diff(a: string, b: string): DumpDiff {
  return runToEnd(diffDumps(rulesetOf(a), rulesetOf(b)));
}

const nothing: DumpDiff = { services: [], chains: [], rules: [] };

describe('two dumps are the same in meaning', () => {
  it.each([
    ['with other counters', before.replace('[10:600]', '[99:9999]').replaceAll('-A ', '[1:60] -A ')],
    [
      'with chains declared in another order',
      before.replace(':KUBE-SERVICES - [0:0]\n', '').replace('*nat\n', '*nat\n:KUBE-SERVICES - [0:0]\n'),
    ],
    ['with a rule spelled another way', before.replace('-d 10.96.20.10/32 -p tcp', '--destination 10.96.20.10 --protocol 6')],
    ['with an empty table beside', `*raw\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n${before}`],
  ])('%s', (_how, after) => {
    expect(diff(before, after)).toEqual(nothing);
  });
});

describe('two dumps differ', () => {
  it('in an endpoint of a Service', () => {
    const after = before.replaceAll('10.244.0.11', '10.244.0.99').replaceAll('KUBE-SEP-ONE', 'KUBE-SEP-TWO');
    const { services, chains, rules } = diff(before, after);
    expect(services).toEqual([
      {
        service: 'shop/web:http',
        protocol: 'tcp',
        family: 'ipv4',
        change: 'changed',
        endpointsAdded: ['10.244.0.99:8080'],
        endpointsRemoved: ['10.244.0.11:8080'],
        clusterIP: null,
      },
    ]);
    expect(chains.map(({ chain, change, before: old, after: now }) => [chain, change, old, now])).toEqual([
      ['KUBE-SEP-ONE', 'removed', 5, null],
      ['KUBE-SEP-TWO', 'added', null, 5],
    ]);
    expect(rules.map(({ change, rule, line }) => `${change} ${line} ${rule.slice(0, 31)}`)).toEqual([
      'removed 8 -A KUBE-SVC-TG4Y7II5EGIOXNPD -m',
      'added 8 -A KUBE-SVC-TG4Y7II5EGIOXNPD -m',
      'removed 9 -A KUBE-SEP-ONE -p tcp -m tcp -',
      'added 9 -A KUBE-SEP-TWO -p tcp -m tcp -',
    ]);
  });

  it('in a policy, and in how often a rule stands there', () => {
    const twice = '-A PREROUTING -j KUBE-SERVICES\n';
    const after = before.replace('PREROUTING ACCEPT', 'PREROUTING DROP').replace(twice, twice + twice);
    const { chains, rules } = diff(before, after);
    expect(chains).toMatchObject([{ chain: 'PREROUTING', change: 'changed', policy: { before: 'ACCEPT', after: 'DROP' } }]);
    expect(rules).toMatchObject([{ change: 'added', rule: '-A PREROUTING -j KUBE-SERVICES', line: 7 }]);
  });
});

describe('Services of two dumps', () => {
  const web = (ip: string, endpoint: string): string => before.replace('10.96.20.10', ip).replaceAll('10.244.0.11', endpoint);
  const refusal = (name: string, ip: string, target = 'REJECT', protocol = 'tcp'): string => `*filter
:INPUT ACCEPT [0:0]
:KUBE-SERVICES - [0:0]
-A INPUT -j KUBE-SERVICES
-A KUBE-SERVICES -d ${ip}/32 -p ${protocol} -m comment --comment "${name} has no endpoints" -m ${protocol} --dport 80 -j ${target}
COMMIT
`;

  it('differ in the clusterIP', () => {
    expect(diff(before, web('10.96.20.11', '10.244.0.11')).services).toMatchObject([
      { change: 'changed', endpointsAdded: [], endpointsRemoved: [], clusterIP: { before: '10.96.20.10', after: '10.96.20.11' } },
    ]);
  });

  it('come and go, in order of their names, with their endpoints', () => {
    const old = before + refusal('shop/zebra:http', '10.96.0.1');
    const now = before.replace(/-A (?!PRE).*\n|:KUBE-S[EV].*\n/g, '') + refusal('shop/ant:http', '10.96.0.1', 'DROP');
    expect(diff(old, now).services).toEqual([
      {
        service: 'shop/ant:http',
        protocol: 'tcp',
        family: 'ipv4',
        change: 'added',
        endpointsAdded: [],
        endpointsRemoved: [],
        clusterIP: null,
      },
      {
        service: 'shop/web:http',
        protocol: 'tcp',
        family: 'ipv4',
        change: 'removed',
        endpointsAdded: [],
        endpointsRemoved: ['10.244.0.11:8080'],
        clusterIP: { before: '10.96.20.10', after: null },
      },
      {
        service: 'shop/zebra:http',
        protocol: 'tcp',
        family: 'ipv4',
        change: 'removed',
        endpointsAdded: [],
        endpointsRemoved: [],
        clusterIP: null,
      },
    ]);
  });

  it('of one name and two protocols are two', () => {
    expect(
      diff(
        before + refusal('shop/dns:dns', '10.96.0.1'),
        before + refusal('shop/dns:dns', '10.96.0.1', 'REJECT', 'udp'),
      ).services.map(({ service, protocol, change }) => `${change} ${service}/${protocol}`),
    ).toEqual(['removed shop/dns:dns/tcp', 'added shop/dns:dns/udp']);
  });

  it('are not those that a rule lets through', () => {
    expect(diff(before, before + refusal('shop/web2:http', '10.96.0.1', 'ACCEPT')).services).toEqual([]);
  });
});

describe('rules of two dumps', () => {
  const rules = (...lines: readonly string[]): string =>
    `*filter\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n${lines.join('\n')}\nCOMMIT\n`;
  const told = (a: string, b: string): readonly string[] =>
    diff(a, b).rules.map(({ change, line, rule }) => `${change} ${line} ${rule}`);

  it('that stand there twice and once differ by the second one', () => {
    const log = '-A INPUT -p tcp -j LOG';
    expect(told(rules(log, '-A INPUT -j DROP', log), rules(log, '-A INPUT -j DROP'))).toEqual([
      'removed 6 -A INPUT -p tcp -j LOG',
    ]);
  });

  it('of two tables of one name are those of the last one', () => {
    const [first, last] = [rules('-A INPUT -j DROP'), rules('-A OUTPUT -j DROP')];
    expect(told(first + last, last)).toEqual([]);
    expect(told(first + last, first)).toEqual(['added 4 -A INPUT -j DROP', 'removed 9 -A OUTPUT -j DROP']);
  });

  it('of a chain that only its rules show come with the chain, at the first of them', () => {
    const { chains } = diff(rules('-A INPUT -j DROP'), '-A A -s 10.0.0.1/32 -j DROP\n-A A -j DROP\n');
    expect(chains).toMatchObject([{ chain: 'A', change: 'added', before: null, after: 1 }]);
  });

  it('with words that were not understood are not compared where those differ', () => {
    expect(diff(rules('-A INPUT --frob 1 -j DROP'), rules('-A INPUT --frob 2 -j DROP'))).toEqual({
      ...nothing,
      notCompared: ['Of filter INPUT was not compared: rules with words that were not understood.'],
    });
    expect(diff(rules('-A INPUT --frob 1 -j DROP'), rules('-A INPUT --frob 1 -j DROP'))).toEqual(nothing);
  });

  it('are those of all three tables and of both families that only one dump has', () => {
    const table = (name: string): string => `*${name}\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -d fd00::1/128 -j ACCEPT\nCOMMIT\n`;
    const four = `# Generated by iptables-save v1.8.9\n${rules('-A INPUT -j DROP')}`;
    const six = `# Generated by ip6tables-save v1.8.9\n${table('raw')}${table('mangle')}${table('nat')}`;
    expect(diff(four, four + six).notCompared).toEqual(['Only the second dump shows the tables raw, mangle and nat of IPv6.']);
  });

  it('of chains that an excerpt does not show: six are named, and how many more there are', () => {
    const chains = (count: number): string =>
      rules('-A INPUT -j DROP', ...Array.from({ length: count }, (_, at) => `-A C${at} -j DROP`)).replace(
        '-A INPUT',
        `${Array.from({ length: count }, (_, at) => `:C${at} - [0:0]\n`).join('')}-A INPUT`,
      );
    const some = '-A C0 -j DROP\n-A C1 -j DROP\n';
    expect(diff(chains(6), some).notCompared).toEqual(['The second dump does not show filter INPUT, OUTPUT, C2, C3, C4, C5.']);
    expect(diff(chains(8), some).notCompared).toEqual([
      'The second dump does not show filter INPUT, OUTPUT, C2, C3, C4, C5 and 2 more.',
    ]);
  });
});

describe('recorded dumps', () => {
  it('are the same with and without counters', () => {
    const steps = diffDumps(rulesetFrom(labPath('shop/node-a.iptables')), rulesetFrom(labPath('shop/node-a.counters.iptables')));
    expect(runToEnd(steps)).toEqual(nothing);
  });

  it('differ in the six Services that changed while kube-proxy was down', () => {
    const stale = rulesetFrom(labPath('shop-stale/node-a.iptables'));
    const synced = rulesetFrom(labPath('shop-stale/node-a.synced.iptables'));
    const { services } = runToEnd(diffDumps(stale, synced));
    expect(services.map(({ service, change }) => `${change} ${service}`)).toEqual([
      'removed legacy/erp:http',
      'changed shop/api:grpc',
      'changed shop/cart:http',
      'changed shop/orders',
      'added shop/search:http',
      'changed shop/web:http',
    ]);
  });
});

describe('what only one dump shows is no difference', () => {
  const filter = `*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -s 10.244.0.0/16 -j ACCEPT
COMMIT
`;
  const listing = `Chain INPUT (policy ACCEPT 0 packets, 0 bytes)
 pkts bytes target     prot opt in     out     source               destination

Chain FORWARD (policy ACCEPT 0 packets, 0 bytes)
 pkts bytes target     prot opt in     out     source               destination
    0     0 ACCEPT     0    --  *      *       10.244.0.0/16        0.0.0.0/0

Chain OUTPUT (policy ACCEPT 0 packets, 0 bytes)
 pkts bytes target     prot opt in     out     source               destination
`;

  it('a table: `iptables -L` prints one', () => {
    expect(diff(before + filter, listing)).toEqual({ ...nothing, notCompared: ['Only the first dump shows table nat of IPv4.'] });
    expect(diff(listing, before + filter)).toEqual({
      ...nothing,
      notCompared: ['Only the second dump shows table nat of IPv4.'],
    });
  });

  it('tables: they are named together', () => {
    const raw = '*raw\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -j ACCEPT\nCOMMIT\n';
    expect(diff(before + raw + filter, listing).notCompared).toEqual([
      'Only the first dump shows the tables nat and raw of IPv4.',
    ]);
  });

  it('but a table that is gone from a whole save is gone', () => {
    const other = '*mangle\n:INPUT ACCEPT [0:0]\nCOMMIT\n';
    const { chains, services, notCompared } = diff(before + filter + other, filter + other);
    expect(notCompared).toBeUndefined();
    expect(services).toMatchObject([{ service: 'shop/web:http', change: 'removed' }]);
    expect(chains.map(({ chain, change }) => `${change} ${chain}`)).toEqual([
      'removed PREROUTING',
      'removed KUBE-SERVICES',
      'removed KUBE-SVC-TG4Y7II5EGIOXNPD',
      'removed KUBE-SEP-ONE',
    ]);
  });

  it('what stands behind the end of a text that was cut, wherever', () => {
    // The header says what is cut there.
    for (let end = '*nat\n:PREROUTING ACCEPT [10:600]\n'.length; end < before.length; end += 1) {
      const cut = before.slice(0, end);
      const { services, chains, rules } = diff(before, cut);
      expect({ services, chains, rules }, cut).toEqual(nothing);
      const back = diff(cut, before);
      expect({ services: back.services, chains: back.chains, rules: back.rules }, cut).toEqual(nothing);
    }
  });

  it('but what a terminal broke is compared to its end', () => {
    const folded = (text: string): string => text.replace(/.{100}(?=.)/g, '$&\n');
    const changed = before.replace('--dport 80 ', '--dport 81 ');
    expect(diff(folded(before), folded(changed)).rules.map(({ change }) => change)).toEqual(['removed', 'added']);
    expect(diff(folded(before), before)).toEqual(nothing);
  });

  it('a chain and its rules: grep leaves some', () => {
    const grep = before
      .split('\n')
      .filter((line) => line.startsWith('-A KUBE-SVC-') || line.startsWith('-A KUBE-SEP-'))
      .map((line) => `${line}\n`)
      .join('');
    expect(diff(before, grep)).toEqual({
      ...nothing,
      notCompared: ['The second dump does not show nat PREROUTING, KUBE-SERVICES.'],
    });
    const changed = grep.replaceAll('10.244.0.11', '10.244.0.12');
    expect(diff(before, changed)).toMatchObject({
      services: [{ service: 'shop/web:http', endpointsAdded: ['10.244.0.12:8080'], endpointsRemoved: [] }],
      rules: [{ change: 'added' }, { change: 'added' }],
    });
  });

  it('interfaces: `iptables -L` prints them with -v alone', () => {
    const save = filter.replace('-A FORWARD', '-A INPUT -i lo -j ACCEPT\n-A FORWARD');
    const bare = listing
      .replace(/^ pkts bytes target( +prot opt) in {5}out {4}/gm, 'target$1')
      .replace('    0     0 ACCEPT     0    --  *      *       10', 'ACCEPT     0    --  10')
      .replace('\n\nChain FORWARD', '\nACCEPT     0    --  0.0.0.0/0            0.0.0.0/0\n\nChain FORWARD');
    expect(diff(save, bare)).toEqual({
      ...nothing,
      notCompared: ['Interfaces were not compared where one of the dumps does not show them.'],
    });
    expect(diff(save.replace('-i lo -j ACCEPT', '-i lo -j DROP'), bare).rules).toMatchObject([
      { change: 'removed', rule: '-A INPUT -j DROP' },
      { change: 'added', rule: '-A INPUT -j ACCEPT' },
    ]);
  });

  it('a protocol by number is the one by name', () => {
    const refusal = (protocol: string): string => `*filter
:INPUT ACCEPT [0:0]
:KUBE-SERVICES - [0:0]
-A INPUT -j KUBE-SERVICES
-A KUBE-SERVICES -d 10.96.20.10/32 -p ${protocol} -m comment --comment "shop/cart:dns has no endpoints" -m udp --dport 53 -j REJECT --reject-with icmp-port-unreachable
COMMIT
`;
    expect(diff(refusal('udp'), refusal('17'))).toEqual(nothing);
  });

  it('a policy is one whether `:CHAIN`, -P or a listing says it', () => {
    expect(diff(filter.replace('FORWARD ACCEPT', 'FORWARD DROP'), listing).chains).toMatchObject([
      { chain: 'FORWARD', change: 'changed', policy: { before: 'DROP', after: 'ACCEPT' } },
    ]);
    const output = '-P INPUT ACCEPT\n-P FORWARD DROP\n-P OUTPUT ACCEPT\n-A FORWARD -s 10.244.0.0/16 -j ACCEPT\n';
    expect(diff(output, listing).chains).toMatchObject([{ chain: 'FORWARD', policy: { before: 'DROP', after: 'ACCEPT' } }]);
  });
});
