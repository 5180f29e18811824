import { describe, expect, it } from 'vitest';
import { extensionData, matches, targets } from '../../server/src/catalog/lookup.ts';
import { canonicalRule } from '../../server/src/ruleset/canonical.ts';
import { readWholeDocument, statementOf } from '../../server/src/syntax/document.ts';
import type { RuleStatement } from '../../server/src/syntax/statement.ts';
import { rulesetOf } from '../support/dumps.ts';

const verbose = ' pkts bytes target     prot opt in     out     source               destination';

/** The rule that a row of a listing is, under these column names. */
function rowOf(row: string, columns = verbose, fileName = 'rules.v4'): RuleStatement {
  const { lines } = readWholeDocument(`Chain FORWARD (policy ACCEPT 0 packets, 0 bytes)\n${columns}\n${row}\n`, fileName);
  const line = lines.at(2);
  const statement = line === undefined ? undefined : statementOf(line);
  if (statement?.kind !== 'rule') throw new Error(`no rule: ${row}`);
  return statement;
}

function canonical(row: string, columns = verbose, fileName = 'rules.v4'): string {
  const { lines } = readWholeDocument('*filter\n', fileName);
  const context = lines.at(0)?.context;
  if (context === undefined) throw new Error('no context');
  return canonicalRule(rowOf(row, columns, fileName), context);
}

