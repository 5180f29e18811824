import { describe, expect, it } from 'vitest';
import { buildWholeRuleset } from '../../server/src/ruleset/build.ts';
import { familyOfAddress } from '../../server/src/ruleset/infer-family.ts';
import { declarationOf, mentionsOf } from '../../server/src/ruleset/places.ts';
import { reachOf } from '../../server/src/ruleset/reachable.ts';
import { type Chain, type Ruleset, tableAt } from '../../server/src/ruleset/ruleset.ts';
import { readWholeDocument } from '../../server/src/syntax/document.ts';

function rulesetOf(text: string, fileName = ''): Ruleset {
  return buildWholeRuleset(readWholeDocument(text, fileName));
}

function chainIn(ruleset: Ruleset, table: number, name: string): Chain {
  const chain = ruleset.tables[table]?.chains.get(name);
  if (chain === undefined) throw new Error(`no chain ${name}`);
  return chain;
}

const names = (chains: readonly Chain[]): readonly string[] => chains.map(({ name }) => name);

describe('a ruleset', () => {
  const ruleset = rulesetOf(`*filter
:INPUT ACCEPT [0:0]
:A - [0:0]
:LOG - [0:0]
-A INPUT -j A
-A INPUT -g LOG
-A A -j LOG
-A A -j ACCEPT
-D INPUT -j B
COMMIT
`);

  it('has chains with their declarations, rules, references and jumps', () => {
    const input = chainIn(ruleset, 0, 'INPUT');
    expect(input).toMatchObject({ builtin: true, declarations: [1], rules: [4, 5, 8], references: [] });
    expect(names(input.jumps)).toEqual(['A', 'LOG']);
    expect(chainIn(ruleset, 0, 'A')).toMatchObject({ builtin: false, declarations: [2], rules: [6, 7], references: [4] });
  });

  it('has tables that know their places', () => {
    const two = rulesetOf('*nat\nCOMMIT\n*filter\nCOMMIT\n*nat\nCOMMIT\n');
    expect(two.tables.map(({ index, name }) => [index, name])).toEqual([
      [0, 'nat'],
      [1, 'filter'],
      [2, 'nat'],
    ]);
  });

  it('knows targets by names as long as they are', () => {
    const { chains, targets } =
      rulesetOf('*mangle\n-A FORWARD -p tcp -j TCPOPTSTRIP --strip-options 5\n-A FORWARD -j TCPOPTSTRIPS\nCOMMIT\n').tables[0] ??
      expect.fail();
    expect([[...targets.keys()], [...chains.keys()]]).toEqual([['TCPOPTSTRIP'], ['FORWARD', 'TCPOPTSTRIPS']]);
  });

  it('takes a target for a chain where a chain of that name is declared', () => {
    expect(chainIn(ruleset, 0, 'LOG').references).toEqual([5, 6]);
    expect(names(chainIn(ruleset, 0, 'A').jumps)).toEqual(['LOG']);
    expect(ruleset.tables[0]?.chains.has('ACCEPT')).toBe(false);
  });

  it('keeps a chain with its rules in one table where commands make it and empty it first', () => {
    const commands = rulesetOf('-N web\n-F web\n-A web -j ACCEPT\n-P INPUT DROP\n-A INPUT -j web\n');
    expect(commands.tables).toHaveLength(1);
    expect(chainIn(commands, 0, 'web')).toMatchObject({ declarations: [0], rules: [2], references: [4] });
  });

  it('knows a chain that is only jumped to, but not that a deleted rule leads to it', () => {
    expect(chainIn(ruleset, 0, 'B')).toMatchObject({ declarations: [], rules: [], references: [8] });
    expect(names(chainIn(ruleset, 0, 'INPUT').jumps)).not.toContain('B');
  });

  it('knows from which built-in chains a chain is reached', () => {
    const nat = rulesetOf(`*nat
:PREROUTING ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:BOTH - [0:0]
:POST - [0:0]
:NONE - [0:0]
-A PREROUTING -j BOTH
-A POSTROUTING -j POST
-A POST -j BOTH
-A NONE -j POST
COMMIT
`);
    const [table] = nat.tables;
    if (table === undefined) throw new Error('no table');
    const reach = reachOf(table);
    expect(reach.hooksOf(chainIn(nat, 0, 'BOTH'))).toEqual(['PREROUTING', 'POSTROUTING']);
    expect(reach.hooksOf(chainIn(nat, 0, 'POST'))).toEqual(['POSTROUTING']);
    expect(reach.isReached(chainIn(nat, 0, 'NONE'))).toBe(false);
  });

  it('finds the table of a line', () => {
    const two = rulesetOf('# x\n*nat\nCOMMIT\n\n*raw\n-A OUTPUT -j ACCEPT\n');
    expect([0, 1, 2, 3, 4, 5, 6].map((line) => tableAt(two, line)?.name)).toEqual([
      undefined,
      'nat',
      'nat',
      undefined,
      'raw',
      'raw',
      'raw',
    ]);
  });

  it('follows restore input: -N, -P, -I, -E, -F, -X', () => {
    const input = rulesetOf(`*filter
-N NEW
-P INPUT DROP
-I INPUT 1 -j NEW
-E NEW NEWER
-F NEWER
-X
COMMIT
`);
    expect(chainIn(input, 0, 'NEW')).toMatchObject({ declarations: [1], references: [3], mentions: [4] });
    expect(chainIn(input, 0, 'NEWER')).toMatchObject({ declarations: [4], mentions: [5] });
    expect(chainIn(input, 0, 'INPUT')).toMatchObject({ mentions: [2], rules: [3] });
  });
});

