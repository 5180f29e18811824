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

/** The lines (0-based, from `from` up to `to`) of a table's rules that were cut where all of its lines were; empty where none was. Pauses every few thousand. */
export function* cutLines(lines: Lines, from: number, to: number, chains: ChainMap<Chain>): Steps<ReadonlySet<number>> {
  let rules = 0;
  let withoutTarget = 0;
  const { places, lengths } = lines.columns;
  const byLength = yield* longest(lines, from, to, (number, line) => {
    rules += 1;
    // Every rule of a known shape has a target.
    if (line?.target === '') withoutTarget += 1;
    return line?.text.length ?? (lengths[places[number] as number] as number);
  });
  const cut = new Set((yield* areCut(lines, byLength, chains)) ? byLength : []);
  // Nearly every rule that somebody prints has a target. Words are counted only where many have none.
  if (withoutTarget < fewestLines || withoutTarget * 3 < rules) return cut;
  const byWords = yield* longest(lines, from, to, (number) => {
    const prefix = lines.formAt(number)?.prefix ?? 0;
    return lines
      .textAt(number)
      .slice(prefix, prefix + mostRead)
      .split(/\s+/).length;
  });
  return (yield* areCut(lines, byWords, chains)) ? new Set([...cut, ...byWords]) : cut;
}

/** A rule of more characters has more words than anybody cuts it to. */
const mostRead = 1000;

/** Whether a line is a rule, or was not understood and may be the beginning of one. */
function isRule(line: Line): boolean {
  return line.kind === 'rule' || (line.kind === 'other' && !line.listing && beginsWithOption(line));
}

/** What a rule measures, by its number; with the line, unless it is of a known shape. */
type Measure = (number: number, line: Line | undefined) => number;

/** The rules, as iptables prints them in any form or begins them, that measure most. */
function* longest(lines: Lines, from: number, to: number, measure: Measure): Steps<readonly number[]> {
  const { places, targets } = lines.columns;
  let most = 0;
  let found: number[] = [];
  for (let number = from; number < to; number += 1) {
    if (number % linesBetweenPauses === linesBetweenPauses - 1) yield;
    const place = places[number] ?? -1;
    const isShaped = place >= 0;
    const line = isShaped ? undefined : lines.at(number);
    if (isShaped ? targets[place] === declares : line === undefined || !isRule(line)) continue;
    const size = measure(number, line);
    if (size < most) continue;
    if (size > most) found = [];
    most = size;
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
    if (at % linesBetweenPauses === linesBetweenPauses - 1) yield;
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
