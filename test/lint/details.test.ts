import { describe, expect, it } from 'vitest';
import { lineRanges } from '../../server/src/lint/support/line-ranges.ts';
import { repairEdits } from '../../server/src/lint/support/repair.ts';
import { someOf } from '../../server/src/lint/support/some-of.ts';
import { readWholeDocument } from '../../server/src/syntax/document.ts';
import { findingsIn } from './check-findings.ts';
import { codes, messages } from './codes-and-messages.ts';

describe('lists in sentences', () => {
  it('name at most six, and say how many more there are', () => {
    expect(someOf([])).toBe('');
    expect(someOf(['A'])).toBe('A');
    expect(someOf(['A', 'B'])).toBe('A and B');
    expect(someOf(['A', 'B', 'C', 'D', 'E', 'F'])).toBe('A, B, C, D, E and F');
    expect(someOf(['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'])).toBe('A, B, C, D, E, F and 2 more');
  });

  it('of lines join those that follow each other, 1-based', () => {
    expect(lineRanges([2])).toBe('line 3');
    expect(lineRanges([0, 3, 4, 5])).toBe('lines 1, 4-6');
    expect(lineRanges([0, 2, 4, 6, 8, 10])).toBe('lines 1, 3, 5, 7, 9, 11');
    expect(lineRanges([0, 2, 4, 6, 8, 10, 12])).toBe('lines 1, 3, 5, 7, 9, 11 and others');
  });
});

describe('addresses of two families', () => {
  const table = (...rules: readonly string[]): string => `*nat\n:OUTPUT ACCEPT [0:0]\n${rules.join('\n')}\nCOMMIT\n`;
  const four = '-A OUTPUT -d 10.0.0.1/32 -j ACCEPT';
  const six = '-A OUTPUT -d fd00::1/128 -j ACCEPT';

  it('are told whichever comes first', () => {
    expect(messages(table(four, six), 'mixed-families')).toEqual([
      'An IPv6 address among rules with IPv4 addresses: iptables takes only IPv4, ip6tables only IPv6',
    ]);
    expect(messages(table(six, four), 'mixed-families')).toEqual([
      'An IPv4 address among rules with IPv6 addresses: iptables takes only IPv4, ip6tables only IPv6',
    ]);
  });

  it.each([
    '-A OUTPUT -p tcp -j DNAT --to-destination [fd00::1]:80',
    '-A OUTPUT -d 2001:db8:1:2:3:4:5:6/128 -j ACCEPT',
    '-A OUTPUT ! -s fe80::/10 -j ACCEPT',
  ])('are told in %s', (rule) => {
    expect(codes(table(four, rule))).toContain('mixed-families');
  });

  it.each([
    [four, '-A OUTPUT -p tcp -j DNAT --to-destination 10.0.0.1:80'],
    [four, '-A OUTPUT -m comment --comment "see fd00::1 and others" -j ACCEPT'],
    [four, '-A OUTPUT -p tcp -j REDIRECT --to-ports 80'],
    [four, '-6 -A OUTPUT -d fd00::1/128 -j ACCEPT'],
    [six, '-A OUTPUT -m statistic --mode random --probability 0.50000000000 -m comment --comment "a.b.c.d" -j ACCEPT'],
    [six, '-4 -A OUTPUT -d 10.0.0.1/32 -j ACCEPT'],
    [six, '-A OUTPUT -s fd00::2/128 -j ACCEPT'],
  ])('are none in %s and %s', (first, second) => {
    expect(codes(table(first, second))).not.toContain('mixed-families');
  });

  it('are information among rules alone, which may be of two dumps', () => {
    const found = findingsIn(`${four}\n${six}\n`);
    expect(found.map(({ code, severity }) => [code, severity])).toEqual([['mixed-families', 'info']]);
    expect(findingsIn(table(four, six))[0]?.severity).toBe('error');
  });
});