describe('mentions', () => {
  it('are the places that name a chain', () => {
    const ruleset = rulesetOf(`*filter
:FOO - [0:0]
-A FOO -j FOO
-A INPUT -g FOO
-F FOO
COMMIT
`);
    const chain = chainIn(ruleset, 0, 'FOO');
    const places = [...mentionsOf(ruleset, chain)].map(({ line, start, end, kind }) => `${line}:${start}-${end} ${kind}`);
    expect(places).toEqual(['1:1-4 declaration', '2:3-6 rule', '2:10-13 jump', '3:12-15 goto', '4:3-6 command']);
    expect(declarationOf(ruleset, chain)).toMatchObject({ line: 1, start: 1, end: 4 });
  });

  it('of a rule in a listing are not on its own line, but above', () => {
    const ruleset = rulesetOf(`Chain FOO (1 references)
target     prot opt source               destination
FOO        all  --  anywhere             anywhere
`);
    const places = [...mentionsOf(ruleset, chainIn(ruleset, 0, 'FOO'))].map(
      ({ line, start, end, kind }) => `${line}:${start}-${end} ${kind}`,
    );
    expect(places).toEqual(['0:6-9 declaration', '2:0-3 jump']);
  });
});

describe('dumps', () => {
  it('are told apart by their headers and by tables that come again', () => {
    const ruleset = rulesetOf(`# Generated by iptables-save v1.8.9 (nf_tables) on Mon Nov 23 00:42:42 2026
*nat
COMMIT
# Generated by iptables-save v1.8.9 (nf_tables) on Mon Nov 23 00:42:42 2026
*filter
COMMIT
# Generated by ip6tables-save v1.8.9 (nf_tables) on Mon Nov 23 00:42:42 2026
*filter
COMMIT
*filter
COMMIT
`);
    expect(ruleset.dumps.map(({ family, familyBy, tables }) => [family, familyBy, tables.map(({ name }) => name)])).toEqual([
      ['ipv4', 'header', ['nat', 'filter']],
      ['ipv6', 'header', ['filter']],
      ['ipv6', 'header', ['filter']],
    ]);
  });

  it('without a header have the family of their addresses', () => {
    const familyOf = (text: string): unknown => rulesetOf(text).dumps[0];
    expect(familyOf('*nat\n-A KUBE-SEP-A -s fd00:10:244::5/128 -j KUBE-MARK-MASQ\n')).toMatchObject({
      family: 'ipv6',
      familyBy: 'address',
    });
    expect(familyOf('*nat\n-A X -j DNAT --to-destination 10.0.0.1:80\n')).toMatchObject({ family: 'ipv4', familyBy: 'address' });
    expect(familyOf('*nat\n-A X -j DNAT --to-destination [fd00::1]:80\n')).toMatchObject({ family: 'ipv6', familyBy: 'address' });
    // All digits up to the first colon, and still no IPv4 address with a port.
    expect(familyOf('*nat\n-A X -d 2001:db8::1/128 -j ACCEPT\n')).toMatchObject({ family: 'ipv6', familyBy: 'address' });
    expect(familyOf('*nat\n-A X -j ACCEPT\n')).toMatchObject({ family: 'ipv4', familyBy: 'default' });
  });

  it('that begin within a table have the table that only their rules can be of', () => {
    const tableOf = (text: string): unknown => rulesetOf(text).tables[0];
    expect(tableOf('-A KUBE-SEP-A -p tcp -m tcp -j DNAT --to-destination 10.0.0.1:80\nCOMMIT\n')).toMatchObject({
      name: 'nat',
      declared: false,
      commitLine: 1,
    });
    expect(tableOf('-A KUBE-SVC-A -j KUBE-SEP-A\n')).toMatchObject({ name: 'nat' });
    expect(tableOf('-A INPUT -j DROP\n')).toMatchObject({ name: 'filter' });
    expect(tableOf('-P PREROUTING ACCEPT\n-P INPUT ACCEPT\n-P OUTPUT ACCEPT\n-P POSTROUTING ACCEPT\n')).toMatchObject({
      name: 'nat',
    });
    expect(
      tableOf('-P PREROUTING ACCEPT\n-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n-P POSTROUTING ACCEPT\n'),
    ).toMatchObject({ name: 'mangle' });
    expect(tableOf('-P PREROUTING ACCEPT\n-P OUTPUT ACCEPT\n')).toMatchObject({ name: 'raw' });
  });

  it('of iptables -S one after another are tables of their own, named by the prompts above them', () => {
    const ruleset = rulesetOf(`root@node:~# iptables -t nat -S
-P PREROUTING ACCEPT
-N KUBE-SERVICES
-A PREROUTING -j KUBE-SERVICES
root@node:~# ip6tables -S
-P INPUT ACCEPT
-N KUBE-SERVICES
-P INPUT DROP
`);
    expect(ruleset.tables.map(({ name, dump, chains }) => [name, dump.family, [...chains.keys()]])).toEqual([
      ['nat', 'ipv4', ['PREROUTING', 'KUBE-SERVICES']],
      ['filter', 'ipv6', ['INPUT', 'KUBE-SERVICES']],
      ['filter', 'ipv6', ['INPUT']],
    ]);
  });
});

