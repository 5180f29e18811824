import { describe, expect, it } from 'vitest';
import type { Position } from 'vscode-languageserver-types';
import { runToEnd } from '../../server/src/base/steps.ts';
import { completion } from '../../server/src/features/completion/completion.ts';
import { signatureHelp } from '../../server/src/features/signature-help.ts';
import { fileName, fileWith, offeredBehind, somePlaces } from '../support/completion-places.ts';
import { dumpState } from '../support/dump-state.ts';

function placeIn(text: string): { readonly text: string; readonly position: Position } {
  const before = text.slice(0, text.indexOf('|')).split('\n');
  const position = { line: before.length - 1, character: before.at(-1)?.length ?? 0 };
  return { text: text.replace('|', ''), position };
}

/** What is offered at the first `|` of a text. */
function offered(marked: string, isAfterBlank = false): readonly string[] {
  const { text, position } = placeIn(marked);
  const { items } = runToEnd(completion(dumpState(text), position, { isAfterBlank, markdown: false }));
  return items.map(({ label }) => label);
}

/** The line of the `|` after an item of this label was taken. */
function afterTaking(marked: string, label: string): string {
  const { text, position } = placeIn(marked);
  const { items } = runToEnd(completion(dumpState(text), position, { isAfterBlank: false, markdown: false }));
  const edit = items.find((item) => item.label === label)?.textEdit;
  if (edit === undefined || !('range' in edit)) throw new Error(`${label} is not offered with an edit`);
  const line = text.split('\n')[position.line] ?? '';
  return line.slice(0, edit.range.start.character) + edit.newText + line.slice(edit.range.end.character);
}

