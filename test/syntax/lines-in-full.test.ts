/**
 * What the lines of dumps say, word for word and place for place: of pasted dumps, of the examples on the pages of findings, and of the dumps of
 * `test/lint/cases`. Then in short what is left of some lines that were cut at a word, have one twice or not at all, or that a paste put something in
 * front of. What should be so is in the other tests; these show, in the difference of a text, what else a change does. `vitest -u` writes them again.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readWholeDocument } from '../../server/src/syntax/document.ts';
import { expectedWord } from '../../server/src/syntax/expected-word.ts';
import type { Line } from '../../server/src/syntax/line.ts';
import { pageExamples } from '../support/finding-pages.ts';
import { fixtureNames, fixtureText } from '../support/fixtures.ts';
import { contextText, expectedText, lineInFull, lineInShort } from './line-in-words.ts';

const cases = resolve(import.meta.dirname, '../lint/cases');
const caseNames = readdirSync(cases)
  .filter((name) => name.endsWith('.iptables'))
  .toSorted();
const caseText = (name: string): string => readFileSync(resolve(cases, name), 'utf8');

/** Each line of a text that says more than most do, with what the lines above say of it where that changes. */
function inFull(name: string, text: string): readonly string[] {
  let before = '';
  return [
    name,
    ...readWholeDocument(text)
      .lines.slice()
      .flatMap((line, number) => {
        const context = contextText(line.context);
        const isNew = context !== before;
        before = context;
        if (line.isPlain && !isNew) return [];
        return [`${number + 1}${isNew ? ` in ${context}` : ''}`, ...lineInFull(line)];
      }),
  ];
}

/** The line behind `*TABLE` and the chains of a dump. */
function lineOf(text: string, table = 'nat'): Line | undefined {
  return readWholeDocument(`*${table}\n${text}\n`).lines.at(1);
}

const lines = [
  '-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT',
  '[12:3456] -A KUBE-SERVICES ! -s 10.244.0.0/16 -d 10.96.0.10/32 -p udp -m comment --comment "kube-system/kube-dns:dns cluster IP" -m udp --dport 53 -j KUBE-MARK-MASQ',
  '-A KUBE-SEP-IAZPHGLZVO2SWOVD -p tcp -m comment --comment "a \\"b\\" c" -m tcp -j DNAT --to-destination 10.244.1.7:8080 --random',
  '-I FORWARD 3 -i eth0 -o cni+ -m conntrack --ctstate RELATED,ESTABLISHED -g ELSEWHERE',
  '-A PREROUTING -m set ! --match-set MINE src,dst -m mark --mark 0x1/0xff -j MARK --set-xmark 0x4000/0x4000',
  '-A OUTPUT -p tcp -m tcp --tcp-flags SYN,RST SYN -m multiport --dports 80,443:445 -m limit --limit 5/min --limit-burst 7 -j LOG --log-prefix "x: " --log-level 7',
  '-A INPUT -s 10.0.0.1,10.0.0.2 -p icmp -m icmp --icmp-type 8/0 -j REJECT --reject-with icmp-port-unreachable',
  '-A INPUT --protocol=tcp --dport=22 --jump=ACCEPT',
  '-AINPUT -ptcp -jDROP',
  '-D INPUT 2',
  '-P INPUT DROP',
  '-E OLD NEW',
  ':KUBE-SERVICES - [0:0]',
  ':INPUT DROP [12:345]',
  'COMMIT',
  '*filter',
  '# a comment',
];

