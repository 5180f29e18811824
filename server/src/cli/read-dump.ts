import { fstatSync, readFileSync, statSync } from 'node:fs';
import { terminalText } from '../base/safe-text.ts';
import { describeFileError } from '../lsp/node/files.ts';
import { buildRuleset } from '../ruleset/build.ts';
import type { Ruleset } from '../ruleset/ruleset.ts';
import { readDocument, type SourceDocument } from '../syntax/document.ts';
import type { Line } from '../syntax/line.ts';
import { joinedCode, splitJoined } from '../syntax/pasted/joined-lines.ts';
import { runSteps } from './run-steps.ts';
import { UsageError } from './usage-error.ts';

/** A dump from a file or from standard input, read. */
export interface CliDump {
  /** As given; "<stdin>" for `-`. */
  readonly file: string;
  readonly document: SourceDocument;
  readonly ruleset: Ruleset;
}

const expected = 'expected what iptables-save, ip6tables-save, iptables -S or iptables -L -n -v prints';
// V8 holds no longer string.
const mostBytes = 500_000_000;

/** The text of a file, `-` for standard input. Throws UsageError with the file and what is wrong. */
export function readText(path: string): string {
  const file = path === '-' ? '<stdin>' : path;
  let bytes: Buffer;
  try {
    const { size } = path === '-' ? fstatSync(0) : statSync(path);
    if (size > mostBytes) throw new Error(`is larger than ${mostBytes / 1_000_000} MB`);
    bytes = readFileSync(path === '-' ? 0 : path);
  } catch (error) {
    throw new UsageError(`${file}: ${describeFileError(error)}`);
  }
  if (bytes.length > mostBytes) throw new UsageError(`${file}: is larger than ${mostBytes / 1_000_000} MB`);
  return bytes.toString('utf8');
}

/**
 * Lines that stand on one, as in a JSON string or in what a terminal padded, apart. An editor reads the first of them and offers to split
 * the others; here there is nobody to ask, and line numbers are those of the lines apart.
 */
function readApart(file: string, document: SourceDocument): SourceDocument {
  const isJoined = (line: Line): boolean => line.problems.some(({ code }) => code === joinedCode);
  const joined = document.lines.findIndex(isJoined);
  if (joined < 0) return document;
  process.stderr.write(
    `iptables-inspect: ${terminalText(file)}: line ${joined + 1}: several lines of a dump stand on one; they are read and numbered apart\n`,
  );
  const text = document.lines.flatMap((line) => (isJoined(line) ? splitJoined(line.text) : [line.text])).join('\n');
  return runSteps(readDocument(text, file), `reading ${file}`);
}

/** A dump, read whole. Throws UsageError for what is none: an empty file, a binary one, one without a single line of iptables. */
export function readDump(path: string): CliDump {
  const file = path === '-' ? '<stdin>' : path;
  const text = readText(path);
  if (text.trim() === '') throw new UsageError(`${file}: is empty; ${expected}`);
  const nul = text.slice(0, 65_536).indexOf('\0');
  if (nul >= 0) {
    const line = text.slice(0, nul).split('\n').length;
    throw new UsageError(`${file}: line ${line}: is binary, or UTF-16; ${expected}, in UTF-8`);
  }
  const document = readApart(file, runSteps(readDocument(text, path === '-' ? '' : path), `reading ${file}`));
  const ruleset = runSteps(buildRuleset(document), `indexing ${file}`);
  if (ruleset.tables.length === 0 && !document.lines.some((line) => line.kind === 'commit')) {
    throw new UsageError(`${file}: line 1: holds no table, chain or rule of iptables; ${expected}`);
  }
  return { file, document, ruleset };
}