describe('COMMIT that is missing', () => {
  it('is put behind the last line that is written, be it the table’s own', () => {
    const fixes = (text: string): readonly unknown[] =>
      findingsIn(text).flatMap(({ fixes }) => fixes().flatMap(({ changes }) => changes().map(({ start }) => start)));
    expect(fixes('*filter\n\n\n')).toEqual([{ line: 0, character: 7 }]);
    expect(fixes('*filter\n-A INPUT -j ACCEPT\n\n')).toEqual([{ line: 1, character: 18 }]);
  });
});

describe('mending lines that stand on one', () => {
  it('touches those alone', () => {
    const text = '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j DROP          -A INPUT -j ACCEPT\nCOMMIT\n';
    expect(repairEdits(readWholeDocument(text), 'plain-dump')).toEqual([
      {
        start: { line: 2, character: 0 },
        end: { line: 2, character: 44 },
        text: '-A INPUT -j DROP\n-A INPUT -j ACCEPT',
      },
    ]);
    expect(repairEdits(readWholeDocument('*filter\nCOMMIT\n'), 'plain-dump')).toEqual([]);
  });
});

describe('a rule that repeats another', () => {
  const table = (...rules: readonly string[]): string => `*filter\n:INPUT ACCEPT [0:0]\n${rules.join('\n')}\nCOMMIT\n`;

  it('is one that is appended again, whatever its counters', () => {
    expect(codes(table('[1:60] -A INPUT -s 10.0.0.1/32 -j DROP', '-A INPUT -s 10.0.0.1/32 -j DROP'))).toEqual(['repeated-rule']);
    expect(codes(table('-I INPUT -s 10.0.0.1/32 -j DROP', '-I INPUT -s 10.0.0.1/32 -j DROP'))).not.toContain('repeated-rule');
    expect(messages(table(...Array.from({ length: 4 }, () => '-A INPUT -s 10.0.0.1/32 -j DROP')), 'repeated-rule')).toEqual([
      'The same rule stands in INPUT 4 times, first in line 3',
    ]);
  });
});

describe('the mark', () => {
  it('is cleared by a rule above the one that masquerades, in a chain that is shown whole', () => {
    const nat = (...rules: readonly string[]): string =>
      `*nat\n:POSTROUTING ACCEPT [0:0]\n:KUBE-POSTROUTING - [0:0]\n-A POSTROUTING -j KUBE-POSTROUTING\n${rules.join('\n')}\nCOMMIT\n`;
    const clear = '-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0';
    const masquerade = '-A KUBE-POSTROUTING -j MASQUERADE --random-fully';
    expect(codes(nat(clear, masquerade))).toEqual([]);
    expect(codes(nat(masquerade, clear))).toEqual(['mark-not-cleared']);
    expect(codes(nat(masquerade).replace('COMMIT\n', ''))).not.toContain('mark-not-cleared');
    expect(codes(nat(clear))).toEqual([]);
  });

  it('is nobody’s concern where the rules are not those of a node with kube-proxy', () => {
    const mangle = '*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -j MARK --set-xmark 0x4000/0x4000\nCOMMIT\n';
    expect(codes(mangle)).toEqual([]);
  });
});

describe('findings that fade text out', () => {
  it('are those of rules and chains that do nothing', () => {
    const unnecessary = (text: string): readonly (readonly [string, boolean])[] =>
      findingsIn(text).map((finding) => [finding.code, finding.unnecessary]);
    expect(unnecessary('*filter\n:INPUT ACCEPT [0:0]\n:A - [0:0]\nCOMMIT\n')).toEqual([['orphaned-chain', true]]);
    expect(unnecessary('*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j NOWHERE\nCOMMIT\n')).toEqual([['undeclared-chain', false]]);
  });
});

