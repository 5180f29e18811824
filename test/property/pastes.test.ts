import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readWholeDocument, statementOf } from '../../server/src/syntax/document.ts';
import { generateDump } from '../bench/generate.ts';
import { fixtureText } from '../support/fixtures.ts';
import { rulesIn } from '../support/rules-in.ts';

/** What somebody does to a text on its way into an issue. */
type Damage = (lines: readonly string[]) => readonly string[];

const everyLine =
  (change: (line: string) => string): Damage =>
  (lines) =>
    lines.map((line) => (line === '' ? line : change(line)));

/** What a terminal of this width shows. */
function wrapAt(width: number): Damage {
  return (lines) => lines.flatMap((line) => line.match(new RegExp(`.{1,${width}}`, 'gu')) ?? ['']);
}

const escapeHtml: Readonly<Record<string, string>> = { '"': '&quot;', '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** The word that grep looked for, as it colours it. */
function coloured(line: string, word: string): string {
  return line.replaceAll(word, `\u001b[01;31m\u001b[K${word}\u001b[m\u001b[K`);
}

const damages: Readonly<Record<string, Damage>> = {
  nothing: (lines) => lines,
  quoted: everyLine((line) => `> ${line}`),
  indented: everyLine((line) => `    ${line}`),
  numbered: (lines) => lines.map((line, index) => (line === '' ? line : `${index + 1}: ${line}`)),
  'in the journal': everyLine((line) => `Nov 14 11:06:11 node-a kube-proxy[12085]: ${line}`),
  'with times': everyLine((line) => `2023-05-01T12:00:00.123456789Z ${line}`),
  'in a container’s log': everyLine((line) => `2023-05-01T12:00:00.123456789Z stderr F ${line}`),
  'in klog': everyLine((line) => `I0404 12:00:00.123456       1 proxier.go:1234] ${line}`),
  'in a log in JSON': everyLine((line) => `{"log":${JSON.stringify(`${line}\n`)},"stream":"stderr"}`),
  'in logfmt': everyLine((line) => `time="2023-05-01T12:00:00Z" level=info msg=${JSON.stringify(line)}`),
  coloured: everyLine((line) => coloured(line, 'KUBE')),
  'from a web page': everyLine((line) => line.replace(/["&<>]/g, (mark) => escapeHtml[mark] ?? mark)),
  'escaped twice': everyLine((line) => line.replace(/["&<>]/g, (mark) => (escapeHtml[mark] ?? mark).replace('&', '&amp;'))),
  'escaped by number': everyLine((line) => line.replace(/["/]/g, (mark) => `&#x${mark.charCodeAt(0).toString(16)};`)),
  'with line breaks of a web page': everyLine((line) => `${line}<br />`),
  'a paragraph each': everyLine((line) => `<p>${line}</p>`),
  'in a wiki': (lines) => [
    `{code:title=rules|language=bash}${lines[0] ?? ''}`,
    ...lines.slice(1, -1),
    `${lines.at(-1) ?? ''}{code}`,
  ],
  'in a tracker': (lines) => [`{noformat}${lines[0] ?? ''}`, ...lines.slice(1, -1), `${lines.at(-1) ?? ''}{noformat}`],
  'on a board': (lines) => [`[code]${lines[0] ?? ''}`, ...lines.slice(1, -1), `${lines.at(-1) ?? ''}[/code]`],
  'in a box': everyLine((line) => `│ ${line.padEnd(150)} │`),
  'numbered in a box': (lines) => lines.map((line, index) => (line === '' ? line : `${`${index + 1}`.padStart(4)}   │ ${line}`)),
  'with characters that have no width': everyLine((line) => `\u200b${line.replace(' -j ', '\u200b -j ')}`),
  'with Markdown’s backslashes': everyLine((line) => line.replace(/^-/, '\\-').replace(/[_*]/g, '\\$&')),
  'between fences': (lines) => ['This is what I see:', '```', ...lines, '```', 'Thanks'],
  'between glued fences': (lines) => [`\`\`\`${lines[0] ?? ''}`, ...lines.slice(1, -1), `${lines.at(-1) ?? ''}\`\`\``],
  'between backticks': everyLine((line) => `\`${line}\``),
  'with Windows’ line ends': (lines) => [...lines.map((line) => `${line}\r`), ''],
};

/** Damages that may come on top of each other, in this order. */
const outer = ['nothing', 'quoted', 'indented', 'between fences', 'coloured'] as const;

const saved = [
  ...fixtureText('sample/worker-1.iptables').split('\n'),
  ...generateDump({ services: 6, endpoints: 3 }).split('\n'),
].filter((line) => /^-A KUBE-(?:SVC|SEP|EXT|SERVICES|NODEPORTS)/.test(line) && !/[`&<>]/.test(line));

function listedRow(line: string): string {
  const statement = statementOf(readWholeDocument(line).lines.at(0) ?? never());
  if (statement.kind !== 'rule') throw new Error(line);
  const value = (name: string): string => statement.options.find((option) => option.name === name)?.values[0]?.text ?? '';
  const comment = value('--comment');
  const port = value('--destination-port');
  const protocol = value('--protocol') || 'all';
  const words = [comment === '' ? '' : `/* ${comment} */`, port === '' ? '' : `${protocol} dpt:${port}`].filter(
    (word) => word !== '',
  );
  const columns = `    0     0 ${(statement.target?.text ?? '').padEnd(10)} ${protocol.padEnd(4)} --  *      *       ${(value('--source') || '0.0.0.0/0').padEnd(20)} ${(value('--destination') || '0.0.0.0/0').padEnd(20)}`;
  return `${columns} ${words.join(' ')}`.trimEnd();
}

function never(): never {
  throw new Error('no line');
}

/** Some rules of one chain as `iptables -L -n -v` prints them. */
function listingOf(rules: readonly string[]): readonly string[] {
  return [
    'Chain KUBE-SERVICES (2 references)',
    ' pkts bytes target     prot opt in     out     source               destination',
    ...rules.map(listedRow),
  ];
}

const someRules = fc.array(fc.constantFrom(...saved), { minLength: 3, maxLength: 12 });
const twoDamages = fc.tuple(fc.constantFrom(...Object.keys(damages)), fc.constantFrom(...outer));

function damaged(lines: readonly string[], names: readonly string[]): string {
  return names.reduce<readonly string[]>((text, name) => (damages[name] ?? never)(text), lines).join('\n');
}

describe('whatever somebody does to a text', () => {
  it('the rules of a save come out of it', () => {
    fc.assert(
      fc.property(someRules, twoDamages, (rules, names) => {
        expect(rulesIn(damaged(rules, names)), names.join(', ')).toEqual(rulesIn(rules.join('\n')));
      }),
      { seed: 20_261_125, numRuns: 600 },
    );
  });

  it('the rows of a listing come out of it', () => {
    const names = fc.constantFrom(
      'quoted',
      'indented',
      'in the journal',
      'with times',
      'coloured',
      'from a web page',
      'escaped twice',
      'escaped by number',
      'with line breaks of a web page',
      'in a wiki',
      'in a tracker',
      'on a board',
      'in a box',
      'numbered in a box',
      'with Markdown’s backslashes',
      'between fences',
    );
    fc.assert(
      fc.property(someRules, names, (rules, name) => {
        const listing = listingOf(rules);
        expect(rulesIn(damaged(listing, [name])), name).toEqual(rulesIn(listing.join('\n')));
      }),
      { seed: 20_261_126, numRuns: 300 },
    );
  });

  it('what a terminal wrapped is whole again', () => {
    const width = fc.integer({ min: 76, max: 140 });
    const isWrapped = (lines: readonly string[], at: number): boolean => lines.filter(({ length }) => length > at).length > 1;
    fc.assert(
      fc.property(someRules, width, fc.boolean(), (rules, at, listing) => {
        const lines = listing ? listingOf(rules) : rules;
        fc.pre(isWrapped(lines, at));
        expect(rulesIn(wrapAt(at)(lines).join('\n')), `at ${at}`).toEqual(rulesIn(lines.join('\n')));
      }),
      { seed: 20_261_127, numRuns: 300 },
    );
  });

  it('nor does it matter that a copy lacks blanks at the ends of lines, or has the line that tmux writes below', () => {
    const width = fc.integer({ min: 76, max: 140 });
    const status = '[0] 0:bash* 1:vim-                     "node-a" 12:34 26-Nov-26';
    fc.assert(
      fc.property(someRules, width, fc.boolean(), (rules, at, listing) => {
        const lines = listing ? listingOf(rules) : rules;
        const pieces = wrapAt(at)(lines);
        // Where nothing reaches the edge nobody can tell how wide it was.
        fc.pre(pieces.some((piece) => piece.trimEnd().length === at) && lines.filter(({ length }) => length > at).length > 1);
        const copied = pieces
          .map((piece) => piece.trimEnd())
          .flatMap((piece, index) => (index % 5 === 4 ? [piece, status] : [piece]));
        // A row of which nothing but blanks is lost at a break is whole; one of which all is lost cannot be told from the end of a row.
        fc.pre(
          !pieces.some(
            (piece, index) => piece.trim() === '' || (index > 0 && pieces[index - 1]?.length === at && piece.startsWith('  ')),
          ),
        );
        expect(rulesIn(copied.join('\n')), `at ${at}`).toEqual(rulesIn(lines.join('\n')));
      }),
      { seed: 20_261_129, numRuns: 300 },
    );
  });

  it('a shell’s commands are the rules', () => {
    const before = fc.constantFrom('', 'sudo ', '$ ', '+ ', 'root@node-a:~# ', 'sudo /usr/sbin/', 'if ! ');
    const behind = fc.constantFrom('', ' # a note', ' || exit 1', '; sleep 1', ' 2>/dev/null', ' \\\n    -v');
    fc.assert(
      fc.property(someRules, before, behind, fc.constantFrom("'", '"'), (rules, front, end, quote) => {
        const commands = rules.map((rule) => `${front}iptables -t nat ${rule.replaceAll('"', quote)}${end}`);
        expect(rulesIn(commands.join('\n'))).toEqual(rulesIn(rules.join('\n')).map((rule) => `nat ${rule}`));
      }),
      { seed: 20_261_128, numRuns: 200 },
    );
  });
});
