import { describe, expect, it } from 'vitest';
import {
  closeOption,
  createGetopt,
  endGetopt,
  type Getopt,
  readBang,
  readOption,
  readStray,
  readValueWord,
  resetGetopt,
  takesValue,
} from '../../server/src/syntax/getopt.ts';
import type { Word } from '../../server/src/syntax/statement.ts';

const state = createGetopt();

/** Gives the words of a line to getopt, as the parser does with its tokens. */
function read(line: string, family: 'ipv4' | 'ipv6' = 'ipv4'): Getopt {
  resetGetopt(state, family);
  for (const found of line.matchAll(/\S+/g)) {
    const word: Word = { start: found.index, end: found.index + found[0].length, text: found[0], quoted: false };
    const isOptionLike = word.text === '!' || (word.text.startsWith('-') && word.text.length > 1);
    if (takesValue(state, isOptionLike)) {
      readValueWord(state, word);
      continue;
    }
    closeOption(state);
    if (word.text === '!') readBang(state, word);
    else if (isOptionLike) readOption(state, word);
    else readStray(state, word, word.text);
  }
  closeOption(state);
  endGetopt(state);
  return state;
}

/** "! --source 10.0.0.1", an option each; the command with its values first. */
function understood(line: string): readonly string[] {
  const { command, commandValues, options } = read(line);
  return [
    ...(command === undefined ? [] : [[command.long, ...commandValues.map(({ text }) => text)].join(' ')]),
    ...options.map(({ name, negation, values }) =>
      [...(negation === undefined ? [] : ['!']), name, ...values.map(({ text }) => text)].join(' '),
    ),
  ];
}

function messages(line: string): readonly string[] {
  return read(line).problems.map(({ message }) => message);
}

describe('words of a line', () => {
  it.each([
    ['-A INPUT -p tcp --dport 80 -j ACCEPT', ['--append INPUT', '--protocol tcp', '--destination-port 80', '--jump ACCEPT']],
    ['-A INPUT ! -s 10.0.0.1', ['--append INPUT', '! --source 10.0.0.1']],
    ['-A INPUT --match=tcp', ['--append INPUT', '--match tcp']],
    // iptables before 1.8.10 takes the whole word for the value of some.
    ['-A INPUT --src=10.0.0.1', ['--append INPUT', '--source --src=10.0.0.1']],
    ['--app INPUT', ['--append INPUT']],
    // It may be --insert or --in-interface: getopt takes neither.
    ['-A INPUT --in eth0', ['--append INPUT', '--in eth0']],
    ['-AINPUT', ['--append INPUT']],
    ['-A INPUT -fjACCEPT', ['--append INPUT', '--fragments', '--jump -fjACCEPT']],
    ['-A INPUT -mtcp', ['--append INPUT', '--match tcp']],
    ['-I INPUT 3 -j DROP', ['--insert INPUT 3', '--jump DROP']],
    // The counters of one rule are cleared by its number.
    ['-Z INPUT 3', ['--zero INPUT 3']],
    ['-Z INPUT', ['--zero INPUT']],
    // A value may look like an option: getopt does not look at it.
    ['-A INPUT -m comment --comment -j', ['--append INPUT', '--match comment', '--comment -j']],
    // The second word of two is taken by the extension, and is no option.
    ['-A INPUT -p tcp --tcp-flags SYN -j DROP', ['--append INPUT', '--protocol tcp', '--tcp-flags SYN', '--jump DROP']],
    // An option means what the match loaded last says.
    ['-A X -m recent --name a --set', ['--append X', '--match recent', '--name a', '--set']],
  ])('%s', (line, expected) => {
    expect(understood(line)).toEqual(expected);
  });

  it('behind ! of iptables before 1.4.3 are negated', () => {
    expect(understood('-A INPUT -s ! 10.0.0.0/8 -i ! eth0 -j DROP')).toEqual([
      '--append INPUT',
      '! --source 10.0.0.0/8',
      '! --in-interface eth0',
      '--jump DROP',
    ]);
    // Where nothing follows, it is the value, as iptables takes it.
    expect(understood('-A INPUT -s ! -j DROP')).toEqual(['--append INPUT', '--source !', '--jump DROP']);
  });

  it('that nobody understands are kept', () => {
    expect(understood('-A INPUT foo --dprot 80 -j DROP')).toEqual(['--append INPUT', 'foo', '--dprot 80', '--jump DROP']);
  });

  it('are forgotten with the next line', () => {
    read('-A INPUT -m tcp --dport');
    expect(understood('-A OUTPUT --dport 80')).toEqual(['--append OUTPUT', '--dport 80']);
  });
});

describe('what iptables says of words', () => {
  it.each([
    ['-A INPUT foo', "Bad argument `foo'"],
    ['-A INPUT -s', 'option "-s" requires an argument'],
    ['-A INPUT -p tcp --tcp-flags SYN', '--tcp-flags requires two args.'],
    ['-A INPUT ! ! -s 10.0.0.1', 'multiple consecutive ! not allowed'],
    ['-A INPUT -j DROP !', 'nothing appropriate following !'],
    ['! -A INPUT', "unexpected '!' flag"],
    ['-A INPUT -D INPUT', 'Cannot use -D with -A'],
    ['-A INPUT -f=1', undefined],
    ['-A INPUT --fragments=1', 'unknown option "--fragments=1"'],
    ['-A INPUT -s ! 10.0.0.0/8', "Bad argument `10.0.0.0/8'"],
    ['-A INPUT -p tcp --dport ! 80', "invalid port/service `!' specified"],
    ['-A INPUT -p ! tcp', 'unknown protocol "!" specified'],
  ])('%s: %s', (line, message) => {
    expect(messages(line)).toEqual(message === undefined ? [] : [message]);
  });

  it('is nothing behind -6 in IPv4, where it reads no further', () => {
    expect(messages('-6 -A INPUT -s 10.0.0.1 foo')).toEqual([]);
    expect(messages('-4 -A INPUT foo')).toEqual(["Bad argument `foo'"]);
  });
});