describe('a node in ipvs mode', () => {
  const ipvs = (...more: readonly string[]): string =>
    [
      '*nat',
      ':PREROUTING ACCEPT [0:0]',
      ':OUTPUT ACCEPT [0:0]',
      ':KUBE-SERVICES - [0:0]',
      ...more,
      '-A PREROUTING -j KUBE-SERVICES',
      '-A OUTPUT -j KUBE-SERVICES',
      '-A KUBE-SERVICES -m set --match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT',
      'COMMIT',
      '',
    ].join('\n');

  it('is named, with what to collect', () => {
    expect(messages(ipvs(), 'service-proxy')).toEqual([
      expect.stringMatching(/^kube-proxy in ipvs mode does the Services of this node: .* Collect "ipvsadm -Ln"/),
    ]);
    expect(codes(ipvs())).toEqual(['service-proxy']);
  });

  it('has leftovers only where a chain of a Service still has rules', () => {
    expect(codes(ipvs(':KUBE-SVC-NPX46M4PTMTKRN6Y - [0:0]'))).not.toContain('ipvs-leftovers');
  });

  it('up to 1.26 has a chain for load balancers that nothing leads to without any', () => {
    expect(messages(ipvs(':KUBE-FIREWALL - [0:0]'), 'orphaned-chain')).toEqual([
      'No packet enters KUBE-FIREWALL now: kube-proxy keeps it ready, whether it is used or not',
    ]);
  });

  it('is named once for both families', () => {
    const six = `# Generated by ip6tables-save v1.8.9 on Mon Nov 23 00:58:31 2026\n${ipvs()}`;
    const four = `# Generated by iptables-save v1.8.9 on Mon Nov 23 00:58:31 2026\n${ipvs()}`;
    expect(codes(four + six)).toEqual(['service-proxy']);
  });
});

describe('what a transport did', () => {
  it('to one line of blanks is an error there', () => {
    const found = findingsIn('*filter\n:INPUT ACCEPT [0:0]\n  \n-A INPUT -j ACCEPT\nCOMMIT\n');
    expect(found.map(({ line, start, end, code, severity }) => [line + 1, start, end, code, severity])).toEqual([
      [3, 0, 2, 'blank-line', 'error'],
    ]);
  });

  it('to one line end is an error, behind a comment a warning', () => {
    const ended = (rule: string): readonly (readonly [number, number, number, string])[] =>
      findingsIn(`*filter\n:INPUT ACCEPT [0:0]\n${rule}\r\n-A INPUT -j ACCEPT\n-A INPUT -s 10.0.0.1/32 -j DROP\nCOMMIT\n`)
        .filter(({ code }) => code === 'carriage-return')
        .map(({ line, start, end, severity }) => [line + 1, start, end, severity]);
    expect(ended('-A INPUT -p tcp -j LOG')).toEqual([[3, 19, 22, 'error']]);
    expect(ended('-A INPUT -j LOG -m comment --comment "a b"')).toEqual([[3, 40, 42, 'warning']]);
    expect(ended('-A INPUT -m comment --comment x -j LOG')).toEqual([[3, 35, 38, 'error']]);
  });
});

describe('commands of restore input', () => {
  it('-X takes every chain away that is empty and not used, and -F every rule', () => {
    const text = (...lines: readonly string[]): readonly string[] =>
      codes(`*filter\n:INPUT ACCEPT [0:0]\n:A - [0:0]\n:B - [0:0]\n-A INPUT -j A\n${lines.join('\n')}\nCOMMIT\n`).filter(
        (code) => code === 'restore-command',
      );
    expect(text('-X', '-N B')).toEqual([]);
    expect(text('-X', '-N A')).toEqual(['restore-command']);
    expect(text('-F', '-X', '-N A', '-N B')).toEqual([]);
    expect(text('-A B -j RETURN', '-X', '-N B')).toEqual(['restore-command']);
    expect(text('-X', '-P INPUT DROP', '-A INPUT -j ACCEPT')).toEqual([]);
    expect(text('-X B', '-N B')).toEqual([]);
    expect(text('-A B -j RETURN', '-X B')).toEqual(['restore-command']);
  });

  it('are not judged where something was left out', () => {
    expect(codes('*filter\n:INPUT ACCEPT [0:0]\n...\n-D INPUT -j DROP\nCOMMIT\n')).not.toContain('restore-command');
  });
});