describe('a row of iptables -L', () => {
  it('has numbered lines where its column names are missing, too', () => {
    const row = '1        5   300 DROP       tcp  --  eth0   *       10.0.0.0/8           0.0.0.0/0            tcp dpt:80';
    expect(canonical(row, '')).toBe('-A FORWARD -s 10.0.0.0/8 -i eth0 -p tcp -m tcp --dport 80 -j DROP');
    const brief = '1    DROP       tcp  --  10.0.0.0/8           0.0.0.0/0            tcp dpt:80';
    expect(canonical(brief, '')).toBe('-A FORWARD -s 10.0.0.0/8 -p tcp -m tcp --dport 80 -j DROP');
  });

  it('has the options of its target apart from those of matches', () => {
    const row = '    0     0 LOG        all  --  *      *       0.0.0.0/0            0.0.0.0/0            LOG flags 3 level 4';
    const flags = rowOf(row).options.filter(({ name }) => name === '--log-tcp-sequence' || name === '--log-tcp-options');
    expect(flags.map(({ instance }) => instance)).toEqual([-1, -1]);
  });

  // As iptables 1.8.9 prints them: a NUL stands behind the code, no blank in front of it.
  it('has the match bpf right behind what stands in front of it', () => {
    const columns = 'target     prot opt source               destination';
    const row = (said: string): string =>
      canonical(`ACCEPT     6    --  0.0.0.0/0            0.0.0.0/0            ${said}`, columns);
    expect(row('tcp dpt:80match bpf 48 0 0 9,21 0 1 6,6 0 0 1,6 0 0 0\0')).toBe(
      '-A FORWARD -p tcp -m tcp --dport 80 -m bpf --bytecode "4,48 0 0 9,21 0 1 6,6 0 0 1,6 0 0 0" -j ACCEPT',
    );
    expect(row('match bpf 6 0 0 1\0match bpf 6 0 0 0\0 /* match bpf x */')).toBe(
      '-A FORWARD -p tcp -m bpf --bytecode "1,6 0 0 1" -m bpf --bytecode "1,6 0 0 0" -m comment --comment "match bpf x" -j ACCEPT',
    );
  });

  it('has networks by their names, in front of the length of their prefix', () => {
    const addresses = (source: string, destination: string): readonly (string | undefined)[] =>
      rowOf(`    0     0 DROP       all  --  *      *       ${source}        ${destination}`).options.flatMap(
        ({ name, values }) => (name === '--source' || name === '--destination' ? [values[0]?.text] : []),
      );
    expect(addresses('link-local/16', 'loopback/8')).toEqual(['169.254.0.0/16', '127.0.0.0/8']);
    expect(addresses('localhost', '!default')).toEqual(['127.0.0.1', '0.0.0.0']);
    expect(addresses('nobody-knows/8', 'anywhere')).toEqual(['nobody-knows/8']);
  });

  it.each([
    ['    0     0 ACCEPT     all  --  *      *       0.0.0.0/0            0.0.0.0/0', '-j ACCEPT'],
    [
      '    5   300 DROP       tcp  --  eth0   !eth1   10.0.0.0/8           !10.1.2.3            tcp dpts:80:90 flags:0x17/0x02',
      '-s 10.0.0.0/8 ! -d 10.1.2.3/32 -i eth0 ! -o eth1 -p tcp -m tcp --dport 80:90 --tcp-flags FIN,SYN,RST,ACK SYN -j DROP',
    ],
    ['    0     0            udp  -f  *      *       0.0.0.0/0            0.0.0.0/0', '-p udp -f'],
    [
      '    0     0 KUBE-MARK-MASQ  6    --  *      *      !10.244.0.0/16        10.96.0.10           /* kube-system/kube-dns:dns-tcp cluster IP */ tcp dpt:53',
      '! -s 10.244.0.0/16 -d 10.96.0.10/32 -p tcp -m comment --comment "kube-system/kube-dns:dns-tcp cluster IP" -m tcp --dport 53 -j KUBE-MARK-MASQ',
    ],
    ['    0     0 FOO       !tcp  --  *      *       0.0.0.0/0            0.0.0.0/0           [goto] ', '! -p tcp -g FOO'],
    [
      '    0     0 LOG        all  --  *      *       0.0.0.0/0            0.0.0.0/0            limit: avg 5/min burst 10 LOG flags 3 level 7 prefix "a b: "',
      '-m limit --limit 5/min --limit-burst 10 -j LOG --log-prefix "a b: " --log-level 7 --log-tcp-sequence --log-tcp-options',
    ],
    [
      '    0     0 MARK       all  --  *      *       0.0.0.0/0            0.0.0.0/0            ! match-set KUBE-CLUSTER-IP dst,dst MARK or 0x4000',
      '-m set ! --match-set KUBE-CLUSTER-IP dst,dst -j MARK --set-xmark 0x4000/0x4000',
    ],
    [
      '    0     0 ACCEPT     all  --  *      *       0.0.0.0/0            0.0.0.0/0            ! ctstate NEW,UNTRACKED mark match ! 0x1/0xff',
      '-m conntrack ! --ctstate NEW,UNTRACKED -m mark ! --mark 0x1/0xff -j ACCEPT',
    ],
  ])('%s', (row, rule) => {
    expect(canonical(row)).toBe(`-A FORWARD ${rule}`);
  });

  it('has fewer columns without -v', () => {
    const columns = 'target     prot opt source               destination         ';
    expect(canonical('ACCEPT     tcp  --  anywhere             10.0.0.0/8           tcp dpt:ssh', columns)).toBe(
      '-A FORWARD -d 10.0.0.0/8 -p tcp -m tcp --dport 22 -j ACCEPT',
    );
    // 1.8.9 prints protocols by number with -n, so that a row may begin with one.
    expect(canonical('           6    --  0.0.0.0/0            0.0.0.0/0            tcp spt:80', columns)).toBe(
      '-A FORWARD -p tcp -m tcp --sport 80',
    );
  });

  it('has one more column with --line-numbers', () => {
    expect(canonical('7        0     0 ACCEPT     all  --  *      *       1.2.3.4              0.0.0.0/0', `num${verbose}`)).toBe(
      '-A FORWARD -s 1.2.3.4/32 -j ACCEPT',
    );
    expect(
      canonical(
        '2    ACCEPT     all  --  1.2.3.4              0.0.0.0/0',
        'num  target     prot opt source               destination',
      ),
    ).toBe('-A FORWARD -s 1.2.3.4/32 -j ACCEPT');
  });

  it('has an empty opt column in old ip6tables', () => {
    expect(
      canonical(
        '    0     0 ACCEPT     tcp      *      *       fd00::/8             ::/0                tcp dpt:443',
        verbose,
        'rules.v6',
      ),
    ).toBe('-A FORWARD -s fd00::/8 -p tcp -m tcp --dport 443 -j ACCEPT');
    expect(canonical('    0     0            all      *      *       ::/0                 ::/0', verbose, 'rules.v6')).toBe(
      '-A FORWARD',
    );
  });

  it('has counters in thousands and beyond', () => {
    expect(rowOf(' 12K   34M ACCEPT     all  --  *      *       0.0.0.0/0            0.0.0.0/0').counters).toEqual({
      start: 1,
      end: 10,
      packets: 12_000,
      bytes: 34_000_000,
    });
  });

  it('keeps what it cannot read as options that nobody knows', () => {
    const { options } = rowOf(
      '    0     0 ACCEPT     all  --  *      *       0.0.0.0/0            0.0.0.0/0            quux 17 tcp dpt:80 zapp',
    );
    expect(options.filter(({ spec }) => spec === undefined).map(({ name }) => name)).toEqual(['quux 17', 'zapp']);
    expect(options.some(({ name }) => name === '--destination-port')).toBe(true);
  });

  it('has its options where the listing prints them', () => {
    const row =
      '    0     0 DNAT       tcp  --  *      *       0.0.0.0/0            10.96.0.1            /* a:b */ tcp dpt:443 to:10.0.0.2:6443';
    const places = rowOf(row).options.flatMap(({ name, values }) =>
      values.map(({ start, end }) => [name, row.slice(start, end)]),
    );
    expect(places).toEqual([
      ['--destination', '10.96.0.1'],
      ['--protocol', 'tcp'],
      ['--match', ''],
      ['--comment', 'a:b'],
      ['--match', 'tcp'],
      ['--destination-port', '443'],
      ['--jump', 'DNAT'],
      ['--to-destination', '10.0.0.2:6443'],
    ]);
  });

  it('with thousands of words is read in no time', () => {
    const row = `    0     0 ACCEPT     all  --  *      *       0.0.0.0/0            0.0.0.0/0            ${'/* x '.repeat(40_000)}`;
    expect(rowOf(row).options.length).toBeGreaterThan(0);
  });
});

