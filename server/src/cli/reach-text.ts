import { terminalText } from '../base/safe-text.ts';
import type { ReachReport, ReachService } from '../kube/question/reach.ts';
import type { ReachOutcome } from '../kube/question/reach-answer.ts';
import type { ReachComparison } from '../kube/question/reach-difference.ts';
import { alternativeText, type ReachRow, rowsOf } from '../kube/question/reach-words.ts';
import { pc } from './colors.ts';

const gap = '  ';

function paint(outcome: ReachOutcome, text: string): string {
  if (outcome === 'arrives') return pc.green(text);
  return outcome === 'dropped' || outcome === 'rejected' ? pc.red(text) : pc.yellow(text);
}

function tableLines(rows: readonly ReachRow[]): readonly string[] {
  const safe = rows.map(({ answer, cells }) => ({ answer, cells: cells.map(terminalText) }));
  const width = (at: number): number => Math.max(0, ...safe.map(({ cells }) => (cells[at] ?? '').length));
  const widths = [0, 1, 2, 3].map(width);
  return safe.flatMap(({ answer, cells }) => {
    const padded = cells.map((cell, at) => (at < widths.length ? cell.padEnd(widths[at] ?? 0) : cell));
    padded[2] = paint(answer.outcome, padded[2] ?? '');
    const row = `  ${padded.join(gap)}`.trimEnd();
    return [row, ...answer.alternatives.map((alternative) => pc.dim(`      ${terminalText(alternativeText(alternative))}`))];
  });
}

function serviceLines({ name, protocol, entries }: ReachService): readonly string[] {
  return [pc.bold(terminalText(`${name} (${protocol})`)), ...tableLines(entries.flatMap(rowsOf))];
}

function noteLines(notes: readonly string[]): readonly string[] {
  return notes.map((note) => pc.dim(`note: ${terminalText(note)}`));
}

/** The report as tables, a Service after the other. */
export function reachText({ services, notes }: ReachReport): string {
  const lines = services.flatMap((service) => [...serviceLines(service), '']);
  return [...lines, ...noteLines(notes)].join('\n').trimEnd();
}

/** Where two dumps answer differently, as text. */
export function comparisonText({ onlyBefore, onlyAfter, differences, notes }: ReachComparison): string {
  const lines: string[] = [];
  for (const name of onlyBefore) lines.push(pc.red(terminalText(`- ${name}`)));
  for (const name of onlyAfter) lines.push(pc.green(terminalText(`+ ${name}`)));
  for (const { name, protocol, entry, client, what } of differences)
    lines.push(
      `${pc.yellow('~')} ${terminalText(`${name} (${protocol}) ${entry.label} from ${client.words}: ${what.join(', ')}`)}`,
    );
  const none = 'the same clients reach the same endpoints';
  return [...(lines.length === 0 ? [none] : lines), ...noteLines(notes)].join('\n');
}
