/**
 * All that is said of dumps, word for word, and what each fix does: of the examples on the pages of findings, of sound dumps, and of the
 * dumps in `cases/`. Then in short what is said of each of them where a line is left out, stands twice, changes places with the next one, or is the
 * last. What should be so is in the other tests; these show, in the difference of a text, what else a change does. `vitest -u` writes them again.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cluster } from '../../server/src/cluster/cluster.ts';
import { withChanges } from '../../server/src/lint/support/finding.ts';
import { clusterOf } from '../support/dumps.ts';
import { faultyDump, soundDumps } from '../support/faulty-dumps.ts';
import { pageExamples } from '../support/finding-pages.ts';
import { inFull, inShort, lookAt, mendedInFull, textAfter } from './findings-in-words.ts';

interface Example {
  readonly name: string;
  readonly text: string;
  readonly cluster?: Cluster;
}

const ofPages = pageExamples().map(
  ({ code, text, snapshot }): Example => ({
    name: code,
    text,
    ...(snapshot === undefined ? {} : { cluster: clusterOf(snapshot, 'cluster.yaml') }),
  }),
);
const folder = join(import.meta.dirname, 'cases');
const cases = readdirSync(folder)
  .filter((name) => name.endsWith('.iptables'))
  .toSorted()
  .map((name): Example => ({ name, text: readFileSync(join(folder, name), 'utf8') }));
const sound = soundDumps.map((text, index): Example => ({ name: `sound dump ${index + 1}`, text }));
/** Most lines of an example that are tried one by one: the others show what long texts do, not what lines do. */
const mostLines = 80;
/** Most findings of such an example: one line more or less of many that are wrong tells nothing new, and each is tried to be mended. */
const mostFindings = 30;
const timeout = 180_000;

/** Ways in which a line (0-based) of a text goes wrong. */
const faults: readonly (readonly [name: string, make: (lines: readonly string[], at: number) => readonly string[]])[] = [
  ['without', (lines, at) => lines.toSpliced(at, 1)],
  ['twice', (lines, at) => lines.toSpliced(at, 0, lines[at] ?? '')],
  ['changed places', (lines, at) => lines.toSpliced(at, 2, ...lines.slice(at, at + 2).toReversed())],
  ['the last', (lines, at) => [...lines.slice(0, at + 1), '']],
  ['half', (lines, at) => lines.toSpliced(at, 1, (lines[at] ?? '').slice(0, (lines[at] ?? '').length / 2))],
];

/** What is said of a text, in short, by what does not change where lines go or come above: the words of the line, and what is said of it. */
function saidOf(lines: readonly string[], cluster: Cluster | undefined): ReadonlyMap<string, string> {
  const { findings } = lookAt(lines.join('\n'), cluster);
  return new Map(findings.map((each) => [`${lines[each.line]} ${inShort(withChanges(each, { line: 0 }))}`, inShort(each)]));
}

/** What else is said (+) and no longer (-) where a line is not as it should be: a row for each line of the example and each fault. */
function variantsOf({ text, cluster }: Example): readonly string[] {
  const lines = text.split('\n');
  const whole = saidOf(lines, cluster);
  return faults.flatMap(([name, make]) =>
    lines.slice(0, -1).flatMap((_, at) => {
      const said = saidOf(make(lines, at), cluster);
      const more = [...said].flatMap(([key, short]) => (whole.has(key) ? [] : [`+${short}`]));
      const gone = [...whole].flatMap(([key, short]) => (said.has(key) ? [] : [`-${short}`]));
      return more.length + gone.length === 0 ? [] : [`  ${at + 1} ${name}: ${[...more, ...gone].join(' ')}`];
    }),
  );
}

