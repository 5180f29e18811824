import { describe, expect, it } from 'vitest';
import { lineContext } from '../../server/src/syntax/line.ts';
import { createStatementReader } from '../../server/src/syntax/parser.ts';
import type { RuleStatement, Statement } from '../../server/src/syntax/statement.ts';

// The grammar itself is checked here: alternatives that cannot be told apart, tokens that never match.
const reader = createStatementReader(true);
const context = lineContext('ipv4', undefined, 'filter');

function read(line: string): Statement {
  return reader.read(line, context);
}

function rule(line: string): RuleStatement {
  const statement = read(line);
  if (statement.kind !== 'rule') throw new Error(`${statement.kind}: ${line}`);
  return statement;
}

/** A rule's options as iptables understands them: "! --source 10.0.0.1", one each. */
function understood(line: string): readonly string[] {
  return rule(line).options.map(({ name, negation, values }) =>
    [...(negation === undefined ? [] : ['!']), name, ...values.map(({ text }) => text)].join(' '),
  );
}

describe('a rule', () => {
  it('has its command anywhere in the line', () => {
    const { command, chain } = rule('-j ACCEPT -A INPUT -p tcp');
    expect([command, chain.text]).toEqual(['append', 'INPUT']);
    expect(understood('-j ACCEPT -A INPUT -p tcp')).toEqual(['--jump ACCEPT', '--protocol tcp']);
  });

  it('has counters in front of it, a number behind the chain', () => {
    const { counters, command, number, chain } = rule('[12:3456] -I FORWARD 2 -j DROP');
    expect([counters?.packets, counters?.bytes, command, chain.text, number?.text]).toEqual([12, 3456, 'insert', 'FORWARD', '2']);
  });

  it('may spell options in full, in short, or as a unique beginning', () => {
    const full = ['--source 10.0.0.1', '--protocol tcp', '--destination-port 80', '--jump ACCEPT'];
    expect(understood('-A X -s 10.0.0.1 -p tcp --dport 80 -j ACCEPT')).toEqual(full);
    expect(understood('-A X --src 10.0.0.1 --proto tcp --destination-port 80 --jump ACCEPT')).toEqual(full);
    expect(understood('--app X --sou 10.0.0.1 --prot tcp --dpo=80 --j ACCEPT')).toEqual(full);
  });

  it('may have short options in one word', () => {
    expect(understood('-A X -fj ACCEPT')).toEqual(['--fragments', '--jump ACCEPT']);
    expect(understood('-AX -mcomment --comment a -gY')).toEqual(['--match comment', '--comment a', '--goto Y']);
    expect(rule('-AX -gY').chain.text).toBe('X');
  });

  it('with a value glued to -i has that word for the interface, as iptables before 1.8.10 does', () => {
    expect(understood('-A X -ieth0')).toEqual(['--in-interface -ieth0']);
    const [problem] = rule('-A X -ieth0').problems;
    expect(problem).toMatchObject({ code: 'glued-value', severity: 'warning', fix: { text: '-i eth0' } });
  });

  it('takes quotes away, and escapes inside them', () => {
    expect(understood('-A X -m comment --comment "say \\"hi\\" to c:\\\\x"')).toContain('--comment say "hi" to c:\\x');
    expect(understood('-A X "-j" "ACCEPT"')).toEqual(['--jump ACCEPT']);
    expect(understood("-A X -m comment --comment 'a")).toContain("--comment 'a");
  });

  it('is told that a quote is never closed', () => {
    const { problems } = rule('-A X -m comment --comment "never closed -j ACCEPT');
    expect(problems).toMatchObject([{ code: 'unbalanced-quote', severity: 'warning', start: 26 }]);
  });

  it('gives a shared option to the match that was loaded last', () => {
    const options = rule('-A X -p tcp -m tcp -m multiport --dports 1 -m mark --mark 1 -m connmark --mark 2').options;
    const marks = options.filter(({ name }) => name === '--mark');
    expect(marks.map(({ spec, instance }) => [spec?.extension?.name, instance])).toEqual([
      ['mark', 3],
      ['connmark', 4],
    ]);
  });

  it('leaves the second value of two to the next option', () => {
    expect(understood('-A X -p tcp --tcp-flags SYN -j ACCEPT')).toEqual(['--protocol tcp', '--tcp-flags SYN', '--jump ACCEPT']);
  });

  it('for the other family is read no further than that', () => {
    // iptables-restore skips the whole line.
    expect(read('-A X -6 stray words --dport')).toEqual({ kind: 'other', problems: [] });
    expect(read('-A X stray -6 -j DROP').problems).toMatchObject([{ code: 'bad-argument' }]);
    expect(read('-A X --dport 80 -6 stray words').problems).toMatchObject([{ code: 'option-not-loaded' }]);
    expect(rule('-A X -4 stray').problems).toMatchObject([{ code: 'bad-argument' }]);
  });
});

describe('a line that is no rule', () => {
  it('declares a chain; a quote is a letter there', () => {
    expect(read(':a,"b - [0:0]')).toMatchObject({ kind: 'chain', name: { text: 'a,"b' }, policy: { text: '-' }, problems: [] });
    expect(read(':INPUT DROP [5:600] whatever')).toMatchObject({
      kind: 'chain',
      counters: { packets: 5, bytes: 600 },
      problems: [],
    });
  });

  it('begins or ends a table', () => {
    expect(read('* nat ignored')).toMatchObject({ kind: 'table', name: { text: 'nat' }, problems: [] });
    expect(read('COMMIT')).toMatchObject({ kind: 'commit', problems: [] });
    expect(read('COMMIT ').problems).toMatchObject([{ code: 'trailing-blanks', fix: { text: '' } }]);
  });

  it('is blank or a comment', () => {
    expect(read('').kind).toBe('blank');
    expect(read('# -A INPUT -j DROP').kind).toBe('comment');
  });

  it('is about a chain', () => {
    expect(read('-N LIMITS')).toMatchObject({ kind: 'chain-command', command: 'new', chain: { text: 'LIMITS' }, problems: [] });
    expect(read('-P INPUT DROP')).toMatchObject({ command: 'policy', chain: { text: 'INPUT' }, argument: { text: 'DROP' } });
    expect(read('-F')).toMatchObject({ command: 'flush', chain: undefined, problems: [] });
  });

  it('never stops the reader, whatever it is', () => {
    for (const line of [
      '"',
      '!',
      '-',
      '--',
      '*',
      ':',
      '[1:2]',
      '[1:2] ',
      '-A',
      '-A ""',
      '-A X -m',
      '-A X -',
      '\u0000',
      '-A X -j "',
    ]) {
      expect(() => read(line)).not.toThrow();
    }
  });
});
