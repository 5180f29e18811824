/** What `check --fix` and `check --diff` make of a file. */
import { statSync } from 'node:fs';
import type { AllFindings } from '../lint/all-findings.ts';
import { type Mended, mend } from '../lint/mending/mend.ts';
import { unifiedDiff } from '../lint/mending/unified-diff.ts';
import type { LintInput } from '../lint/support/finding.ts';
import { encodeText, outputBytes } from './encode-bytes.ts';
import type { CliDump } from './read-dump.ts';
import { readText } from './read-text.ts';
import { runSteps } from './run-steps.ts';
import { UsageError } from './usage-error.ts';
import { replaceFile } from './write-file.ts';

export interface MendedFile {
  /** As given; `-` for standard input. */
  readonly path: string;
  readonly file: string;
  readonly before: string;
  readonly mended: Mended;
  /** The mended text in the bytes of the file. */
  readonly content: Buffer;
  readonly made: Mended['made'];
  readonly left: AllFindings;
}

/** Mends a dump as it was read, in memory. */
export function mendDump(
  path: string,
  { file, text }: CliDump,
  unsafe: boolean,
  find: (input: LintInput) => AllFindings,
): MendedFile {
  let left: AllFindings = { findings: [], ignored: [], isElsewhere: false };
  const steps = mend({
    text,
    fileName: path === '-' ? '' : path,
    unsafe,
    *find(input) {
      yield;
      left = find(input);
      return left.findings;
    },
  });
  const mended = runSteps(steps, `mending ${file}`);
  return { path, file, before: text, mended, content: encodeText(mended.text), made: mended.made, left };
}

/**
 * Writes a mended file in one step; standard input has none, and a file without a change stays untouched. Throws UsageError, also where somebody else wrote the
 * file while it was mended.
 */
export function keepMended({
  path,
  before,
  mended,
  content,
}: Pick<MendedFile, 'path' | 'before' | 'content'> & { readonly mended: Pick<Mended, 'text'> }): void {
  if (path === '-' || mended.text === before) return;
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === true && readText(path) !== before)
    throw new UsageError(`${path}: was not written: it has changed while it was mended; mend it again`);
  replaceFile(path, content);
}

/** What mending changes in a file, as a unified diff: bytes that `patch` takes, or on a terminal what can be shown there. */
export function diffOf({ file, before, mended }: MendedFile): Buffer {
  const mark = before.startsWith('\ufeff') ? 1 : 0;
  const old = before.slice(mark).split('\n');
  const keepsMark = mended.text.startsWith('\ufeff');
  const lines = mended.lines.map((line, index) => {
    // The mark is the first line's; where it goes, that line is another.
    if (mark === 0 || index > 0) return line;
    return keepsMark ? { ...line, text: `\ufeff${line.text}` } : { ...line, origin: undefined };
  });
  if (mark > 0) old[0] = `\ufeff${old[0] ?? ''}`;
  const diff = unifiedDiff(old, lines, file, file);
  return outputBytes(diff);
}