/** Shapes that a whole text takes on its way into a file or a paste. */
const shapes: readonly (readonly [name: string, make: (lines: readonly string[]) => string])[] = [
  ['line ends of Windows', (lines) => lines.join('\r\n')],
  ['line ends of Windows, but for the last', (lines) => lines.join('\r\n').replace(/\r\n$/, '')],
  ['no line end', (lines) => lines.join('\n').trimEnd()],
  ['a byte order mark', (lines) => `\ufeff${lines.join('\n')}`],
  ['quoted', (lines) => lines.map((line) => `> ${line}`).join('\n')],
  ['indented', (lines) => lines.map((line) => `    ${line}`).join('\n')],
  ['blanks at ends', (lines) => lines.map((line) => `${line}  `).join('\n')],
  ['blank lines between', (lines) => lines.join('\n\n')],
  ['numbered', (lines) => lines.map((line, at) => `${at + 1}: ${line}`).join('\n')],
  ['fenced', (lines) => `See here:\n\`\`\`\n${lines.join('\n')}\`\`\`\nWhat is wrong?\n`],
  ['behind a prompt', (lines) => `root@node:~# iptables-save\n${lines.join('\n')}root@node:~# exit\n`],
  ['on one line', (lines) => `${lines.slice(0, 12).join(' ').trim()}\n`],
  ['as a JSON string', (lines) => `${JSON.stringify({ rules: lines.slice(0, 12).join('\n') })}\n`],
  ['logged', (lines) => lines.map((line) => `Nov 23 00:37:11 node kube-proxy[812]: ${line}`).join('\n')],
  ['rules alone', (lines) => lines.filter((line) => line.includes('-A ')).join('\n')],
  ['without ends of tables', (lines) => lines.filter((line) => line !== 'COMMIT').join('\n')],
  ['without tables', (lines) => lines.filter((line) => !/^(?:\*|COMMIT|#)/.test(line)).join('\n')],
  [
    'as iptables -S prints it',
    (lines) => lines.map((line) => line.replace(/^:(\S+) - .*/, '-N $1').replace(/^:(\S+) (\S+) .*/, '-P $1 $2')).join('\n'),
  ],
  ['as commands', (lines) => lines.map((line) => line.replace(/^(-A .*)/, 'sudo iptables -w $1')).join('\n')],
  ['twice', (lines) => lines.join('\n').repeat(2)],
  ['with a part left out', (lines) => lines.toSpliced(Math.floor(lines.length / 2), 1, '...').join('\n')],
  ['with words in between', (lines) => lines.toSpliced(Math.floor(lines.length / 2), 0, 'and then there is').join('\n')],
];

function isShort({ text }: Example): boolean {
  return text.split('\n').length <= mostLines && text.length < 20_000;
}

describe('what is said of dumps', () => {
  it('is this in full', async () => {
    const told = [...ofPages, ...cases, ...sound].flatMap(({ name, text, cluster }) => {
      const { document, findings } = lookAt(text, cluster);
      return [name, ...findings.flatMap((finding) => inFull(document, finding))];
    });
    await expect(`${told.join('\n')}\n`).toMatchFileSnapshot('findings-in-full.snap');
  });

  it('is this where a line is not as it should be', { timeout }, async () => {
    const told = [...ofPages, ...cases, ...sound.slice(0, 1)]
      .filter((example) => isShort(example) && lookAt(example.text).findings.length <= mostFindings)
      .flatMap((example) => [example.name, ...variantsOf(example)]);
    await expect(`${told.join('\n')}\n`).toMatchFileSnapshot('findings-of-faults.snap');
  });

  it('is this where the whole text has another shape', { timeout }, async () => {
    const told = [...ofPages, ...cases, ...sound.slice(0, 1)].filter(isShort).flatMap(({ name, text, cluster }) => [
      name,
      ...shapes.map(
        ([shape, make]) =>
          `  ${shape}: ${lookAt(make(text.split('\n')), cluster)
            .findings.map(inShort)
            .join(' ')}`,
      ),
    ]);
    await expect(`${told.join('\n')}\n`).toMatchFileSnapshot('findings-of-shapes.snap');
  });

  it('is mended so', { timeout }, async () => {
    const told = [...ofPages, ...cases, ...sound.slice(0, 1)]
      .filter(isShort)
      .flatMap(({ name, text }) => [name, ...mendedInFull(text)]);
    await expect(`${told.join('\n')}\n`).toMatchFileSnapshot('findings-mended.snap');
  });

  it('is mended alike where lines end as on Windows', { timeout }, () => {
    const ends = (text: string): string => text.replaceAll('\n', '\r\n');
    const without = (text: string): string => text.replaceAll('\r\n', '\n');
    for (const { name, text } of [...ofPages, ...cases].filter(
      ({ text }) => !text.includes('\r') && isShort({ name: '', text }),
    )) {
      const fixed = (of: string): readonly string[] =>
        lookAt(of).findings.flatMap((finding) =>
          finding.code === 'carriage-return' ? [] : finding.fixes().map((fix) => `${fix.title}: ${without(textAfter(of, fix))}`),
        );
      const onWindows = new Set(fixed(ends(text)));
      const missing = fixed(text).filter((each) => !onWindows.has(each));
      expect(
        missing.map((each) => each.slice(0, each.indexOf(':'))),
        name,
      ).toEqual([]);
    }
  });

  it('is this of dumps with up to four faults, by chance', { timeout }, async () => {
    const told = fc.sample(faultyDump, { seed: 20_261_126, numRuns: 250 }).map((text, number) => {
      const said = lookAt(text).findings.map(inShort);
      const sum = createHash('sha256')
        .update([text, ...said].join('\n'))
        .digest('hex')
        .slice(0, 8);
      return `${number + 1} (${sum}): ${said.slice(0, 3).join(' ')}${said.length > 3 ? ` and ${said.length - 3} more` : ''}`;
    });
    await expect(`${told.join('\n')}\n`).toMatchFileSnapshot('findings-by-chance.snap');
  });
});
