/** Which tables and dumps the rules of a text are of where no `*table` stands above them. */
import { describe, expect, it } from 'vitest';
import { buildWholeRuleset } from '../../server/src/ruleset/build.ts';
import { tableAt } from '../../server/src/ruleset/ruleset.ts';
import { readWholeDocument } from '../../server/src/syntax/document.ts';
import { Lines } from '../../server/src/syntax/lines.ts';
import { generateDump } from '../bench/generate.ts';
import { seeded } from '../property/random-edits.ts';
import { rulesetOf } from '../support/dumps.ts';
import { rulesetOutline } from '../support/ruleset-outline.ts';

/** The tables of a text, with the lines of each, from 1. */
const tablesIn = (...lines: readonly string[]): readonly string[] =>
  rulesetOf(lines.join('\n')).tables.map(({ name, firstLine, endLine }) => `${name} ${firstLine + 1}-${endLine}`);

describe('rules of which some can be of nat alone', () => {
  it.each([
    '-A FORWARD -j web',
    '-A web -j REJECT',
    '-A web -j DROP',
    '-A KUBE-FORWARD -j web',
    '-A INPUT -j KUBE-EXTERNAL-SERVICES',
    '-A KUBE-PROXY-FIREWALL -j web',
    '-A DOCKER-USER -j RETURN',
    '-A DOCKER-ISOLATION-STAGE-2 -j RETURN',
    '-A KUBE-NODEPORTS -p tcp -m tcp --dport 30123 -j ACCEPT',
  ])('are of filter, too, where one is: %s', (line) => {
    expect(tablesIn(line, '-A POSTROUTING -j MASQUERADE')).toEqual(['filter 1-1', 'nat 2-2']);
    expect(tablesIn('-A POSTROUTING -j MASQUERADE', line)).toEqual(['nat 1-1', 'filter 2-2']);
  });

  it.each([
    '-A POSTROUTING -j SNAT --to-source 192.0.2.1',
    '-A KUBE-SVC-NPX46M4PTMTKRN6Y -j web',
    '-A web -j KUBE-MARK-MASQ',
    '-A PREROUTING -j DOCKER',
    '-A PREROUTING -j CNI-HOSTPORT-DNAT',
    '-A POSTROUTING -j KUBE-POSTROUTING',
  ])('are of nat where they are: %s', (line) => {
    expect(tablesIn('-A FORWARD -j web', line)).toEqual(['filter 1-1', 'nat 2-2']);
  });

  it.each([
    '-A OUTPUT -j DOCKER',
    '-A web -j ACCEPT',
    '-A INPUT -j ACCEPT',
    '-A KUBE-NODEPORTS -j web',
    '-A cali-PREROUTING -j web',
  ])('are of one table where none says otherwise: %s', (line) => {
    expect(tablesIn('-A FORWARD -j web', line)).toHaveLength(1);
    expect(tablesIn('-A web -j MASQUERADE', line)).toEqual(['nat 1-2']);
  });

  it('are of mangle where they have FORWARD and what routing is in front of or behind', () => {
    expect(tablesIn('-A FORWARD -j web', '-A POSTROUTING -j ACCEPT', '-A PREROUTING -j DNAT --to-destination 10.0.0.1')).toEqual([
      'mangle 1-2',
      'nat 3-3',
    ]);
    expect(tablesIn('-A FORWARD -j web', '-A OUTPUT -j ACCEPT', '-A PREROUTING -j DNAT --to-destination 10.0.0.1')).toEqual([
      'filter 1-2',
      'nat 3-3',
    ]);
  });
});

describe('commands make a table', () => {
  it('of all that change it', () => {
    expect(tablesIn('iptables -A INPUT -j DROP', 'echo', 'iptables -A INPUT -j ACCEPT', 'iptables -t nat -F')).toEqual([
      'filter 1-3',
      'nat 4-4',
    ]);
  });
});

