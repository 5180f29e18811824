import { describe, expect, it } from 'vitest';
import { readWholeDocument, statementOf } from '../../server/src/syntax/document.ts';
import { unquote } from '../../server/src/syntax/lexer.ts';
import { splitJoined } from '../../server/src/syntax/pasted/joined-lines.ts';
import { isPlainLine } from '../../server/src/syntax/pasted/plain-line.ts';

describe('a line that begins with a bracket', () => {
  it('is one with counters where a digit follows, whichever', () => {
    for (const digit of '0123456789') expect(isPlainLine(`[${digit}:60] -A INPUT -j ACCEPT`)).toBe(true);
    expect(isPlainLine('[root@node ~]# iptables-save')).toBe(false);
  });
});

describe('a word with quotes', () => {
  it.each([
    ['"a b"', 'a b'],
    ['"a \\"b\\""', 'a "b"'],
    ['--comment="a b"', '--comment=a b'],
    // A quote that is never closed takes the end of the line in, also where nothing stands behind it.
    ['"a b', 'a b\n'],
    ['"', '\n'],
    ['ab"', 'ab\n'],
    ['"a\\"', 'a"\n'],
  ])('%s is %j', (image, text) => {
    expect(unquote(image)).toBe(text);
  });
});

describe('lines whose ends JSON escaped', () => {
  it('end with the text, too', () => {
    expect(splitJoined(String.raw`*nat\nCOMMIT\n`)).toEqual(['*nat', 'COMMIT', '']);
  });

  it('are not parted where no line begins', () => {
    expect(splitJoined(String.raw`-A INPUT -m comment --comment a\nb -j ACCEPT\nCOMMIT\n`)).toEqual([
      String.raw`-A INPUT -m comment --comment a\nb -j ACCEPT`,
      'COMMIT',
      '',
    ]);
  });
});

describe('a command with variables of the shell', () => {
  it('is a rule of restore input, and no row of a listing; so is one without', () => {
    const [line, plain] = readWholeDocument('iptables -A INPUT -s $NETWORK -j ACCEPT\nip6tables -A INPUT -j DROP\n').lines;
    expect(plain).toMatchObject({ kind: 'rule', name: 'INPUT', target: 'DROP', listing: false, isUnsure: false });
    expect(line).toMatchObject({ kind: 'rule', name: 'INPUT', target: 'ACCEPT', listing: false, isUnsure: true });
  });
});

describe('the name of a set', () => {
  it('stands behind the command, whatever letters it has', () => {
    for (const [text, start] of [
      ['create eat hash:ip family inet', 7],
      ['add d 10.0.0.1', 4],
    ] as const) {
      const [line] = readWholeDocument(`${text}\n`).lines;
      const statement = line === undefined ? undefined : statementOf(line);
      const name = statement?.kind === 'set' ? statement.name : statement?.kind === 'set-entry' ? statement.set : undefined;
      expect([text, name?.start]).toEqual([text, start]);
    }
  });
});
