/** Lines that a terminal, a mail program or a backslash broke: which lines are one, and what the first of them goes on with. */
import { describe, expect, it } from 'vitest';
import { brokenLines, isStart, isStatusLine } from '../../server/src/syntax/pasted/broken-lines.ts';

/** For each line that goes on below, its number, how many lines belong to it, and what stands on them. */
function broken(...texts: readonly string[]): readonly (readonly [line: number, lines: number, more: string])[] {
  return Array.from(brokenLines(texts) ?? [], ([line, { lines, more }]) => [line, lines, more] as const);
}

/** A line as a terminal of this width shows it. */
function wrapped(line: string, width: number): readonly string[] {
  return line.length <= width ? [line] : [line.slice(0, width), ...wrapped(line.slice(width), width)];
}

describe('a command that goes on behind a backslash', () => {
  it.each<readonly [texts: readonly string[], found: readonly unknown[]]>([
    [['iptables -A INPUT \\', '  -j ACCEPT', 'iptables -L'], [[0, 1, '\n  -j ACCEPT']]],
    [['ls', '$IPT -A INPUT \\', ' -p tcp \\', ' -j DROP', 'ls'], [[1, 2, '\n -p tcp \\\n -j DROP']]],
    [['iptables -A INPUT \\', ' -j \\'], [[0, 1, '\n -j \\']]],
    [['iptables -L \\'], [[0, 0, '']]],
    [['iptables -L \\\\', 'x'], []],
    [['echo \\', 'x'], []],
    [
      ['iptables -L \\', 'x', 'iptables -S \\', 'y'],
      [
        [0, 1, '\nx'],
        [2, 1, '\ny'],
      ],
    ],
  ])('%j', (texts, found) => {
    expect(broken(...texts)).toEqual(found);
  });

  it('has no more than sixteen pieces', () => {
    expect(broken('iptables -L \\', ...Array.from({ length: 20 }, () => 'x \\'))).toMatchObject([[0, 16, '\nx \\'.repeat(16)]]);
  });
});

describe('a rule that a mail program broke at a blank', () => {
  it.each<readonly [texts: readonly string[], found: readonly unknown[]]>([
    [['-A INPUT -p tcp', '-j ACCEPT'], [[0, 1, ' -j ACCEPT']]],
    [
      ['-A INPUT -p tcp', '  --dport 80', '! -s 10.0.0.1', '-j ACCEPT', '-A INPUT -j DROP'],
      [[0, 3, '   --dport 80 ! -s 10.0.0.1 -j ACCEPT']],
    ],
    [['[1:60] -I INPUT -p tcp', '-j ACCEPT'], [[0, 1, ' -j ACCEPT']]],
    [['-A INPUT -p tcp --dport', '80 -j ACCEPT'], [[0, 1, ' 80 -j ACCEPT']]],
    // An option may be broken within its name, too.
    [['-A INPUT -p tcp --d', 'port 80 -j ACCEPT'], []],
    [['-A INPUT -p tcp --no-such', '80'], []],
    [['-A INPUT -m comment --comment "one', 'two" -j ACCEPT'], [[0, 1, ' two" -j ACCEPT']]],
    [['-A INPUT -m comment --comment "one \\"', 'two" -j ACCEPT'], [[0, 1, ' two" -j ACCEPT']]],
    [['-A INPUT -m comment --comment "one"', 'two'], []],
    [['-A INPUT -m comment --comment ""', 'two'], []],
    [['-A INPUT /* one', 'two */'], [[0, 1, ' two */']]],
    [['-A INPUT /* one */', 'two'], []],
    [['-A INPUT -p tcp', '', '-j ACCEPT'], []],
    [['-A INPUT -p tcp', '-A INPUT -j ACCEPT'], []],
    // iptables-restore would read these as two.
    [['*filter', '-A INPUT -p tcp', '-j ACCEPT', 'COMMIT'], []],
    [['*filter', 'COMMIT', '-A INPUT -p tcp', '-j ACCEPT'], [[2, 1, ' -j ACCEPT']]],
    [['# -A INPUT -p tcp', '-j ACCEPT'], []],
    [['> -A INPUT -p tcp', '> -j ACCEPT'], [[0, 1, ' -j ACCEPT']]],
    [['> > -A INPUT -p tcp', '> > -j ACCEPT', '> text'], [[0, 1, ' -j ACCEPT']]],
    [['> -A INPUT -p tcp', '-j ACCEPT'], []],
    [['-A INPUT -p tcp', '> -j ACCEPT'], []],
  ])('%j', (texts, found) => {
    expect(broken(...texts)).toEqual(found);
  });

  it('has no more than sixteen pieces more', () => {
    expect(broken('-A INPUT', ...Array.from({ length: 20 }, () => '-m tcp'))).toEqual([[0, 16, ' -m tcp'.repeat(16)]]);
  });
});

