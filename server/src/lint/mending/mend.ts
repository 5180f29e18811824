/** Makes fixes, looks anew, and goes on until nothing is left to be made. */
import type { Steps } from '../../base/steps.ts';
import { buildRuleset } from '../../ruleset/build.ts';
import { withoutThroughout } from '../../syntax/apart.ts';
import { readDocument } from '../../syntax/document.ts';
import type { Finding, LintInput } from '../support/finding.ts';
import { type Change, overlaps } from './change.ts';
import type { Fix } from './fix.ts';
import { changedLines, type MendedLine, textOf, unmendedLines, withOwnLineEnds } from './mended-text.ts';

export interface MendRequest {
  /** With the byte order mark, if there is one. */
  readonly text: string;
  /** A path or URI, for the family of dumps that have no header. */
  readonly fileName: string;
  /** Whether fixes that are not safe are made, too. */
  readonly unsafe: boolean;
  /** What is to be mended. */
  readonly find: (input: LintInput) => Steps<readonly Finding[]>;
}

export interface Mended {
  /** With the byte order mark, unless that was mended. */
  readonly text: string;
  readonly lines: readonly MendedLine[];
  /** The fixes that were made, in order. */
  readonly made: readonly { readonly code: string; readonly title: string }[];
  /** What is left, at its places in the mended text. */
  readonly left: readonly Finding[];
  /** The mended text as it was read. */
  readonly input: LintInput;
}

/** What one fix brings up is mended in the next round; what does not end by then mends in a circle. */
const mostRounds = 10;
const byteOrderMark = '\ufeff';
const fixesBetweenPauses = 64;
const changesBetweenPauses = 512;

/** The fix of a finding that is made without asking: the first safe one, else, where such are asked for, the first. */
export function fixToMake({ fixes }: Finding, unsafe: boolean): Fix | undefined {
  const all = fixes();
  return all.find(({ safety }) => safety === 'safe') ?? (unsafe ? all[0] : undefined);
}

/** Mends a text. Each round makes the fixes that do not get in each other's way; at most ten rounds. Pauses often; never throws. */
export function* mend({ text, fileName, unsafe, find }: MendRequest): Steps<Mended> {
  let mark = text.startsWith(byteOrderMark) ? byteOrderMark : '';
  let lines = yield* unmendedLines(text.slice(mark.length));
  const made: { readonly code: string; readonly title: string }[] = [];
  // Compared, and not hashed: there are ten at most, and each is as long as a dump.
  const seen: string[] = [];
  for (let round = 1; ; round += 1) {
    const now = mark + (yield* textOf(lines));
    const document = yield* withoutThroughout(yield* readDocument(now, fileName), fileName);
    const input = { document, ruleset: yield* buildRuleset(document) };
    const left = yield* find(input);
    const chosen = round <= mostRounds && !seen.includes(now) ? yield* chooseFixes(input, left, unsafe) : [];
    seen.push(now);
    if (chosen.length === 0) return { text: now, lines, made, left, input };
    const changes: Change[] = [];
    for (const [at, { finding, fix, changes: its }] of chosen.entries()) {
      if (at % changesBetweenPauses === changesBetweenPauses - 1) yield;
      made.push({ code: finding.code, title: fix.title });
      if (fix.mendsLineEnds === true) mark = '';
      for (const change of its) changes.push(change);
    }
    lines = yield* changedLines(lines, changes);
  }
}

interface ChosenFix {
  readonly finding: Finding;
  readonly fix: Fix;
  readonly changes: readonly Change[];
}

/** The changes of a round so far, by the lines that they touch. */
interface Taken {
  readonly ranges: Map<number, Change[]>;
  /** Characters at which something is put in. */
  readonly insertions: Map<number, Set<number>>;
  /** All of them, so that one that is said twice is made once. */
  readonly same: Set<string>;
}

/** The fixes of one round: of those that would change the same text the first, and of those that say the same one. */
function* chooseFixes(input: LintInput, findings: readonly Finding[], unsafe: boolean): Steps<readonly ChosenFix[]> {
  const chosen: ChosenFix[] = [];
  const taken: Taken = { ranges: new Map(), insertions: new Map(), same: new Set() };
  for (const [index, finding] of findings.entries()) {
    if (index % fixesBetweenPauses === fixesBetweenPauses - 1) yield;
    const fix = fixToMake(finding, unsafe);
    // Places are those of the lines as they are read.
    if (fix === undefined || (input.document.apart !== undefined && fix.mendsAllLines !== true)) continue;
    yield;
    const asFound = fix.changes();
    if (asFound.length >= changesBetweenPauses) yield;
    const changes = fix.mendsLineEnds === true ? asFound : withOwnLineEnds(input.document, asFound);
    if (changes.length >= changesBetweenPauses) yield;
    if (changes.length === 0 || (yield* areSomeTaken(taken, changes))) continue;
    for (const [at, change] of changes.entries()) {
      if (at % changesBetweenPauses === changesBetweenPauses - 1) yield;
      take(taken, change);
    }
    chosen.push({ finding, fix, changes });
  }
  return chosen;
}

function keyOf({ start, end, text }: Change): string {
  return `${start.line}:${start.character}-${end.line}:${end.character} ${text}`;
}

function isInsertion({ start, end }: Change): boolean {
  return start.line === end.line && start.character === end.character;
}

function* areSomeTaken(taken: Taken, changes: readonly Change[]): Steps<boolean> {
  for (const [at, change] of changes.entries()) {
    if (at % changesBetweenPauses === changesBetweenPauses - 1) yield;
    if (isTaken(taken, change)) return true;
  }
  return false;
}

/** Whether a change is made already, as where several rules name one chain that is not declared, or its text is another's. */
function isTaken({ ranges, insertions, same }: Taken, change: Change): boolean {
  if (same.has(keyOf(change))) return true;
  const { start, end } = change;
  for (let line = start.line; line <= end.line; line += 1) {
    if (ranges.get(line)?.some((other) => overlaps(change, other)) === true) return true;
    if (isInsertion(change)) continue;
    for (const character of insertions.get(line) ?? []) {
      const at = { line, character };
      if (overlaps(change, { start: at, end: at, text: '' })) return true;
    }
  }
  return false;
}

function take({ ranges, insertions, same }: Taken, change: Change): void {
  same.add(keyOf(change));
  const { start, end } = change;
  if (isInsertion(change)) {
    const characters = insertions.get(start.line);
    if (characters === undefined) insertions.set(start.line, new Set([start.character]));
    else characters.add(start.character);
    return;
  }
  for (let line = start.line; line <= end.line; line += 1) {
    const found = ranges.get(line);
    if (found === undefined) ranges.set(line, [change]);
    else found.push(change);
  }
}
