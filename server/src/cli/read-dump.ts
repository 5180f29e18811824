import { buildRuleset } from '../ruleset/build.ts';
import type { Ruleset } from '../ruleset/ruleset.ts';
import { readDocument, type SourceDocument } from '../syntax/document.ts';
import type { Line } from '../syntax/line.ts';
import { joinedCode, splitJoined } from '../syntax/pasted/joined-lines.ts';
import { say } from './output.ts';
import { nameOfInput, readText } from './read-text.ts';
import { runSteps } from './run-steps.ts';
import { UsageError } from './usage-error.ts';

/** A dump from a file or from standard input, read. */
export interface CliDump {
  /** As given; "<stdin>" for `-`. */
  readonly file: string;
  /** As it was read, a byte order mark included. */
  readonly text: string;
  readonly document: SourceDocument;
  readonly ruleset: Ruleset;
}

const expected = 'expected what iptables-save, ip6tables-save, iptables -S or iptables -L -n -v prints';

/**
 * Lines that stand on one, as in a JSON string or in what a terminal padded, apart. An editor reads the first of them and offers to split
 * the others; here there is nobody to ask, and line numbers are those of the lines apart.
 */
function readApart(file: string, document: SourceDocument): SourceDocument {
  const isJoined = (line: Line): boolean => line.problems.some(({ code }) => code === joinedCode);
  const joined = document.lines.findIndex(isJoined);
  if (joined < 0) return document;
  say(`${file}: line ${joined + 1}: several lines of a dump stand on one; they are read and numbered apart`);
  const text = document.lines.flatMap((line) => (isJoined(line) ? splitJoined(line.text) : [line.text])).join('\n');
  return runSteps(readDocument(text, file), `reading ${file}`);
}

/** A dump, read whole. Throws UsageError for what is none: an empty file, a binary one, one without a single line of iptables. */
export function readDump(path: string): CliDump {
  const file = nameOfInput(path);
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
  return { file, text, document, ruleset };
}