describe('two Services with one address', () => {
  const a = 'KUBE-SVC-TG4Y7II5EGIOXNPD';
  const b = 'KUBE-SVC-NPX46M4PTMTKRN6Y';
  const twice = (first: string, second: string): readonly string[] =>
    codes(`*nat\n-A KUBE-SERVICES ${first} -j ${a}\n-A KUBE-SERVICES ${second} -j ${b}\nCOMMIT\n`);
  const plain = '-d 10.96.0.9/32 -p tcp -m tcp --dport 80';

  it('are two rules for the same packets, however the address is spelled', () => {
    expect(twice(plain, plain)).toEqual(['address-used-twice']);
    expect(twice('-d 10.96.0.9/32 -p 6 -m tcp --dport 80', '-d 10.96.0.9/32 -p tcp --dport 80')).toEqual(['address-used-twice']);
  });

  it.each([
    ['for sources of one network', `-s 10.0.0.0/8 ${plain}`],
    ['for all addresses but this one', `! ${plain}`],
    ['for another port', plain.replace('80', '81')],
    ['for several ports', plain.replace('80', '80:90')],
    ['for another protocol', plain.replaceAll('tcp', 'udp')],
    ['for another address', plain.replace('0.9', '0.8')],
    ['for a network', plain.replace('/32', '/24')],
    ['with a word that is not understood', `${plain} --no-such-option`],
  ])('are none where the first is %s', (_how, first) => {
    expect(twice(first, plain)).not.toContain('address-used-twice');
  });

  it('are none where one Service has both rules', () => {
    const both = `*nat\n-A KUBE-SERVICES ${plain} -j ${a}\n-A KUBE-SERVICES ${plain} -j ${a.replace('SVC', 'EXT')}\nCOMMIT\n`;
    expect(codes(both)).not.toContain('address-used-twice');
  });
});

describe('shares', () => {
  const chain = (...rules: readonly string[]): string =>
    `*nat\n:PREROUTING ACCEPT [0:0]\n:KUBE-SERVICES - [0:0]\n:KUBE-SVC-NPX46M4PTMTKRN6Y - [0:0]\n:KUBE-SEP-A - [0:0]\n:KUBE-SEP-B - [0:0]\n-A PREROUTING -j KUBE-SERVICES\n-A KUBE-SERVICES -j KUBE-SVC-NPX46M4PTMTKRN6Y\n${rules.map((rule) => `-A KUBE-SVC-NPX46M4PTMTKRN6Y ${rule}`).join('\n')}\n-A KUBE-SEP-A -p tcp -j DNAT --to-destination 10.0.0.1\n-A KUBE-SEP-B -p tcp -j DNAT --to-destination 10.0.0.2\nCOMMIT\n`;
  const random = (probability: string): string => `-m statistic --mode random --probability ${probability} -j KUBE-SEP-A`;

  it('of a chain with one endpoint, or without one for what is left, are not judged', () => {
    expect(codes(chain('-j KUBE-SEP-A', '-j KUBE-SEP-B'))).not.toContain('unequal-shares');
    expect(codes(chain(random('0.30000000000')))).not.toContain('unequal-shares');
    expect(codes(chain('-s 10.0.0.1/32 -j KUBE-MARK-MASQ', random('0.20000000000')))).not.toContain('unequal-shares');
  });

  it('of a chain that is cut are not judged', () => {
    const uneven = chain(random('0.20000000000'), '-j KUBE-SEP-B');
    expect(codes(uneven)).toContain('unequal-shares');
    expect(codes(uneven.replace('COMMIT\n', ''))).not.toContain('unequal-shares');
  });

  it('that are found even once are so for the same lines again', () => {
    const even = chain(random('0.50000000000'), '-j KUBE-SEP-B');
    expect(codes(even)).toEqual([]);
    expect(codes(even)).toEqual([]);
  });
});

describe('text that is skipped', () => {
  it('is named by what it is', () => {
    const fenced = '```\n*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n```\n';
    expect(messages(fenced, 'not-iptables')).toEqual(['2 lines are no iptables and skipped (Markdown): lines 1, 5']);
    expect(messages(`see here\n${fenced}`, 'not-iptables')).toEqual([
      '3 lines are no iptables and skipped (text, Markdown): lines 1-2, 6',
    ]);
  });
});
