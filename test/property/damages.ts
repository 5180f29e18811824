/** What programs and people do to the text of a dump before somebody else reads it. Each takes the lines of a recorded text, whole. */

type Damage = (lines: readonly string[]) => string;

function text(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}

function each(change: (line: string, number: number) => string): Damage {
  return (lines) => text(lines.map((line, number) => (line === '' ? line : change(line, number))));
}

function wrapped(lines: readonly string[], width: number): readonly string[] {
  return lines.flatMap((line) => line.match(new RegExp(`.{1,${width}}`, 'gu')) ?? ['']);
}

function escaped(line: string): string {
  return line.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** Bytes beyond ASCII as `cat -v` shows them. */
function shownBytes(line: string): string {
  return Array.from(Buffer.from(line), (byte) =>
    byte < 0x80
      ? String.fromCharCode(byte)
      : `M-${byte < 0xa0 ? '^' : ''}${String.fromCharCode(byte < 0xa0 ? byte - 0x40 : byte - 0x80)}`,
  ).join('');
}

function maxLength(lines: readonly string[]): number {
  return Math.max(...lines.map(({ length }) => length));
}

function around(before: readonly string[], after: readonly string[] = []): Damage {
  return (lines) => text([...before, ...lines, ...after]);
}

/** What a terminal, a pager or an editor on it does. */
const terminal: Readonly<Record<string, Damage>> = {
  'wrapped at 80': (lines) => text(wrapped(lines, 80)),
  'wrapped at 120': (lines) => text(wrapped(lines, 120)),
  'wrapped at 100, blanks lost': (lines) => text(wrapped(lines, 100).map((line) => line.trimEnd())),
  'below a prompt': around(['root@node-a:~# iptables-save'], ['root@node-a:~#']),
  'less -S': each((line) => (line.length > 100 ? `${line.slice(0, 99)}>` : line)),
  'cut -c1-100': each((line) => line.slice(0, 100)),
  'cat -n': each((line, number) => `${String(number + 1).padStart(6)}\t${line}`),
  'less -N': each((line, number) => `${String(number + 1).padStart(7)} ${line}`),
  more: (lines) => text(lines.flatMap((line, number) => (number % 40 === 39 ? [line, '--More--(23%)'] : [line]))),
  'the end of less': around([], ['(END)']),
  'the end of vim': around([], ['~', '~', '"rules.txt" 204L, 18231C']),
  'a box of k9s': each((line) => `│ ${line.padEnd(140)} │`),
  'line ends of Windows': (lines) => `${lines.join('\r\n')}\r\n`,
  'double-spaced': (lines) => `${lines.join('\n\n')}\n`,
  'cat -A': each((line) => `${shownBytes(line).replaceAll('\t', '^I')}$`),
  'diff -y, wide': (lines) => text(lines.map((line) => `${line.padEnd(maxLength(lines) + 3)}${line}`)),
  'diff -y': (lines) => text(lines.map((line) => `${line.slice(0, 61).padEnd(64)}${line.slice(0, 61)}`)),
  indented: each((line) => `    ${line}`),
};

/** What a page, a tracker, a chat or a mail does. */
const pages: Readonly<Record<string, Damage>> = {
  'in a code block': around(['This is what the node has:', '```'], ['```', 'What is wrong?']),
  '{noformat}': around(['{noformat}'], ['{noformat}']),
  '{code}': (lines) => `{code:bash|title=iptables-save}${lines.join('\n')}\n{code}\n`,
  '[code]': (lines) => `[code]${lines.join('\n')}[/code]\n`,
  '<pre>': (lines) => `<pre><code>${lines.map(escaped).join('\n')}</code></pre>\n`,
  '<br>': each((line) => `${line}<br />`),
  'escaped twice': each((line) => escaped(escaped(line))),
  'numbers for characters': each((line) => line.replaceAll('"', '&#x22;').replaceAll('/', '&#x2F;')),
  'characters without width': each((line) => `\u200b${line}`),
  'blanks that do not break': each((line) => line.replaceAll(' ', '\u00a0')),
  'thin blanks': each((line) => line.replaceAll(' ', '\u2009')),
  'backslashes of Markdown': each((line) => line.replaceAll(/([*_#[\]])/g, '\\$1')),
  'quoted by a mail': each((line) => `> ${line}`),
  'quoted twice': each((line) => `>> ${line}`),
};

/** What programs that run others, and logs, do. */
const programs: Readonly<Record<string, Damage>> = {
  ansible: around(['node-a | CHANGED | rc=0 >>']),
  'ansible, as lines': (lines) =>
    text([
      'ok: [node-a] => {',
      '    "msg": [',
      ...lines.map((line, number) => `        ${JSON.stringify(line)}${number < lines.length - 1 ? ',' : ''}`),
      '    ]',
      '}',
    ]),
  salt: (lines) => text(['node-a:', ...lines.map((line) => `    ${line}`)]),
  clush: each((line) => `node-a: ${line}`),
  'kubectl logs --prefix': each((line) => `[pod/kube-proxy-x2x9z/kube-proxy] ${line}`),
  'kubectl exec': around(['Defaulted container "kube-proxy" out of: kube-proxy, init (init)']),
  'an exit code': around([], ['command terminated with exit code 137']),
  journalctl: each((line) => `Nov 26 12:00:01 node-a kube-proxy[123]: ${line}`),
  'a block of YAML': (lines) => text(['data:', '  rules: |', ...lines.map((line) => `    ${line}`)]),
  sosreport: around(['# sos_commands/firewall_tables/iptables_-t_nat_-nvL', '']),
  'diff -u, all context': (lines) =>
    text(['--- a/rules.txt', '+++ b/rules.txt', '@@ -1,200 +1,200 @@', ...lines.map((line) => ` ${line}`)]),
  'GitHub’s log': each((line) => `2026-11-26T12:00:00.1234567Z ${line}`),
};

/** What somebody leaves out. */
const leftOut: Readonly<Record<string, Damage>> = {
  '<snip>': (lines) => text([...lines.slice(0, 60), '<snip>', ...lines.slice(120)]),
  dots: (lines) => text([...lines.slice(0, 60), '.', '.', '.', ...lines.slice(120)]),
  'words for what was left out': (lines) => text([...lines.slice(0, 60), '(60 lines omitted for brevity)', ...lines.slice(120)]),
  'the last fifth': (lines) => text(lines.slice(0, Math.floor(lines.length * 0.8))),
  'grep -C': (lines) =>
    text(lines.filter((line) => line.includes('KUBE-SVC')).flatMap((line, number) => (number % 5 === 4 ? ['--', line] : [line]))),
};

/** By name. */
export const damages: Readonly<Record<string, Damage>> = { ...terminal, ...pages, ...programs, ...leftOut };
