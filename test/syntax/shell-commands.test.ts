/** Commands of a shell: which of them change rules, what iptables-restore would take of them, and the one that somebody is writing. */
import { describe, expect, it } from 'vitest';
import { namedCommand, nextCommand, readRuleCommand, requoted, wordsOf } from '../../server/src/syntax/pasted/shell-command.ts';
import { writtenCommand } from '../../server/src/syntax/pasted/written-command.ts';

describe('the words of a command', () => {
  it.each<readonly [text: string, words: readonly string[], rest: string]>([
    ['a b', ['a', 'b'], ''],
    ['  a\tb  ', ['a', 'b'], ''],
    ['a "b c" \'d e\'', ['a', 'b c', 'd e'], ''],
    ['a"b c"d', ['ab cd'], ''],
    ['a\\ b', ['a b'], ''],
    ['a "b', ['a', 'b'], ''],
    ['a \\\n b', ['a', 'b'], ''],
    ['a; b', ['a'], '; b'],
    ['a && b', ['a'], '&& b'],
    ['a | b', ['a'], '| b'],
    ['a > b', ['a'], '> b'],
    ['a 2>&1', ['a'], '2>&1'],
    ['a 2 >b', ['a', '2'], '>b'],
    ['a # b', ['a'], '# b'],
    ['a#b', ['a#b'], ''],
    ['$(a) b', ['$(a'], ') b'],
    ['', [], ''],
  ])('%j', (text, words, rest) => {
    const found = wordsOf(text, 0);
    expect(found.words.map((word) => word.text)).toEqual(words);
    expect(text.slice(found.end)).toBe(rest);
    for (const { start, end } of found.words) {
      expect(start).toBeLessThan(end);
      expect(text.slice(start, end).trim()).toBe(text.slice(start, end));
    }
  });

  it('begin where they are looked for, and end with the text', () => {
    expect(wordsOf('aa bb cc', 3)).toEqual({
      words: [
        { start: 3, end: 5, text: 'bb' },
        { start: 6, end: 8, text: 'cc' },
      ],
      end: 8,
    });
    expect(wordsOf('a \\', 0).words).toEqual([
      { start: 0, end: 1, text: 'a' },
      { start: 2, end: 3, text: '' },
    ]);
  });

  it('have double quotes for iptables-restore', () => {
    expect([requoted("'a b'"), requoted('\'a "b"\''), requoted('a\\!b'), requoted('"a b"'), requoted("a'b")]).toEqual([
      '"a b"',
      '\'a "b"\'',
      'a !b',
      '"a b"',
      "a'b",
    ]);
  });

  it('of the next command stand behind what parts them, or a redirection', () => {
    const next = (line: string, end: number): string => line.slice(nextCommand(line, end));
    expect([next('a; b', 1), next('a && b', 2), next('a 2>/dev/null; b', 2), next('a > f 2>&1 | b', 2)]).toEqual([
      ' b',
      ' b',
      ' b',
      ' b',
    ]);
    expect([next('a # b', 2), next('a) b', 1)]).toEqual(['# b', ') b']);
  });
});

