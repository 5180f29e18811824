/**
 * Lines that were all cut at one place: `cut -c1-100`, `less -S`, a terminal that does not wrap, `cut -d' ' -f1-6`, `awk '{print $1, $2, $3}'`.
 * Nothing says so but the lines themselves: none is longer, several are as long, and of those most break off.
 */

import { createMemory } from '../base/memory.ts';
import type { Steps } from '../base/steps.ts';
import { beginsWithOption, type Line } from '../syntax/line.ts';
import { declares, type Lines } from '../syntax/lines.ts';
import type { ChainMap } from './chain-map.ts';
import type { Chain } from './ruleset.ts';

/** So many lines break off in a text that was cut; fewer may be mistakes. */
const fewestLines = 4;
/** They break off in so many different words; one mistake may stand in many lines. */
const fewestEndings = 3;
const linesBetweenPauses = 4_096;
/** Of lines of which each is read. */
const readBetweenPauses = 64;

/** The lines (0-based, from `from` up to `to`) of a table's rules that were cut where all of its lines were; empty where none was. Pauses every few thousand. */
export function* cutLines(lines: Lines, from: number, to: number, chains: ChainMap<Chain>): Steps<ReadonlySet<number>> {
  const { rules, withoutTarget, longest: byLength } = yield* longestRules(lines, from, to);
  const cut = new Set((yield* areCut(lines, byLength, chains)) ? byLength : []);
  // Nearly every rule that somebody prints has a target. Words are counted only where many have none.
  if (withoutTarget < fewestLines || withoutTarget * 3 < rules) return cut;
  const byWords = yield* wordiest(lines, from, to);
  return (yield* areCut(lines, byWords, chains)) ? new Set([...cut, ...byWords]) : cut;
}

/** A rule of more characters has more words than anybody cuts it to. */
const mostRead = 1000;

/** Whether a line is a rule, or was not understood and may be the beginning of one. */
function isRule(line: Line): boolean {
  return line.kind === 'rule' || (line.kind === 'other' && !line.listing && beginsWithOption(line));
}

/** The rules, as iptables prints them in any form or begins them, that have the most characters; and how many there are. */
interface LongestRules {
  rules: number;
  /** How many of them lead nowhere. */
  withoutTarget: number;
  most: number;
  longest: number[];
}

/** By the first line of a table. */
const known = createMemory<Lines, Map<number, LongestRules & { readonly to: number }>>();

function* longestRules(lines: Lines, from: number, to: number): Steps<LongestRules> {
  let ofTables = known.get(lines);
  if (ofTables === undefined) {
    ofTables = new Map();
    known.set(lines, ofTables);
  }
  const before = ofTables.get(from);
  if (before?.to === to) return before;
  const found = yield* findLongest(lines, from, to);
  // Of a text of one rule a table as many are looked at as there are.
  if (to - from > linesBetweenPauses) ofTables.set(from, { ...found, to });
  return found;
}

/** Keeps what is known of lines for those that say the same, but for the names of tables. */
export function carryLongest(from: Lines, to: Lines): void {
  const before = known.get(from);
  if (before !== undefined) known.set(to, before);
}

function* findLongest(lines: Lines, from: number, to: number): Steps<LongestRules> {
  const found: LongestRules = { rules: 0, withoutTarget: 0, most: 0, longest: [] };
  for (let start = from; start < to; start += linesBetweenPauses) {
    if (start > from) yield;
    addLongest(found, lines, start, Math.min(start + linesBetweenPauses, to));
  }
  return found;
}

/** Adds the rules of some lines. Those of known shapes are read in the columns: each has a target. */
function addLongest(found: LongestRules, lines: Lines, from: number, to: number): void {
  const { places, targets, lengths } = lines.columns;
  for (let number = from; number < to; number += 1) {
    let size = 0;
    const place = places[number] ?? -1;
    if (place >= 0) {
      if (targets[place] === declares) continue;
      size = lengths[place] as number;
    } else {
      const line = lines.at(number);
      if (line === undefined || !isRule(line)) continue;
      size = line.text.length;
      if (line.target === '') found.withoutTarget += 1;
    }
    found.rules += 1;
    if (size < found.most) continue;
    if (size > found.most) found.longest = [];
    found.most = size;
    found.longest.push(number);
  }
}

/** The same rules that have the most words. */
function* wordiest(lines: Lines, from: number, to: number): Steps<readonly number[]> {
  const { places, targets } = lines.columns;
  let most = 0;
  let found: number[] = [];
  for (let number = from; number < to; number += 1) {
    if (number % linesBetweenPauses === linesBetweenPauses - 1) yield;
    const place = places[number] ?? -1;
    const isShaped = place >= 0;
    const line = isShaped ? undefined : lines.at(number);
    if (isShaped ? targets[place] === declares : line === undefined || !isRule(line)) continue;
    const prefix = lines.formAt(number)?.prefix ?? 0;
    const words = lines
      .textAt(number)
      .slice(prefix, prefix + mostRead)
      .split(/\s+/).length;
    if (words < most) continue;
    if (words > most) found = [];
    most = words;
    found.push(number);
  }
  return found;
}

/** Whether most of some lines break off, each in words of its own. */
function* areCut(lines: Lines, numbers: readonly number[], chains: ChainMap<Chain>): Steps<boolean> {
  if (numbers.length < fewestLines) return false;
  const endings = new Set<string>();
  let broken = 0;
  for (const [at, number] of numbers.entries()) {
    if (at % readBetweenPauses === readBetweenPauses - 1) yield;
    const line = lines.at(number);
    if (line === undefined || !breaksOff(line, chains)) continue;
    broken += 1;
    endings.add(line.text.slice(-mostOfEnding));
  }
  return broken >= fewestLines && broken * 2 >= numbers.length && endings.size >= fewestEndings;
}

const mostOfEnding = 12;

/** Whether a rule lacks its target, or what it says last is half of something: a value, a quote, the name of a chain that is declared. */
function breaksOff({ kind, target, problems, listing, text, isUnsure }: Line, chains: ChainMap<Chain>): boolean {
  // A row has its target in front; at its end it breaks off in a comment, or in a word that says nothing.
  if (listing) return text.lastIndexOf('/*') > text.lastIndexOf('*/') || (isUnsure && !text.endsWith('*/'));
  if (kind === 'other' || target === '' || problems.some(({ code }) => code === 'unbalanced-quote')) return true;
  if (problems.some(({ severity }) => severity === 'error')) return true;
  const chain = chains.get(target);
  return chain !== undefined && !chain.builtin && chain.declarations.length === 0 && isHalf(target, chains);
}

const sortedNames = createMemory<ChainMap<Chain>, readonly string[]>();

/** Whether a name is the beginning of a longer one that is declared. */
function isHalf(name: string, chains: ChainMap<Chain>): boolean {
  let names = sortedNames.get(chains);
  if (names === undefined) {
    const declared: string[] = [];
    for (const chain of chains.values()) if (chain.declarations.length > 0) declared.push(chain.name);
    names = declared.sort();
    sortedNames.set(chains, names);
  }
  let [low, high] = [0, names.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((names[middle] as string) <= name) low = middle + 1;
    else high = middle;
  }
  return names[low]?.startsWith(name) === true;
}