describe('a table of such rules begins', () => {
  const dnat = '-A web -p tcp -j DNAT --to-destination 10.0.0.1';

  it.each<readonly [where: string, lines: readonly string[], tables: readonly string[]]>([
    [
      'at a built-in chain behind others',
      ['-A FORWARD -j DROP', '-A web -j ACCEPT', '-A OUTPUT -j ACCEPT', dnat],
      ['filter 1-2', 'nat 3-4'],
    ],
    [
      'at a built-in chain that comes before the one above it',
      ['-A FORWARD -j DROP', '-A OUTPUT -j ACCEPT', '-A INPUT -j ACCEPT', '-A OUTPUT -j ACCEPT', dnat],
      ['filter 1-2', 'nat 3-5'],
    ],
    [
      'not at one in the order of a packet’s way',
      ['-A INPUT -j DROP', '-A FORWARD -j ACCEPT', '-A FORWARD -j ACCEPT', '-A OUTPUT -j ACCEPT', dnat],
      ['filter 1-4', 'nat 5-5'],
    ],
    [
      'at the first declaration behind rules',
      ['-A FORWARD -j DROP', ':web - [0:0]', ':web2 - [0:0]', dnat],
      ['filter 1-1', 'nat 2-4'],
    ],
    [
      'not at one behind declarations alone',
      [':web - [0:0]', ':web2 - [0:0]', '-A FORWARD -j DROP', dnat],
      ['filter 1-3', 'nat 4-4'],
    ],
    [
      'at the first place where it may',
      ['-A FORWARD -j DROP', '-A web -j ACCEPT', '-A INPUT -j ACCEPT', '-A web -j ACCEPT', '-A INPUT -j ACCEPT', dnat],
      ['filter 1-2', 'nat 3-6'],
    ],
    [
      'behind the last line that tells',
      ['-A FORWARD -j DROP', '-A web -j ACCEPT', '-A INPUT -j DROP', '-A web -j ACCEPT', '-A INPUT -j ACCEPT', dnat],
      ['filter 1-4', 'nat 5-6'],
    ],
    [
      'at PREROUTING behind a chain',
      ['-A FORWARD -j DROP', '-A web -j ACCEPT', '-A PREROUTING -j ACCEPT', dnat],
      ['filter 1-2', 'nat 3-4'],
    ],
    [
      'at a declaration behind a built-in chain that tells',
      ['-A FORWARD -j DROP', '-A web -j ACCEPT', '-A OUTPUT -j DROP', ':web2 - [0:0]', dnat],
      ['filter 1-3', 'nat 4-5'],
    ],
    [
      'anew behind a table that is named',
      ['-A FORWARD -j DROP', dnat, '*raw', 'COMMIT', '-A FORWARD -j DROP', '-A OUTPUT -j ACCEPT', dnat],
      ['filter 1-1', 'nat 2-2', 'raw 3-4', 'filter 5-6', 'nat 7-7'],
    ],
  ])('%s', (_where, lines, tables) => {
    expect(tablesIn(...lines)).toEqual(tables);
  });
});

describe('what several machines printed', () => {
  const output = (host: string, ...lines: readonly string[]): readonly string[] => [
    `root@${host}:~# iptables-save`,
    ...lines,
    'COMMIT',
  ];
  const dumpsIn = (...lines: readonly string[]): readonly string[] =>
    rulesetOf(lines.join('\n')).dumps.map(({ tables }) => tables.map(({ name }) => name).join(' '));

  it('are dumps of their own, what one printed is one', () => {
    const [a, b, c] = ['*nat', '*filter', '*mangle'];
    expect(dumpsIn(...output('node-a', a), ...output('node-a', b), ...output('node-a', c))).toEqual(['nat filter mangle']);
    expect(dumpsIn(...output('node-a', a), ...output('node-a', b), ...output('node-b', c))).toEqual(['nat filter', 'mangle']);
    expect(dumpsIn(...output('node-a', a), ...output('node-b', b), ...output('node-b', c))).toEqual(['nat', 'filter mangle']);
    expect(dumpsIn(...output('node-a', a), ...output('node-b', b), ...output('node-a', c))).toEqual(['nat', 'filter', 'mangle']);
  });

  it('was printed by no program that only another machine’s header names', () => {
    const header = '# Generated by iptables-save v1.8.9 (nf_tables) on Mon Nov 23 00:37:11 2026';
    const programsOf = (host: string): readonly unknown[] =>
      rulesetOf([...output('node-a', header, '*nat', 'COMMIT'), ...output(host, '*filter', 'COMMIT')].join('\n')).dumps.map(
        ({ generator, familyBy }) => [generator?.program, familyBy],
      );
    expect(programsOf('node-a')).toEqual([['iptables-save', 'header']]);
    expect(programsOf('node-b')).toEqual([
      ['iptables-save', 'header'],
      [undefined, 'file-name'],
    ]);
  });
});

