/** Which chains are reached after an edit that changes a few jumps, worked out from what was reached before. */
import { builtinChains, isBuiltinChain, isTableName } from '../catalog/tables.ts';
import type { Lines } from '../syntax/lines.ts';
import { changedBetween } from './changed-lines.ts';
import type { Reordered } from './rearranged.ts';
import type { Table } from './ruleset.ts';

/** A chain whose rules an edit changes. */
export interface Ruled {
  readonly name: string;
  /** Its place before the edit; undefined for a new one. */
  readonly before: number | undefined;
}

/** A jump between chains, by their places after the edit; `from` is -1 for a chain that is gone. */
export interface Jump {
  readonly from: number;
  readonly to: number;
}

export interface ChangedJumps {
  readonly added: readonly Jump[];
  /** Of chains that were reached. */
  readonly lost: readonly Jump[];
}

/** With more chains behind a jump than these it is as well to walk all. */
const mostLookedAt = 2_048;

/**
 * The jumps that an edit adds and takes away.
 * @param reached which chains were reached, by their places before
 */
export function changedJumps(
  from: Table,
  to: Table,
  reordered: Reordered | undefined,
  ruled: readonly Ruled[],
  reached: Uint8Array,
): ChangedJumps {
  const added: Jump[] = [];
  const lost: Jump[] = [];
  for (const { name, before } of ruled) {
    const place = to.chains.places.get(name);
    const old = before === undefined ? [] : from.lists.jumps.at(before);
    const moved = reordered === undefined ? old : old.map((target) => reordered.after[target] as number);
    const now = place === undefined ? [] : to.lists.jumps.at(place);
    const differing = differences(moved, now);
    if (before !== undefined && reached[before] === 1)
      for (const target of differing.lost) if (target >= 0) lost.push({ from: place ?? -1, to: target });
    if (place !== undefined) for (const target of differing.added) added.push({ from: place, to: target });
  }
  return { added, lost };
}

/** The numbers that only one of two lists has; in neither is one twice. */
function differences(
  old: readonly number[],
  now: readonly number[],
): { readonly lost: readonly number[]; readonly added: readonly number[] } {
  // Most are the same: those at the beginning and at the end stand in no set.
  const { at, removed, added } = changedBetween(old.length, now.length, (one, other) => old[one] === now[other]);
  const [before, after] = [old.slice(at, at + removed), now.slice(at, at + added)];
  const [hadBefore, hasNow] = [new Set(before), new Set(after)];
  return { lost: before.filter((number) => !hasNow.has(number)), added: after.filter((number) => !hadBefore.has(number)) };
}

/** Changes what is reached; false where it is as well to walk all anew, or where jumps may lead back. */
export function changeReach(table: Table, lines: Lines, reached: Uint8Array, { added, lost }: ChangedJumps): boolean {
  const { chains, lists } = table;
  const isBuiltin = (place: number): boolean => isBuiltinChain(table.name, chains.nameAt(place));
  const jumpsOf = (place: number): readonly number[] => lists.jumps.at(place);
  // No way leads back to a built-in chain, and none behind what was reached leads in a circle.
  const inCircles = added.filter(({ from, to }) => !isBuiltin(from) || reached[to] !== 1);
  // What a built-in chain jumps to is reached, and all behind it.
  const sure = new Set(lost.length === 0 ? [] : builtinPlaces(table).flatMap(jumpsOf));
  const mayBeLost = (to: number): boolean => reached[to] === 1 && !isBuiltin(to) && !sure.has(to);
  // What a lost jump led to, and all behind it, is reached if some other chain that is reached jumps there.
  const inDoubt = new Set(lost.map(({ to }) => to).filter(mayBeLost));
  for (const place of inDoubt) {
    if (inDoubt.size > mostLookedAt) return false;
    for (const target of jumpsOf(place)) if (mayBeLost(target)) inDoubt.add(target);
  }
  for (const place of inDoubt) reached[place] = 0;
  const isJumpedTo = (place: number): boolean =>
    lists.references.some(place, (number) => {
      const owner = chains.places.get(lines.nameAt(number));
      return owner !== undefined && reached[owner] === 1 && jumpsOf(owner).includes(place);
    });
  const flood = (first: number): void => {
    const waiting = [first];
    for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
      if (reached[place] === 1) continue;
      reached[place] = 1;
      for (const target of jumpsOf(place)) if (reached[target] === 0 && !isBuiltin(target)) waiting.push(target);
    }
  };
  for (const place of inDoubt) if (reached[place] === 0 && isJumpedTo(place)) flood(place);
  for (const { from, to } of added) if (reached[from] === 1 && reached[to] === 0 && !isBuiltin(to)) flood(to);
  return inCircles.every(({ from, to }) => reached[from] !== 1 || isBuiltin(to) || leadsInNoCircle(from, to, jumpsOf, isBuiltin));
}

function builtinPlaces({ name, chains }: Table): readonly number[] {
  return isTableName(name) ? builtinChains[name].flatMap((hook) => chains.places.get(hook) ?? []) : [];
}

/** Whether no way from a jump on leads back to a chain on it; false too where there are too many chains behind it to follow. */
function leadsInNoCircle(
  from: number,
  to: number,
  jumpsOf: (place: number) => readonly number[],
  isBuiltin: (place: number) => boolean,
): boolean {
  const onPath = new Set([from]);
  const done = new Set<number>();
  const path: { readonly place: number; readonly targets: readonly number[]; next: number }[] = [];
  const enter = (place: number): void => {
    onPath.add(place);
    path.push({ place, targets: jumpsOf(place), next: 0 });
  };
  if (from === to) return false;
  enter(to);
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    const target = top.targets[top.next];
    if (target === undefined) {
      onPath.delete(top.place);
      done.add(top.place);
      path.pop();
      continue;
    }
    top.next += 1;
    if (isBuiltin(target) || done.has(target)) continue;
    if (onPath.has(target) || done.size + onPath.size > mostLookedAt) return false;
    enter(target);
  }
  return true;
}
