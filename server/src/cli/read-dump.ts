import { resolve } from 'node:path';
import type { DumpOrigin } from '../kube/proxy/dump-node.ts';
import { type ChosenRules, chooseRules, placeInBundle } from '../node/choose-rules.ts';
import { type NodeFacts, noFacts } from '../node/facts.ts';
import type { RulesText } from '../node/records.ts';
import { buildRuleset } from '../ruleset/build.ts';
import type { Ruleset } from '../ruleset/ruleset.ts';
import { isBehindAnother, putApart, throughoutOfText } from '../syntax/apart.ts';
import { readDocument, type SourceDocument } from '../syntax/document.ts';
import { readRestoreFailure, readRestoreReason } from '../syntax/pasted/restore-failure.ts';
import { isPlainlyProse, sizeOf } from '../syntax/text-bounds.ts';
import { unusualLines } from '../syntax/unusual-lines.ts';
import { decodeBytes } from './decode-bytes.ts';
import { otherProgram } from './other-program.ts';
import { say } from './output.ts';
import { isFolder, readBundleArchive, readBundleFolder, readBundleText } from './read-bundle.ts';
import { nameOfInput, readWhole } from './read-text.ts';
import { runSteps } from './run-steps.ts';
import { UsageError } from './usage-error.ts';

/** A dump from a file or from standard input, read; of a bundle, the rules that kube-proxy writes to, with what is known beside them. */
export interface CliDump {
  /** As given; "<stdin>" for `-`. */
  readonly file: string;
  /** As it was read, a byte order mark included. */
  readonly text: string;
  readonly document: SourceDocument;
  readonly ruleset: Ruleset;
  /** What a bundle says of the node; nothing for a dump alone. */
  readonly facts: NodeFacts;
  /** Rules of a bundle that were not chosen. */
  readonly others: readonly RulesText[];
  /** Where a line (0-based) of the rules stands, 1-based. */
  readonly place: (line: number) => { readonly file: string; readonly line: number };
}

const expected = 'expected what iptables-save, ip6tables-save, iptables -S or iptables -L -n -v prints';

/** Lines that stand on one, as in a JSON string or in what a terminal padded, apart: here line numbers are those of the lines apart. */
function readApart(file: string, document: SourceDocument): SourceDocument {
  const read = runSteps(putApart(document, file), `reading ${file}`);
  const { apart } = read;
  if (apart === undefined) return document;
  const throughout = throughoutOfText(apart);
  if (throughout === 'side-by-side') say(`${file}: two texts stand side by side, as diff -y prints them; the left one is read`);
  if (throughout !== undefined && throughout !== 'broken') return read;
  const joined = apart.places.findIndex((_, line) => isBehindAnother(apart, line));
  const line = (apart.places[joined]?.line ?? 0) + 1;
  say(`${file}: line ${line}: several lines of a dump stand on one; they are read and numbered apart`);
  return read;
}

/** The first line (1-based) that tells what iptables-restore refused, as kube-proxy logs it; undefined where none does. */
function refusalIn({ lines }: SourceDocument): number | undefined {
  for (const [number, { text }] of lines.entries())
    if (readRestoreFailure(text) !== undefined || readRestoreReason(text) !== undefined) return number + 1;
  return undefined;
}

function hasCommit({ lines }: SourceDocument): boolean {
  return unusualLines(lines).some((number) => lines.kindAt(number) === 'commit');
}

function withoutRules(file: string, other: string | undefined): UsageError {
  const why = other === undefined ? '' : `${other}; `;
  return new UsageError(`${file}: line 1: holds no table, chain or rule of iptables; ${why}${expected}`);
}

/**
 * The text of a dump as a document with its ruleset.
 * @param mayBeLog whether a log will do that holds no rules and tells of what iptables-restore refused
 * @throws UsageError for what is none: empty, binary, without a line of iptables, larger than any
 */