describe('lines that a terminal broke', () => {
  const rule = (address: string): string =>
    `-A INPUT -s ${address}/32 -p tcp -m tcp --dport 8080 -m conntrack --ctstate NEW -j ACCEPT`;
  const [one, two] = [rule('10.0.0.1'), rule('10.0.0.2')];

  it.each([40, 50, 60, 80])('are all as long but for the last piece of each: %d', (width) => {
    const texts = [...wrapped(one, width), ...wrapped(two, width)];
    const pieces = texts.length / 2;
    expect(broken(...texts)).toEqual([
      [0, pieces - 1, one.slice(width)],
      [pieces, pieces - 1, two.slice(width)],
    ]);
  });

  it('are of a width that terminals have', () => {
    const long = (width: number): readonly string[] =>
      [one, two].flatMap((text) => wrapped(`${text} -m comment --comment ${'x'.repeat(500)}`, width));
    expect(broken(...long(39))).toEqual([]);
    expect(broken(...long(512))).toHaveLength(2);
    expect(broken(...long(513))).toEqual([]);
  });

  it('are several, or one of which something is open or parted', () => {
    expect(broken(...wrapped(one, 60))).toEqual([]);
    const commented = '-A INPUT -s 10.0.0.1/32 -m comment --comment "the shop and its web site" -j ACCEPT';
    expect(broken(...wrapped(commented, 60))).toEqual([[0, 1, commented.slice(60)]]);
    const named = '-A KUBE-SERVICES -d 10.96.0.1/32 -p tcp -m tcp --dport 443 -j KUBE-SVC-NPX46M4PTMTKRN6Y';
    const at = named.indexOf('KUBE-SVC');
    for (const width of [at + 1, at + 20, named.length - 1])
      expect(broken(...wrapped(named, width))).toEqual([[0, 1, named.slice(width)]]);
    // The name ends above.
    expect(broken(...wrapped(`${named} --x`, named.length))).toEqual([]);
  });

  it('may lack the blank at the end of a full line', () => {
    const at = one.indexOf(' -m conntrack');
    const texts = [one, two].flatMap((text) => [text.slice(0, at), text.slice(at + 1)]);
    // Another line shows how wide it is.
    const full = `# ${'x'.repeat(at - 1)}`;
    expect(full).toHaveLength(at + 1);
    expect(broken(full, ...texts)).toMatchObject([
      [1, 1, one.slice(at)],
      [3, 1, two.slice(at)],
    ]);
    expect(broken(`${full}x`, ...texts.map((text) => text.replace('-m conntrack', 'conntrack')))).toEqual([]);
  });

  it('stand for a blank where an option wants its value', () => {
    const at = one.indexOf(' 8080');
    const texts = [one, two].flatMap((text) => [text.slice(0, at), text.slice(at + 1)]);
    expect(broken(...texts)).toEqual([
      [0, 1, one.slice(at)],
      [2, 1, two.slice(at)],
    ]);
  });

  it('may all be indented', () => {
    const texts = [...wrapped(`    ${one}`, 60), ...wrapped(`    ${two}`, 60)].map((text, at) =>
      at % 2 === 1 ? `    ${text}` : text,
    );
    expect(broken(...texts)).toMatchObject([
      [0, 1, one.slice(56)],
      [2, 1, two.slice(56)],
    ]);
  });

  it('may have a line of tmux among them', () => {
    const status = '[0] 0:bash* "root@node-1: ~" 12:34 26-Nov-26';
    expect([isStatusLine(status), isStatusLine('[0:0] -A INPUT -j ACCEPT')]).toEqual([true, false]);
    const [first = '', second = ''] = wrapped(one, 60);
    expect(broken(first, status, second, ...wrapped(two, 60))).toEqual([
      [0, 2, one.slice(60)],
      [3, 1, two.slice(60)],
    ]);
  });

  it('go on in none that begins as another line does, is blank, or is longer', () => {
    for (const next of ['COMMIT', ':A - [0:0]', '# x', '*nat', '', '   ', '-A INPUT -j DROP'])
      expect(broken(one.slice(0, 60), next, two.slice(0, 60), next)).toEqual([]);
  });

  it('are not looked for in a large text', () => {
    const texts = [...wrapped(one, 60), ...wrapped(two, 60)];
    const filled = (length: number): readonly string[] => [...texts, ...Array.from({ length: length - texts.length }, () => '')];
    expect(broken(...filled(5000))).toHaveLength(2);
    expect(brokenLines(filled(5001))).toBeUndefined();
  });
});

describe('a text begins as a line of its own', () => {
  it.each([
    '-A INPUT',
    '[1:60] -A INPUT',
    ':INPUT ACCEPT [0:0]',
    ':A - [0:0]',
    '*nat',
    'COMMIT',
    'Chain INPUT (policy ACCEPT)',
    'num  target     prot opt',
    ' pkts bytes target     prot opt in',
    'root@node:~# ls',
    'sudo iptables -L',
    'ACCEPT     all  --  anywhere',
    '   12   720 ACCEPT',
  ])('%s', (text) => {
    expect(isStart(text)).toBe(true);
  });

  it.each(['', '-j ACCEPT', '--dport 80', 'ACCEPT', 'M6Y', '10.0.0.1/32 -j ACCEPT'])('or not: %j', (text) => {
    expect(isStart(text)).toBe(false);
  });
});