describe('lines that may begin another table', () => {
  it.each<readonly [what: string, lines: readonly string[], tables: readonly string[]]>([
    [
      'are of one between *table and COMMIT',
      ['*filter', ':INPUT ACCEPT [0:0]', ':A - [0:0]', '-P INPUT DROP', '-N A', '-P INPUT ACCEPT', '-N A', 'COMMIT'],
      ['filter 1-8'],
    ],
    ['are of one where a chain is emptied and made', ['-F web', '-N web', '-A web -j ACCEPT'], ['filter 1-3']],
    ['are of one where a chain is jumped to and made', ['-A INPUT -j web', '-N web', '-A web -j ACCEPT'], ['filter 1-3']],
    [
      'are of two where a policy comes again',
      ['-P INPUT DROP', '-A INPUT -j ACCEPT', '-P INPUT DROP'],
      ['filter 1-2', 'filter 3-3'],
    ],
    ['are of one where a policy follows rules', ['-A INPUT -j ACCEPT', '-P INPUT DROP'], ['filter 1-2']],
    ['are of two where a listing follows', ['-A INPUT -j ACCEPT', 'Chain INPUT (policy ACCEPT)'], ['filter 1-1', 'filter 2-2']],
  ])('%s', (_what, lines, tables) => {
    expect(tablesIn(...lines)).toEqual(tables);
  });
});

describe('commands that change rules', () => {
  const lines = [
    '*raw',
    ':PREROUTING ACCEPT [0:0]',
    'COMMIT',
    'iptables -t nat -A PREROUTING -j web',
    'iptables -A INPUT -j DROP',
    'a word',
    'ip6tables -A INPUT -j DROP',
    'iptables -t nat -N web',
    '*mangle',
    'COMMIT',
  ];
  const ruleset = rulesetOf(lines.join('\n'));

  it('make a table for each family and name, behind those of dumps', () => {
    expect(
      ruleset.tables.map(({ dump, name, firstLine, endLine, declared, commitLine, chains }) => [
        `${dump.index} ${dump.family} ${name} ${firstLine + 1}-${endLine}`,
        declared,
        commitLine,
        [...chains.keys()].join(' '),
      ]),
    ).toEqual([
      ['0 ipv4 raw 1-3', true, 2, 'PREROUTING'],
      ['0 ipv4 mangle 9-10', true, 9, ''],
      ['1 ipv4 nat 4-8', false, undefined, 'PREROUTING web'],
      ['1 ipv4 filter 5-5', false, undefined, 'INPUT'],
      ['2 ipv6 filter 7-7', false, undefined, 'INPUT'],
    ]);
    expect(ruleset.dumps.map(({ tables }) => tables.map(({ index }) => index))).toEqual([[0, 1], [2, 3], [4]]);
  });

  it('are each of its table, and no other line is', () => {
    const tables = lines.map((_, line) => tableAt(ruleset, line)?.index);
    expect(tables).toEqual([0, 0, 0, 2, 3, undefined, 4, 2, 1, 1]);
    expect(ruleset.commands?.count).toBe(3);
    expect([...(ruleset.commands?.byLine.keys() ?? [])]).toEqual([3, 4, 6, 7]);
    expect(rulesetOf('*raw\nCOMMIT\n').commands).toBeUndefined();
  });
});

describe('rules of known shapes', () => {
  const dump = generateDump({ services: 8, endpoints: 3 }).split('\n');
  const others = [
    'COMMIT',
    '*nat',
    'nat',
    '-A FORWARD -j REJECT',
    '-A POSTROUTING -j ACCEPT',
    '-N KUBE-NEW',
    '-P INPUT DROP',
    '# words',
  ];
  /** Lines without most of `*table` and COMMIT, some of which stand elsewhere, or twice, and some others between them. */
  const textOf = (below: (bound: number) => number): string => {
    const kept = dump.filter((line) => !/^[*#C]/.test(line) || below(4) === 0);
    for (let times = below(4); times > 0; times -= 1) {
      const at = below(kept.length);
      const moved = kept.slice(at, at + 1 + below(40));
      if (below(2) === 0) kept.splice(at, moved.length);
      kept.splice(below(kept.length), 0, ...moved);
    }
    for (let times = below(4); times > 0; times -= 1) kept.splice(below(kept.length), 0, others[below(others.length)] ?? '');
    return kept.join('\n');
  };

  it.each([1, 2, 3, 4])('are of the tables that they are of line by line (seed %i)', (seed) => {
    const below = seeded(seed);
    for (let text = 0; text < 60; text += 1) {
      const document = readWholeDocument(textOf(below));
      const shaped = Array.from({ length: document.lines.length }, (_, number) => document.lines.shapeAt(number) > 0);
      expect(shaped.filter((is) => is).length).toBeGreaterThan(50);
      const oneByOne = { ...document, lines: Lines.of(document.lines.slice()) };
      expect(rulesetOutline(buildWholeRuleset(document))).toEqual(rulesetOutline(buildWholeRuleset(oneByOne)));
    }
  });
});
