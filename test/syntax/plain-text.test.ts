import { describe, expect, it } from 'vitest';
import {
  type PlainText,
  quotedIn,
  withoutCells,
  withoutJson,
  withoutMarks,
  withoutTypography,
} from '../../server/src/syntax/pasted/plain-text.ts';

/** Each character of the plain text with what stands for it in the line, where that is something else: `"=\"`. */
function changed(written: string, plain: PlainText | undefined): readonly string[] {
  if (plain === undefined) return ['nothing'];
  const { text, placeOf, endOf } = plain;
  return Array.from({ length: text.length }, (_, at) => [text.charAt(at), written.slice(placeOf(at), endOf(at))] as const)
    .filter(([character, stands]) => character !== stands)
    .map(([character, stands]) => `${character}=${stands}`);
}

it.each([
  // A quote, a comma and a line end of its own are the string's, not the line's.
  [String.raw`"-A INPUT -m comment --comment \"web\" -j DROP\n",`, '-A INPUT -m comment --comment "web" -j DROP'],
  [String.raw`"-A INPUT -m comment --comment \"web\" -j DROP\r\n"`, '-A INPUT -m comment --comment "web" -j DROP'],
  [String.raw`-A INPUT -m comment --comment \"web\" -j DROP\n`, '-A INPUT -m comment --comment "web" -j DROP'],
  // Behind a backslash of the text an n is an n.
  [String.raw`"-A INPUT -m comment --comment \"C:\\n"`, String.raw`-A INPUT -m comment --comment "C:\n`],
  [String.raw`"-A INPUT -m comment --comment \"\\n"`, String.raw`-A INPUT -m comment --comment "\n`],
])('the line in %s', (written, line) => {
  expect(withoutJson(written)?.text).toBe(line);
});

it.each(['-A INPUT -m comment --comment "web" -j DROP', 'no quote at all', '"two" "strings"'])('is no JSON: %s', (text) => {
  expect(withoutJson(text)).toBeUndefined();
});

describe('a line of JSON', () => {
  it('says where each of its characters stands', () => {
    const written = String.raw`  "-A INPUT \u0026\t\/ \"web\" \\ -j DROP\n",`;
    const plain = withoutJson(written);
    expect(plain?.text).toBe('-A INPUT &\t/ "web" \\ -j DROP');
    expect(changed(written, plain)).toEqual([
      String.raw`&=\u0026`,
      String.raw`${'\t'}=\t`,
      String.raw`/=\/`,
      String.raw`"=\"`,
      String.raw`"=\"`,
      String.raw`\=\\`,
    ]);
    expect([plain?.placeOf(0), plain?.placeOf(plain.text.length)]).toEqual([3, written.length]);
  });

  it('has line ends and pages within as blanks', () => {
    expect(withoutJson(String.raw`"a\nb\rc\fd\be"`)?.text).toBe('a b c d e');
  });
});

describe('what a line quotes', () => {
  it.each<readonly [written: string, texts: readonly string[], changed: readonly string[]]>([
    ['"-A INPUT -m comment --comment ""web"" -j DROP";', ['-A INPUT -m comment --comment "web" -j DROP'], ['"=""', '"=""']],
    [' "a ""b"""  ,', ['a "b"'], ['"=""', '"=""']],
    [String.raw`{"ts":1,"msg":"iptables \"x\"\n","n":2}`, ['iptables "x"'], [String.raw`"=\"`, String.raw`"=\"`]],
    ['level=info msg="iptables -A INPUT" n=2', ['iptables -A INPUT'], []],
    [String.raw`level=info msg="iptables \\`, ['iptables \\'], [String.raw`\=\\`]],
    ['"a ""b" c', [], []],
    ['"a" "b"', [], []],
    ['say="iptables -A INPUT"', [], []],
  ])('%s', (written, texts, characters) => {
    const [plain, ...others] = quotedIn(written);
    expect([plain, ...others].flatMap((each) => each?.text ?? [])).toEqual(texts);
    if (texts.length > 0) expect(changed(written, plain)).toEqual(characters);
  });

  it('is no message where more stands in front of it than in any log', () => {
    const behind = (length: number): string => `${'x'.repeat(length)} msg="iptables -S"`;
    expect([quotedIn(behind(590)).length, quotedIn(behind(600)).length]).toEqual([1, 0]);
  });
});