describe('in a command that somebody types', () => {
  it('the options of what is loaded are offered, as in a dump', () => {
    expect(offered('iptables -t nat -A PREROUTING -p tcp --d|')).toEqual(expect.arrayContaining(['--dport', '-j']));
    expect(afterTaking('sudo iptables -t nat -A PREROUTING -p tcp --d|', '--dport')).toBe(
      'sudo iptables -t nat -A PREROUTING -p tcp --dport',
    );
    expect(offered('iptables -A INPUT --d|')).not.toContain('--dport');
  });

  it('values are offered, behind a prompt, sudo or a variable, and before what ends the command', () => {
    for (const before of ['# ', 'root@node-a:~# sudo ', '$ sudo -n ', '+ ', 'ip netns exec blue '])
      expect(offered(`${before}iptables -A INPUT -m conntrack --ctstate NEW,| -j ACCEPT; echo done`)).toContain('ESTABLISHED');
    expect(offered('$IPT -A INPUT -m conntrack --ctstate |')).toContain('NEW');
    expect(offered('$IP6TABLES -A INPUT -s $NET -p | -j ACCEPT')).toContain('ipv6-icmp');
  });

  it('targets and options are those of its table and family', () => {
    expect(offered('iptables -t nat -A PREROUTING -j |')).toContain('DNAT');
    expect(offered('iptables -A INPUT -j |')).not.toContain('DNAT');
    expect(offered('ip6tables -A INPUT -p ipv6-icmp -m icmp6 --|')).toContain('--icmpv6-type');
  });

  it('what comes first is a command, or an option that only a command has', () => {
    const first = ['-A', '-I', '-D', '-R', '-C', '-N', '-F', '-X', '-P', '-Z', '-E', '-S', '-L', '-t', '-w'];
    expect(offered('iptables |')).toEqual(first);
    expect(offered('iptables -w 5 -t nat -|')).toEqual(first.slice(0, -2));
    expect(offered('iptables -t |')).toEqual(['filter', 'nat', 'mangle', 'raw', 'security']);
    expect(afterTaking('iptables -t na| -A PREROUTING', 'nat')).toBe('iptables -t nat -A PREROUTING');
    expect(afterTaking('iptables -tna| -A PREROUTING', 'nat')).toBe('iptables -tnat -A PREROUTING');
    expect(afterTaking('iptables -t | -A PREROUTING', 'nat')).toBe('iptables -t nat -A PREROUTING');
    expect(offered('iptables -t nat -L -|')).toEqual(['-n', '-v', '-x', '--line-numbers', '-w']);
    expect(offered('iptables -A INPUT ! -|')).not.toContain('-t');
  });

  it('chains are those of the table, built in, made by other commands, and of a dump in the same text', () => {
    expect(offered('iptables -t nat -A |')).toEqual(['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING']);
    expect(offered('iptables -t nat -X |')).toEqual(['-w']);
    const script = 'iptables -N WEB\niptables -t nat -N OTHER\niptables -A WEB -j ACCEPT\n';
    expect(offered(`${script}iptables -A |`)).toEqual(expect.arrayContaining(['INPUT', 'WEB']));
    expect(offered(`${script}iptables -A INPUT -j |`)).toEqual(expect.arrayContaining(['ACCEPT', 'WEB']));
    expect(offered(`${script}iptables -A INPUT -j |`)).not.toContain('OTHER');
    const dump = '*filter\n:INPUT ACCEPT [0:0]\n:SSH - [0:0]\n:LOGGED - [0:0]\nCOMMIT\n';
    expect(offered(`${dump}$ sudo iptables -A INPUT -j |`)).toEqual(expect.arrayContaining(['SSH', 'LOGGED']));
  });

  it('a command that a backslash breaks is one', () => {
    const script = 'iptables -t nat -A PREROUTING \\\n  -p tcp -m tcp \\\n  --dport 80 -j |\n';
    expect(offered(script)).toEqual(expect.arrayContaining(['DNAT', 'REDIRECT']));
    expect(afterTaking('iptables -A INPUT -p tcp \\\n    --dp| 80 \\\n    -j ACCEPT\n', '--dport')).toBe('    --dport 80 \\');
  });

  it('nothing is offered in other words, in comments, and behind the end of the command', () => {
    for (const text of [
      'some words |',
      'cat rules | gre|',
      'iptables -A INPUT # -|',
      'iptables -A INPUT -m comment --comment "a |"',
      'iptables-save -|',
      'iptables -t nonsense -A |',
      'echo iptables -A |',
    ])
      expect(offered(text), text).toEqual([]);
  });

  it('a rule behind the marks of a paste is one all the same', () => {
    for (const before of ['> ', '12: ', '- ']) expect(offered(`${before}-A INPUT -p tcp --d|`)).toContain('--dport');
  });

  it('only what must follow comes unasked behind a blank', () => {
    expect(offered('iptables -A INPUT -p tcp |', true)).toEqual([]);
    expect(offered('iptables -A INPUT -m conntrack --ctstate |', true)).toContain('NEW');
  });

  it('the form of a value is shown', () => {
    const { text, position } = placeIn('sudo iptables -t nat -A PREROUTING \\\n -p tcp -j DNAT --to-destination 10.0.0.1:|');
    const help = signatureHelp(dumpState(text), position, false);
    expect(help?.signatures[0]?.label).toMatch(/^--to-destination /);
    expect(help?.activeParameter).toBeGreaterThan(0);
  });
});

/** What the words are offered as in restore input and behind a command, at places of rules that real iptables loaded. */
describe('a command and a line of restore input', () => {
  const own = new Set(['-t', '-w', '-S', '-L']);
  const quoting = /["'\\$`;&|<>()#]/;

  it('have the same offers', { timeout: 120_000 }, () => {
    const places = somePlaces(400).filter(({ before }) => !quoting.test(before));
    expect(places.length).toBeGreaterThan(250);
    for (const { row, before } of places) {
      const program = row.family === 'ipv4' ? 'iptables' : 'ip6tables';
      const command = `${program} -t ${row.table} ${before}`;
      const text = `${fileWith(row, '-N ABC')}${command}`;
      const state = dumpState(text, undefined, fileName(row));
      const position = { line: text.split('\n').length - 1, character: command.length };
      const { items } = runToEnd(completion(state, position, { isAfterBlank: false, markdown: false }));
      const labels = items.map(({ label }) => label).filter((label) => !own.has(label) && label !== 'ABC');
      expect(labels.sort(), command).toEqual([...offeredBehind(row, before).keys()].filter((label) => label !== '-t').sort());
    }
  });
});