describe('a command that changes rules', () => {
  const said = (line: string): string | undefined => {
    const read = readRuleCommand(line);
    if (read === undefined) return undefined;
    const { family, backend, table, text, hasVariables } = read;
    return `${family}${backend === undefined ? '' : ` ${backend}`} ${table}${hasVariables ? ' $' : ''}: ${text.trim()}`;
  };

  it.each<readonly [line: string, expected: string | undefined]>([
    ['iptables -A INPUT -j DROP', 'ipv4 filter: -A INPUT -j DROP'],
    ['ip6tables-nft -A INPUT -j DROP', 'ipv6 nft filter: -A INPUT -j DROP'],
    ['/usr/sbin/iptables-legacy -t nat -A OUTPUT -j web', 'ipv4 legacy nat: -A OUTPUT -j web'],
    ['xtables -A INPUT -j DROP', 'ipv4 filter: -A INPUT -j DROP'],
    ['iptables -tnat -A OUTPUT -j web', 'ipv4 nat: -A OUTPUT -j web'],
    ['iptables --table=mangle -A OUTPUT -j web', 'ipv4 mangle: -A OUTPUT -j web'],
    ['iptables -A OUTPUT -j web -t nat', 'ipv4 nat: -A OUTPUT -j web'],
    ['iptables -A OUTPUT -j web -t', undefined],
    ['iptables -t web -A OUTPUT -j web', undefined],
    ['iptables -w -A INPUT -j DROP', 'ipv4 filter: -A INPUT -j DROP'],
    ['iptables -w 5 -W 100 -n -A INPUT -j DROP', 'ipv4 filter: -A INPUT -j DROP'],
    ['iptables --wait 5 --wait-interval 100 --numeric -A INPUT -j DROP', 'ipv4 filter: -A INPUT -j DROP'],
    ['sudo iptables -I INPUT 1 -j DROP', 'ipv4 filter: -I INPUT 1 -j DROP'],
    ['root@node:~# iptables -N web', 'ipv4 filter: -N web'],
    ['+ iptables -P INPUT DROP', 'ipv4 filter: -P INPUT DROP'],
    ['kubectl -n kube-system exec ds/kube-proxy -- iptables -F web', 'ipv4 filter: -F web'],
    ['$IPT -A INPUT -s "$NET" -j DROP', 'ipv4 filter $: -A INPUT -s "$NET" -j DROP'],
    ['$IP6TABLES -A INPUT -j DROP', 'ipv6 filter: -A INPUT -j DROP'],
    ['iptables -A INPUT -s `cat x` -j DROP', 'ipv4 filter $: -A INPUT -s `cat x` -j DROP'],
    ["iptables -A INPUT -m comment --comment '$5' -j DROP", 'ipv4 filter: -A INPUT -m comment --comment "$5" -j DROP'],
    ['iptables -A INPUT \\! -s 10.0.0.1 -j DROP', 'ipv4 filter: -A INPUT  ! -s 10.0.0.1 -j DROP'],
    ['iptables -A INPUT -j DROP # mine', 'ipv4 filter: -A INPUT -j DROP'],
    ['iptables -A INPUT -j DROP 2>/dev/null', 'ipv4 filter: -A INPUT -j DROP'],
    ['iptables -L; iptables -A INPUT -j DROP', 'ipv4 filter: -A INPUT -j DROP'],
    ['iptables -C INPUT -j DROP || iptables -A INPUT -j DROP', 'ipv4 filter: -A INPUT -j DROP'],
    ['iptables -C INPUT -j DROP 2>/dev/null || iptables -t nat -A OUTPUT -j web', 'ipv4 nat: -A OUTPUT -j web'],
    ['iptables -C INPUT -j DROP || echo no', 'ipv4 filter: -C INPUT -j DROP'],
    ['iptables -C INPUT -j DROP', 'ipv4 filter: -C INPUT -j DROP'],
    ['if ! iptables -C INPUT -j A; then iptables -C INPUT -j B; fi', 'ipv4 filter: -C INPUT -j A'],
    ['iptables -L -n', undefined],
    ['echo iptables -A INPUT -j DROP', undefined],
    ['I ran iptables -A INPUT -j DROP', undefined],
    ['iptables-save -A INPUT', undefined],
    ['ufw -A INPUT -j DROP', undefined],
    ['', undefined],
  ])('%s', (line, expected) => {
    expect(said(line)).toBe(expected);
  });

  it('is at its places of the line, and all else is blank', () => {
    const line = 'sudo iptables -t nat -A OUTPUT -j web';
    expect(readRuleCommand(line)?.text).toBe('-A OUTPUT -j web'.padStart(line.length));
    const first = 'iptables -A INPUT -t nat -j web';
    expect(readRuleCommand(first)?.text).toBe('         -A INPUT        -j web');
  });

  it('is none that is longer than anybody types', () => {
    const of = (length: number): string => `iptables -A INPUT -m comment --comment ${'x'.repeat(length - 39)}`;
    expect(of(4096)).toHaveLength(4096);
    expect([readRuleCommand(of(4096)) === undefined, readRuleCommand(of(4097)) === undefined]).toEqual([false, true]);
  });

  it('is looked for behind a dozen words', () => {
    const behind = (count: number): string => `sudo ${'x '.repeat(count - 1)}iptables -A INPUT -j DROP`;
    expect([said(behind(11)) === undefined, said(behind(12)) === undefined]).toEqual([false, true]);
  });
});