describe('a listing', () => {
  it('may have gone through column -t', () => {
    const { lines } = readWholeDocument(`Chain                      INPUT  (policy  ACCEPT  0  packets,  0  bytes)
pkts                       bytes  target  prot  opt  in  out  source     destination
0                          0      DROP    all   --   *   *    0.0.0.0/0  10.0.0.1
`);
    expect(lines.slice(0, 3).map(({ kind, name, target }) => [kind, name, target])).toEqual([
      ['chain', 'INPUT', ''],
      ['columns', '', ''],
      ['rule', 'INPUT', 'DROP'],
    ]);
  });

  it('is a ruleset as a dump is', () => {
    const ruleset = rulesetOf(`root@node-a:~# iptables -t nat -L -n -v
Chain PREROUTING (policy ACCEPT 12 packets, 3456 bytes)
 pkts bytes target     prot opt in     out     source               destination
   12  3456 KUBE-SERVICES  all  --  *      *       0.0.0.0/0            0.0.0.0/0            /* kubernetes service portals */

Chain KUBE-SERVICES (1 references)
 pkts bytes target     prot opt in     out     source               destination
`);
    const [table] = ruleset.tables;
    expect(table).toMatchObject({ name: 'nat', declared: false, dump: { family: 'ipv4' } });
    expect(table?.chains.get('KUBE-SERVICES')).toMatchObject({ declarations: [5], references: [3], builtin: false });
    expect(table?.chains.get('PREROUTING')).toMatchObject({ declarations: [1], rules: [3], builtin: true });
    const head = ruleset.lines.at(1);
    expect(head === undefined ? undefined : statementOf(head)).toMatchObject({
      kind: 'chain',
      name: { text: 'PREROUTING', start: 6, end: 16 },
      policy: { text: 'ACCEPT', start: 25, end: 31 },
      counters: { packets: 12, bytes: 3456 },
    });
  });

  it('after another one is another table, or another family', () => {
    const listing = (address: string): string => `Chain INPUT (policy ACCEPT)
target     prot opt source               destination
FOO        all  --  ${address}

Chain FOO (1 references)
target     prot opt source               destination
`;
    const ruleset = rulesetOf(`${listing('10.0.0.1  anywhere')}\n${listing('fd00::1  anywhere')}`);
    expect(ruleset.tables.map(({ name, firstLine, chains }) => [name, firstLine, [...chains.keys()]])).toEqual([
      ['filter', 0, ['INPUT', 'FOO']],
      ['filter', 7, ['INPUT', 'FOO']],
    ]);
  });

  it('of several tables one after another is taken apart by the order of built-in chains', () => {
    const chains = (...names: readonly string[]): string =>
      names.map((name) => `Chain ${name} (policy ACCEPT)\ntarget     prot opt source               destination\n`).join('\n');
    const ruleset = rulesetOf(
      `${chains('INPUT', 'FORWARD', 'OUTPUT')}\n${chains('PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING')}`,
    );
    expect(ruleset.tables.map(({ name, chains: all }) => [name, all.size])).toEqual([
      ['filter', 3],
      ['nat', 4],
    ]);
  });

  it('has the table that a title above it names', () => {
    const listing = 'Chain INPUT (policy ACCEPT)\ntarget     prot opt source               destination\n';
    expect(rulesetOf(`=== mangle table ===\n${listing}\nTable: security\n${listing}`).tables.map(({ name }) => name)).toEqual([
      'mangle',
      'security',
    ]);
  });

  it('without its column names is read by what the rows hold', () => {
    const ruleset = rulesetOf(`Chain INPUT (policy ACCEPT 0 packets, 0 bytes)
    0     0 ACCEPT     all  --  lo     *       0.0.0.0/0            0.0.0.0/0
Chain OUTPUT (policy ACCEPT)
ACCEPT     all  --  anywhere             anywhere
`);
    expect(ruleset.lines.slice(0, 4).map(({ kind, name, target }) => [kind, name, target])).toEqual([
      ['chain', 'INPUT', ''],
      ['rule', 'INPUT', 'ACCEPT'],
      ['chain', 'OUTPUT', ''],
      ['rule', 'OUTPUT', 'ACCEPT'],
    ]);
  });

  it.each([
    'ACCEPT     all  --  anywhere             anywhere',
    '  12   300 KUBE-SVC-X  tcp  --  *      *       0.0.0.0/0            10.0.0.1             /* x */',
  ])('is none in a table that the text opens, but below the heading of a listing: %s', (row) => {
    const problemsOf = (before: string): unknown =>
      rulesetOf(`*filter\n:INPUT ACCEPT [0:0]\n${before}${row}\nCOMMIT\n`).lines.at(before === '' ? 2 : 3)?.problems;
    expect(problemsOf('')).toMatchObject([{ code: 'bad-argument', message: `Bad argument \`${row.trim().split(' ')[0]}'` }]);
    expect(problemsOf('Chain OUTPUT (policy ACCEPT)\n')).toEqual([]);
  });
});

describe('the forms of a listing', () => {
  it('are of options that the catalogue has', () => {
    for (const extension of [...matches, ...targets]) {
      for (const { long, flags } of extensionData(extension).listed?.options ?? []) {
        const longs = (flags ?? [long]).filter((name) => name !== undefined && name !== '');
        expect(
          extension.options.map((option) => option.long),
          extension.name,
        ).toEqual(expect.arrayContaining(longs));
      }
    }
  });
});
