import { runToEnd } from '../../base/steps.ts';
import { type Hunk, hunksOf, type MendedLine } from './mended-text.ts';

const contextLines = 3;

interface Group {
  readonly hunks: Hunk[];
}

/**
 * What mending changes as `diff -u` prints it and `patch` takes it; empty where it changes nothing.
 * @param before the lines of the text as given, split at `\n`: the last one is empty where the text ends with a line end
 */
export function unifiedDiff(before: readonly string[], after: readonly MendedLine[], oldName: string, newName: string): string {
  const groups: Group[] = [];
  for (const hunk of runToEnd(hunksOf(after, before.length))) {
    const last = groups.at(-1)?.hunks.at(-1);
    if (last !== undefined && hunk.from - last.to <= 2 * contextLines) groups.at(-1)?.hunks.push(hunk);
    else groups.push({ hunks: [hunk] });
  }
  if (groups.length === 0) return '';
  const lines = [`--- ${oldName}`, `+++ ${newName}`];
  let added = 0;
  for (const { hunks } of groups) {
    const first = hunks[0];
    const last = hunks.at(-1);
    if (first === undefined || last === undefined) continue;
    const from = Math.max(0, first.from - contextLines);
    const to = Math.min(before.length, last.to + contextLines);
    const body: string[] = [];
    let at = from;
    for (const hunk of hunks) {
      for (; at < hunk.from; at += 1) pushKept(body, before[at] ?? '', at === before.length - 1);
      for (; at < hunk.to; at += 1) push(body, '-', before[at] ?? '', at === before.length - 1);
      for (const [index, text] of hunk.texts.entries())
        push(body, '+', text, hunk.to === before.length && index === hunk.texts.length - 1);
    }
    for (; at < to; at += 1) push(body, ' ', before[at] ?? '', at === before.length - 1);
    const oldCount = body.filter((line) => line.startsWith('-') || line.startsWith(' ')).length;
    const newCount = body.filter((line) => line.startsWith('+') || line.startsWith(' ')).length;
    const place = (start: number, count: number): string => `${count === 0 ? start : start + 1}${count === 1 ? '' : `,${count}`}`;
    lines.push(`@@ -${place(from, oldCount)} +${place(from + added, newCount)} @@`, ...body);
    added += newCount - oldCount;
  }
  return `${lines.join('\n')}\n`;
}

/** A line in front of a change. The last one of a text without a line end is another line once more lines stand behind it. */
function pushKept(body: string[], text: string, isLast: boolean): void {
  push(body, isLast ? '-' : ' ', text, isLast);
  if (isLast && text !== '') push(body, '+', text, false);
}

/** A text that ends with a line end has, behind it, an empty last line that is none. */
function push(body: string[], sign: string, text: string, isLast: boolean): void {
  if (isLast && text === '') return;
  body.push(sign + text);
  if (isLast) body.push('\\ No newline at end of file');
}
