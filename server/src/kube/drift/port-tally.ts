/** Which Service ports a dump has rules for, counted on over edits: a large dump has thousands of such rules, of which an edit touches one. */

import { createMemory } from '../../base/memory.ts';
import { changedBetween } from '../../ruleset/changed-lines.ts';
import type { Chain, Dump, Ruleset } from '../../ruleset/ruleset.ts';
import type { Line } from '../../syntax/line.ts';
import type { Lines } from '../../syntax/lines.ts';
import { splitHashedName } from '../identity/chain-names.ts';

/** The rules of nat's KUBE-SERVICES and KUBE-NODEPORTS, and the Service ports that they lead to. */
export interface PortTally {
  /** The lines of the rules, 0-based. */
  readonly numbers: readonly number[];
  /** The hash of the port that each of them leads to; empty where it leads to none. */
  readonly hashes: readonly string[];
  /** How many rules lead to each port. Of the version that was asked for last: not to be kept. */
  readonly counts: ReadonlyMap<string, number>;
  /** Another object where other ports are counted; the same over edits that change no port. */
  readonly ports: object;
}

interface Kept {
  /** The lines that were counted, as `Lines.identityAt` tells them apart, and the text that they are of. */
  lines: readonly unknown[];
  text: object | undefined;
  hashes: readonly string[];
  readonly counts: Map<string, number>;
  ports: object;
}

/** By a line that most edits leave alone: the first declaration of the chains, or else their first rule. */
const keptBy = createMemory<Line, Kept>();

function hashOn(lines: Lines, number: number): string {
  const command = lines.formAt(number)?.command;
  if (command === 'delete' || command === 'check') return '';
  const split = splitHashedName(lines.targetAt(number));
  return split === undefined || split.prefix === 'KUBE-SEP-' ? '' : split.hash;
}

function count(kept: Kept, hash: string, by: 1 | -1): void {
  if (hash === '') return;
  const before = kept.counts.get(hash) ?? 0;
  if (before + by === 0) kept.counts.delete(hash);
  else kept.counts.set(hash, before + by);
  if (before === 0 || before + by === 0) kept.ports = {};
}

function takeOver(kept: Kept, lines: Lines, numbers: readonly number[]): void {
  const counted = numbers.map((number) => lines.identityAt(number));
  const isOfText = kept.text === lines.text;
  const { at, removed, added } = changedBetween(
    kept.lines.length,
    counted.length,
    (old, now) => isOfText && kept.lines[old] === counted[now],
  );
  const gone = kept.hashes.slice(at, at + removed);
  const come = numbers.slice(at, at + added).map((number) => hashOn(lines, number));
  for (const hash of come) count(kept, hash, 1);
  for (const hash of gone) count(kept, hash, -1);
  kept.hashes = [...kept.hashes.slice(0, at), ...come, ...kept.hashes.slice(at + removed)];
  kept.lines = counted;
  kept.text = lines.text;
}

/** The tally of a dump. No rule is read for it, and of what was counted in an earlier version only what is another now is counted again. */
export function portTally(ruleset: Ruleset, dump: Dump): PortTally {
  const nat = dump.tables.find(({ name }) => name === 'nat');
  const chains: readonly Chain[] = ['KUBE-SERVICES', 'KUBE-NODEPORTS'].flatMap((name) => nat?.chains.get(name) ?? []);
  const numbers = chains.flatMap(({ rules }) => rules);
  const key = ruleset.lines.kept(chains[0]?.declarations[0] ?? numbers[0] ?? -1);
  let kept = key === undefined ? undefined : keptBy.get(key);
  if (kept === undefined) {
    kept = { lines: [], text: undefined, hashes: [], counts: new Map(), ports: {} };
    if (key !== undefined) keptBy.set(key, kept);
  }
  takeOver(kept, ruleset.lines, numbers);
  return { numbers, hashes: kept.hashes, counts: kept.counts, ports: kept.ports };
}