function readRules(file: string, text: string, name: string, mayBeLog = false): Pick<CliDump, 'text' | 'document' | 'ruleset'> {
  if (text.trim() === '') throw new UsageError(`${file}: is empty; ${expected}`);
  const nul = text.slice(0, 65_536).indexOf('\0');
  if (nul >= 0) {
    const line = text.slice(0, nul).split('\n').length;
    throw new UsageError(`${file}: line ${line}: is binary, or UTF-16; ${expected}, in UTF-8`);
  }
  const { beyond } = sizeOf(text);
  if (beyond !== undefined) throw new UsageError(`${file}: ${beyond}; ${expected}`);
  if (isPlainlyProse(text)) throw withoutRules(file, otherProgram(text));
  const document = readApart(file, runSteps(readDocument(text, name), `reading ${file}`));
  const ruleset = runSteps(buildRuleset(document), `indexing ${file}`);
  if (ruleset.tables.length === 0 && !hasCommit(document)) {
    const refusal = refusalIn(document);
    if (mayBeLog && refusal !== undefined) return { text, document, ruleset };
    const other =
      refusal === undefined
        ? otherProgram(text)
        : `line ${refusal} tells of input that iptables-restore refused, which check reads`;
    throw withoutRules(file, other);
  }
  return { text, document, ruleset };
}

function chosenOf(file: string, facts: NodeFacts): ChosenRules {
  const chosen = chooseRules(facts);
  if (chosen !== undefined) return chosen;
  throw new UsageError(`${file}: holds no rules of iptables; expected a node bundle with iptables-save.txt in it`);
}

function ofBundle(file: string, facts: NodeFacts): CliDump {
  const chosen = chosenOf(file, facts);
  if (chosen.note !== '') say(`${file}: ${chosen.note}`);
  const [first] = chosen.parts;
  const read = readRules(`${file}/${first?.rules.file ?? ''}`, chosen.text, first?.rules.file ?? '');
  return { file, ...read, facts, others: chosen.others, place: (line) => placeInBundle(chosen, line) };
}

/** The facts of a bundle, or the text of a dump. */
function readInput(path: string, given?: Buffer): NodeFacts | string {
  if (given === undefined && isFolder(path)) return readBundleFolder(path);
  const bytes = given ?? readWhole(path);
  return readBundleArchive(path, bytes) ?? decodeBytes(bytes);
}

/**
 * A dump, or the rules of a bundle, read whole. Throws UsageError for what is neither.
 * @param isOfNode whether a text that holds what other commands printed besides is read as a bundle
 */
export function readDump(path: string, isOfNode = false): CliDump {
  const file = nameOfInput(path);
  const given = readInput(path);
  const input = typeof given === 'string' && isOfNode ? (readBundleText(path, given) ?? given) : given;
  if (typeof input !== 'string') {
    // A diagnosis says it among what it looked at.
    if (!isOfNode) for (const note of input.unread) say(`${file}: ${note}`);
    return ofBundle(file, input);
  }
  const read = readRules(file, input, path === '-' ? '' : path);
  return { file, ...read, facts: noFacts, others: [], place: (line) => ({ file, line: line + 1 }) };
}

/**
 * The same with a dump for each of a bundle's files that has rules, so that lines are numbered as they stand there.
 * @param given the bytes of the file, where they were read already
 */
export function readDumps(path: string, given?: Buffer): readonly CliDump[] {
  const file = nameOfInput(path);
  const input = readInput(path, given);
  if (typeof input === 'string') {
    const read = readRules(file, input, path === '-' ? '' : path, true);
    return [{ file, ...read, facts: noFacts, others: [], place: (line) => ({ file, line: line + 1 }) }];
  }
  const chosen = chosenOf(file, input);
  return [...chosen.parts.map(({ rules }) => rules), ...chosen.others].map((rules) => {
    const name = `${file.endsWith('/') ? file.slice(0, -1) : file}/${rules.file}`;
    const read = readRules(name, rules.text, rules.file);
    return { file: name, ...read, facts: input, others: [], place: (line) => ({ file: name, line: line + 1 }) };
  });
}

/** Where a dump comes from: its file, and the node that the user or the bundle names. */
export function originOf({ file, facts }: CliDump, node: string | undefined): DumpOrigin {
  const named = node ?? (facts.meta?.node === '' ? undefined : facts.meta?.node);
  // A folder is named as it was given, and may be ".".
  return facts === noFacts ? { node: named, fileName: file } : { node: named, fileName: resolve(file), facts };
}