describe('a dump whose first header was cut off', () => {
  const table = (name: string, ...lines: readonly string[]): string => [`*${name}`, ...lines, 'COMMIT', ''].join('\n');
  const header = '# Generated by iptables-save v1.8.9 (nf_tables) on Mon Nov 23 00:58:31 2026\n';

  it('is one dump, and the header of its next table is its own', () => {
    const { dumps } = rulesetOf(`${table('nat', '-A OUTPUT -d 10.0.0.1/32 -j ACCEPT')}${header}${table('filter')}`);
    expect(dumps.map(({ tables, generator }) => [tables.map(({ name }) => name), generator?.version])).toEqual([
      [['nat', 'filter'], '1.8.9'],
    ]);
  });

  it.each([
    ['has the same table', `${table('filter')}${header}${table('filter')}`],
    ['has no COMMIT', `*nat\n-A OUTPUT -j ACCEPT\n${header}${table('filter')}`],
    ['is of the other family', `${table('nat', '-A OUTPUT -d fd00::1/128 -j ACCEPT')}${header}${table('filter')}`],
  ])('is another one where what stands above %s', (_how, text) => {
    expect(rulesetOf(text).dumps).toHaveLength(2);
  });
});

describe('what begins another dump or table', () => {
  const tablesOf = (text: string): readonly string[] =>
    rulesetOf(text).tables.map(({ name, dump, firstLine, endLine }) => `${dump.index} ${name} ${firstLine + 1}-${endLine}`);

  it('is a header of another family, program or version', () => {
    const header = (program: string, version: string): string =>
      `# Generated by ${program} v${version} (nf_tables) on Mon Nov 23 00:58:31 2026`;
    const two = (a: string, b: string): string => `${a}\n*nat\nCOMMIT\n${b}\n*filter\nCOMMIT\n`;
    const same = header('iptables-save', '1.8.9');
    expect(tablesOf(two(same, same))).toEqual(['0 nat 2-3', '0 filter 5-6']);
    expect(tablesOf(two(same, header('iptables-save', '1.8.10')))).toEqual(['0 nat 2-3', '1 filter 5-6']);
    expect(tablesOf(two(same, header('ip6tables-save', '1.8.9')))).toEqual(['0 nat 2-3', '1 filter 5-6']);
    expect(tablesOf(two(same, header('iptables-nft-save', '1.8.9')))).toEqual(['0 nat 2-3', '1 filter 5-6']);
  });

  it('is a header in the middle of a table, but no other comment', () => {
    const text = (comment: string): string => `*nat\n:OUTPUT ACCEPT [0:0]\n${comment}\n-A OUTPUT -j ACCEPT\nCOMMIT\n`;
    expect(tablesOf(text('# Generated by hand'))).toEqual(['0 nat 1-5']);
    expect(tablesOf(text('# Generated by iptables-save v1.8.9 on Mon Nov 23 00:58:31 2026'))).toEqual(['0 nat 1-2', '1 nat 4-5']);
  });

  it('is a chain that is declared again in the output of commands', () => {
    const output = '-P INPUT ACCEPT\n-N A\n-A INPUT -j A\n';
    expect(tablesOf(output + output)).toEqual(['0 filter 1-3', '0 filter 4-7']);
    expect(tablesOf('-N A\n-A A -j RETURN\n-N A\n')).toEqual(['0 filter 1-2', '0 filter 3-4']);
    const listing = 'Chain INPUT (policy ACCEPT)\ntarget     prot opt source               destination\n';
    expect(tablesOf(listing + listing)).toEqual(['0 filter 1-2', '0 filter 3-5']);
    // After a chain of the user's, or in another order, a built-in chain is of another table.
    expect(tablesOf('Chain OUTPUT (policy ACCEPT)\nChain PREROUTING (policy ACCEPT)\n')).toHaveLength(2);
    expect(tablesOf('Chain A (0 references)\nChain OUTPUT (policy ACCEPT)\n')).toHaveLength(2);
    expect(tablesOf('Chain PREROUTING (policy ACCEPT)\nChain OUTPUT (policy ACCEPT)\n')).toHaveLength(1);
  });
});