/** What a text gets in front of it, or behind it, on its way into a paste. */
const surroundings: readonly (readonly [string, string])[] = [
  ['  ', ''],
  ['\t', ' '],
  ['> ', ''],
  ['12: ', ''],
  ['  12  ', ''],
  ['node.iptables:7:', ''],
  ['$ iptables -t nat ', ''],
  ['root@node:~# sudo iptables -w 5 ', ' # why'],
  ['+ /usr/sbin/ip6tables -t mangle ', ' || true'],
  ['Nov 23 00:37:11 node kubelet[812]: ', ''],
  ['2026-11-23T00:37:11.123456Z ', ''],
  ['2026-11-23T00:37:11.123456Z stdout F ', ''],
  ['- ', ''],
  ['`', '`'],
  ['"', '",'],
  ["'", "'"],
  ['| ', ' |'],
  ['\u001b[32m', '\u001b[0m'],
  ['\u00a0', ''],
  ['', '   <-- this one'],
  ['', ' # this one'],
  ['', ';'],
  ['', ' \\'],
  ['', '...'],
  ['1024 ', ''],
];

function words(text: string): readonly string[] {
  return text.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? [];
}

/** The line without a word, with it twice, and cut behind it. */
function faultsOf(text: string): readonly (readonly [string, string])[] {
  const all = words(text);
  return all.flatMap((word, at): readonly (readonly [string, string])[] => [
    [`without ${word}`, all.toSpliced(at, 1).join(' ')],
    [`${word} twice`, all.toSpliced(at, 0, word).join(' ')],
    [`to ${word}`, all.slice(0, at + 1).join(' ')],
    [`half of ${word}`, all.toSpliced(at, 1, word.slice(0, Math.ceil(word.length / 2))).join(' ')],
  ]);
}

function inShort(text: string): string {
  const line = lineOf(text);
  return line === undefined ? 'no line' : lineInShort(line);
}

describe('what lines say', () => {
  it('is this in full', async () => {
    const told = [
      ...fixtureNames('pasted').flatMap((name) => inFull(name, fixtureText(name))),
      ...caseNames.flatMap((name) => inFull(name, caseText(name))),
      ...pageExamples().flatMap(({ code, text }) => inFull(code, text)),
    ];
    await expect(`${told.join('\n')}\n`).toMatchFileSnapshot('lines-in-full.snap');
  });

  it('is this where a word is not as it should be', async () => {
    const told = lines.flatMap((text) => [text, ...faultsOf(text).map(([fault, faulty]) => `  ${fault}: ${inShort(faulty)}`)]);
    await expect(`${told.join('\n')}\n`).toMatchFileSnapshot('lines-of-faults.snap');
  });

  it('is this where something stands around them', async () => {
    const chosen = [0, 1, 2, 9, 10, 12, 14, 15].flatMap((at) => lines[at] ?? []);
    const told = chosen.flatMap((text) => [
      text,
      ...surroundings.flatMap(([before, behind]) => {
        // As the first line of a text and as one in a table; what was read once is read alike again.
        const alone = readWholeDocument(`${before}${text}${behind}`).lines.at(0);
        const within = lineOf(`${before}${text}${behind}`);
        return [alone, within].flatMap((line, at) =>
          line === undefined
            ? []
            : [`  ${JSON.stringify(`${before}…${behind}`)} ${at === 0 ? 'alone' : 'in a table'}: ${lineInShort(line)}`],
        );
      }),
    ]);
    await expect(`${told.join('\n')}\n`).toMatchFileSnapshot('lines-in-surroundings.snap');
  });

  it('is asked for this at each of their places', async () => {
    const told = lines.flatMap((text) => {
      const context = lineOf(text)?.context;
      if (context === undefined) return [];
      const rows: string[] = [];
      let from = 0;
      let last: string | undefined;
      for (let offset = 0; offset <= text.length + 1; offset += 1) {
        const expected = offset > text.length ? undefined : expectedWord(text, context, offset);
        const value = expected === undefined ? 'nothing' : expectedText(expected);
        if (last !== undefined && (value !== last || offset > text.length)) rows.push(`  ${from}-${offset - 1}: ${last}`);
        if (value !== last) from = offset;
        last = value;
      }
      return [text, ...rows];
    });
    await expect(`${told.join('\n')}\n`).toMatchFileSnapshot('expected-words.snap');
  });
});