describe('a command in an item of a list, or behind what it is called', () => {
  it.each<readonly [line: string, command: string | undefined]>([
    ['- iptables -L', 'iptables -L'],
    ['  * sudo iptables -L', 'sudo iptables -L'],
    ['2) iptables -L', 'iptables -L'],
    ['Example: iptables -L', 'iptables -L'],
    ['run: "iptables -L"', 'iptables -L'],
    ["- 'iptables -L' # x", 'iptables -L'],
    ['run: "iptables -L', 'iptables -L'],
    ['iptables -L', undefined],
    ['Example: ufw', undefined],
    [`- iptables ${'x'.repeat(4085)}`, `iptables ${'x'.repeat(4085)}`],
    [`- iptables ${'x'.repeat(4086)}`, undefined],
  ])('%s', (line, command) => {
    const found = namedCommand(line);
    expect(found === undefined ? undefined : line.slice(found.start, found.end)).toBe(command);
  });
});

describe('the command that somebody is writing', () => {
  /** What is told at the `|` of a line. */
  const at = (marked: string): string | undefined => {
    const offset = marked.indexOf('|');
    const line = marked.slice(0, offset) + marked.slice(offset + 1);
    const written = writtenCommand(line, offset);
    if (written === undefined) return undefined;
    const { family, backend, table, text, hasTable, waits, tableName } = written;
    expect(text.length).toBeGreaterThanOrEqual(offset);
    const named = tableName === undefined ? '' : ` <${line.slice(tableName.start, tableName.end)}>`;
    return `${family}${backend ? ` ${backend}` : ''} ${table}${hasTable ? ' -t' : ''}${waits ? ' -w' : ''}${named}: ${text.trimStart()}`;
  };

  it.each<readonly [marked: string, expected: string | undefined]>([
    ['iptables |', 'ipv4 filter: '],
    ['iptables|', undefined],
    ['iptab|les', undefined],
    ['ip6tables-nft -A |', 'ipv6 nft filter: -A '],
    ['iptables -A INPUT -j |', 'ipv4 filter: -A INPUT -j '],
    ['sudo iptables -t nat -A |', 'ipv4 nat -t: -A '],
    ['iptables -t |', 'ipv4 filter -t <>: '],
    ['iptables -t n|', 'ipv4 filter -t <n>: '],
    ['iptables -t nat|', 'ipv4 nat -t <nat>: '],
    ['iptables -t nat |', 'ipv4 nat -t: '],
    ['iptables -t | -A OUTPUT', 'ipv4 filter -t <>: -A OUTPUT'],
    ['iptables -t|', 'ipv4 filter: -t'],
    ['iptables -tn|', 'ipv4 filter -t <n>: '],
    ['iptables -tnat|', 'ipv4 nat -t <nat>: '],
    ['iptables -tnat -A |', 'ipv4 nat -t: -A '],
    ['iptables --table=nat -A |', 'ipv4 nat -t: -A '],
    ['iptables -t web -A |', undefined],
    ['iptables -w -A |', 'ipv4 filter -w: -A '],
    ['iptables -w 5 -A |', 'ipv4 filter -w: -A '],
    ['iptables -W 5 -A |', 'ipv4 filter -w: -A '],
    ['iptables -n -A |', 'ipv4 filter: -A '],
    ['iptables -w|', 'ipv4 filter: -w'],
    ['iptables -A INPUT -j| DROP', 'ipv4 filter: -A INPUT -j DROP'],
    ['iptables -L; iptables -t nat -A |', 'ipv4 nat -t: -A '],
    ['iptables -A |; iptables -t nat -A OUTPUT', 'ipv4 filter: -A '],
    ['echo x; iptables -A |', 'ipv4 filter: -A '],
    ['iptables -A INPUT # |', undefined],
    ['root@node:~# iptables -A |', 'ipv4 filter: -A '],
    ['$IPT -A |', 'ipv4 filter: -A '],
    ['ls -l |', undefined],
    ['echo iptables -A |', undefined],
  ])('%s', (marked, expected) => {
    expect(at(marked)).toBe(expected);
  });

  it('is none that is longer than anybody types', () => {
    const of = (length: number): string => `iptables -A ${'x'.repeat(length - 12)}`;
    expect([writtenCommand(of(4096), 20) === undefined, writtenCommand(of(4097), 20) === undefined]).toEqual([false, true]);
  });
});