describe('the family of a dump', () => {
  const familyOf = (text: string, fileName = ''): string => {
    const [dump] = rulesetOf(text, fileName).dumps;
    return `${dump?.family} by ${dump?.familyBy}`;
  };

  it.each([
    ['-A INPUT -s 10.0.0.0/8 -j ACCEPT\n', 'ipv4 by address'],
    ['-A INPUT -s fd00::/8 -j ACCEPT\n', 'ipv6 by address'],
    ['-A INPUT ! -d fe80::/10 -j ACCEPT\n', 'ipv6 by address'],
    ['-A OUTPUT -p tcp -j DNAT --to-destination [fd00::1]:80\n', 'ipv6 by address'],
    ['-A OUTPUT -p tcp -j DNAT --to-destination 10.0.0.1-10.0.0.9:80\n', 'ipv4 by address'],
    ['-A OUTPUT -p tcp -j DNAT --to-destination :8080\n', 'ipv4 by default'],
    ['-A INPUT -s db.example -j ACCEPT\n', 'ipv4 by default'],
    ['-A INPUT -m comment --comment "see fd00::1" -j ACCEPT\n', 'ipv4 by default'],
    ['-A INPUT -j ACCEPT\n-A INPUT -s fd00::1 -j ACCEPT\n', 'ipv6 by address'],
    [
      'Chain INPUT (policy ACCEPT)\ntarget     prot opt source               destination\nACCEPT     all      ::/0                 ::/0\n',
      'ipv6 by address',
    ],
    [
      'Chain INPUT (policy ACCEPT)\ntarget     prot opt source               destination\nACCEPT     all  --  0.0.0.0/0            0.0.0.0/0\n',
      'ipv4 by address',
    ],
    ['', 'undefined by undefined'],
  ])('%j', (text, expected) => {
    expect(familyOf(text)).toBe(expected);
  });

  it('is said by the name of its file before its addresses, and by its header before both', () => {
    expect(familyOf('-A INPUT -j ACCEPT\n', 'rules.v6')).toBe('ipv6 by file-name');
    expect(familyOf('# Generated by iptables-save v1.8.9 on Mon Nov 23 00:58:31 2026\n*filter\nCOMMIT\n', 'rules.v6')).toBe(
      'ipv4 by header',
    );
  });
});

