/** Who reaches a Service, as Markdown: a table for each of its ports. */
import { markdownText } from '../../base/safe-text.ts';
import { type Steps, textRunSteps } from '../../base/steps.ts';
import type { ReachReport, ReachService } from './reach.ts';
import { alternativeText, rowsOf } from './reach-words.ts';

const heads = ['entry', 'from', 'outcome', 'source', 'endpoints, or what decides'];

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function serviceLines({ name, protocol, entries }: ReachService): readonly string[] {
  const rows = entries.flatMap(rowsOf);
  const unless = new Set(rows.flatMap(({ answer }) => answer.alternatives.map(alternativeText)));
  return [
    `## ${markdownText(`${name} (${protocol})`)}`,
    '',
    row(heads),
    row(heads.map(() => '---')),
    ...rows.map(({ cells }) => row(cells.map((cell) => markdownText(cell)))),
    '',
    ...[...unless].map((text) => `- ${markdownText(text)}`),
    ...(unless.size === 0 ? [] : ['']),
  ];
}

/** A report as a document, in runs that together are its text. Pauses after each Service. @param title what it is about, such as the name of the dump's file */
export function* reachMarkdown({ services, notes, node }: ReachReport, title: string): Steps<readonly string[]> {
  const of = node === '' ? title : `${title}, ${node}`;
  const lines = [`# ${markdownText(`Who reaches what: ${of}`)}`, ''];
  for (const service of services) {
    for (const line of serviceLines(service)) lines.push(line);
    yield;
  }
  for (const note of notes) lines.push(`- ${markdownText(note)}`);
  return yield* textRunSteps([...lines, ''], '\n');
}