describe('a line of a web page', () => {
  it.each<readonly [written: string, text: string, changed: readonly string[]]>([
    ['-A INPUT --comment &quot;a &amp; b&quot;', '-A INPUT --comment "a & b"', ['"=&quot;', '&=&amp;', '"=&quot;']],
    ['&#34;a&#x22;&#X41;&amp;lt;&apos;&gt;', '"a"A<\'>', ['"=&#34;', '"=&#x22;', 'A=&#X41;', '<=&amp;lt;', "'=&apos;", '>=&gt;']],
    ['a&nbsp;b&#160;c&#xa0;d', 'a b c d', [' =&nbsp;', ' =&#160;', ' =&#xa0;']],
    ['a&#31;b&#32;c', 'a b c', [' =&#31;', ' =&#32;']],
    ['a&#65535;b&#65536;c', 'a\uffffb c', ['\uffff=&#65535;', ' =&#65536;']],
    ['-A\u00a0INPUT\u2003-j\u3000DROP', '-A INPUT -j DROP', [' =\u00a0', ' =\u2003', ' =\u3000']],
    ['\u001b[31m-A\u001b[0m INPUT', '-A INPUT', []],
    ['^[[01;31m^[[K-A^[[m^[[K INPUT', '-A INPUT', []],
    ['[01;31m[K-A[m[K INPUT', '-A INPUT', []],
  ])('%s', (written, text, characters) => {
    const plain = withoutMarks(written, false);
    expect(plain?.text).toBe(text);
    expect(changed(written, plain)).toEqual(characters);
  });

  it('has what stands for characters read where its quotes do, if only marks are looked for', () => {
    expect(withoutMarks('--comment &quot;a &lt; b&quot;', true)?.text).toBe('--comment "a < b"');
    expect(withoutMarks('--comment "a &quot; b"', true)).toBeUndefined();
    expect(withoutMarks('--comment a&lt;b', true)).toBeUndefined();
    expect(withoutMarks('-A INPUT -j DROP', false)).toBeUndefined();
  });
});

describe('a line that was typed', () => {
  it.each<readonly [written: string, text: string]>([
    ['\u2013A INPUT \u2014dport 80', '-A INPUT --dport 80'],
    ['-A \u201cx\u201d \u2013\u2013dport', '-A "x" --dport'],
    ['-A INPUT \u2212j', '-A INPUT -j'],
  ])('%s', (written, text) => {
    const plain = withoutTypography(written);
    expect(plain?.text).toBe(text);
    // Every word stands where it was typed.
    const words = Array.from(text.matchAll(/\S+/g), ({ 0: word, index }) => [index, index + word.length - 1] as const);
    expect(words.map(([first, last]) => written.slice(plain?.placeOf(first), plain?.endOf(last)))).toEqual(written.split(' '));
  });

  it.each(['-A INPUT -j DROP', '10.0.0.1\u201310.0.0.9', 'a\u2014b'])('has nothing to mend: %s', (text) => {
    expect(withoutTypography(text)).toBeUndefined();
  });
});

describe('a row of a table in Markdown', () => {
  it('has its cells with a blank between them, if it has enough', () => {
    expect(withoutCells(' | ACCEPT | tcp | -- | anywhere |')?.text).toBe('   ACCEPT   tcp   --   anywhere  ');
    expect(withoutCells('| ACCEPT | tcp | -- |')).toBeUndefined();
    expect(withoutCells('| ACCEPT | tcp | -- | anywhere')).toBeUndefined();
    expect(withoutCells('ACCEPT | tcp | -- | anywhere | x |')).toBeUndefined();
  });
});