describe('the table of rules that do not say it', () => {
  const nameOf = (text: string): string | undefined => rulesetOf(text).tables[0]?.name;

  it.each([
    ['-A X -j DNAT --to-destination 10.0.0.1\n', 'nat'],
    ['-A X -j MASQUERADE\n', 'nat'],
    ['-A X -j KUBE-SVC-NPX46M4PTMTKRN6Y\n', 'nat'],
    ['-A KUBE-POSTROUTING -j RETURN\n', 'nat'],
    ['-A X -j CNI-DN-1\n', 'nat'],
    ['-A cali-PREROUTING -j RETURN\n', 'nat'],
    ['-P PREROUTING ACCEPT\n-P FORWARD ACCEPT\n', 'mangle'],
    ['-P PREROUTING ACCEPT\n-P OUTPUT ACCEPT\n', 'raw'],
    ['-P PREROUTING ACCEPT\n-P INPUT ACCEPT\n', 'nat'],
    ['-A POSTROUTING -j RETURN\n', 'nat'],
    ['-P INPUT ACCEPT\n', 'filter'],
    ['-A KUBE-FIREWALL -j DROP\n', 'filter'],
    ['# iptables -t mangle -S\n-A X -j RETURN\n', 'mangle'],
  ])('%j', (text, name) => {
    expect(nameOf(text)).toBe(name);
  });
});

describe('rules of several tables that grep put together', () => {
  const tablesIn = (text: string): readonly string[] =>
    rulesetOf(text.trimEnd()).tables.map(({ name, firstLine, endLine }) => `${name} ${firstLine + 1}-${endLine}`);

  it.each([
    [
      'the jumps to the Service chains',
      `-A INPUT -j KUBE-EXTERNAL-SERVICES
-A FORWARD -j KUBE-SERVICES
-A OUTPUT -j KUBE-SERVICES
-A PREROUTING -j KUBE-SERVICES
-A OUTPUT -j KUBE-SERVICES
`,
      ['filter 1-3', 'nat 4-5'],
    ],
    [
      'all rules of kube-proxy, filter first',
      `-A FORWARD -j KUBE-SERVICES
-A OUTPUT -j KUBE-SERVICES
-A KUBE-SERVICES -d 10.96.0.9/32 -p tcp -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable
-A PREROUTING -j KUBE-SERVICES
-A KUBE-SERVICES -d 10.96.0.1/32 -p tcp -m tcp --dport 443 -j KUBE-SVC-NPX46M4PTMTKRN6Y
`,
      ['filter 1-3', 'nat 4-5'],
    ],
    [
      'all rules of kube-proxy, nat first, with chains',
      `:KUBE-SERVICES - [0:0]
-A PREROUTING -j KUBE-SERVICES
-A KUBE-SERVICES -d 10.96.0.1/32 -p tcp -m tcp --dport 443 -j KUBE-SVC-NPX46M4PTMTKRN6Y
:KUBE-FORWARD - [0:0]
-A INPUT -j KUBE-FIREWALL
-A FORWARD -j KUBE-FORWARD
`,
      ['nat 1-3', 'filter 4-6'],
    ],
    [
      'where nothing tells where the second begins, from the line that is of it',
      '-A FORWARD -d 10.244.0.9/32 -j ACCEPT\n-A POSTROUTING -s 10.244.0.9/32 -j MASQUERADE\n',
      ['filter 1-1', 'nat 2-2'],
    ],
    ['of one table all the same', '-A POSTROUTING -j MASQUERADE\n-A PREROUTING -p tcp -j DNAT --to 10.0.0.1\n', ['nat 1-2']],
    ['of which nothing tells', '-A INPUT -j ACCEPT\n-A X -j DROP\n-A INPUT -j DROP\n', ['filter 1-3']],
  ])('%s', (_what, text, expected) => {
    expect(tablesIn(text)).toEqual(expected);
  });
});

describe('the family of an address', () => {
  it.each([
    ['8.8.8.8', 'ipv4'],
    ['10.0.0.1-10.0.0.9:80', 'ipv4'],
    ['192.0.2.0/24', 'ipv4'],
    ['::1', 'ipv6'],
    ['fd00::1/128', 'ipv6'],
    ['[fd00::1]:80', 'ipv6'],
    ['::ffff:192.0.2.1', 'ipv6'],
    ['a1.example', undefined],
    [':8080', undefined],
    ['', undefined],
  ])('%s: %s', (text, family) => {
    expect(familyOfAddress(text)).toBe(family);
  });
});
