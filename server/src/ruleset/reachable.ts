import { createMemory } from '../base/memory.ts';
import type { NameIndex } from '../base/name-index.ts';
import { runToEnd, type Steps } from '../base/steps.ts';
import { isBuiltinChain } from '../catalog/tables.ts';
import type { Hook } from '../catalog/types.ts';
import type { Lines } from '../syntax/lines.ts';
import { changedJumps, changeReach, type Jump, type Ruled } from './changed-reach.ts';
import type { Reordered } from './rearranged.ts';
import type { Chain, Ruleset, Table } from './ruleset.ts';

const bits: Readonly<Record<Hook, number>> = { PREROUTING: 1, INPUT: 2, FORWARD: 4, OUTPUT: 8, POSTROUTING: 16 };
const hooks = Object.keys(bits) as readonly Hook[];

/** From where the chains of a table are reached. */
export interface Reach {
  /** Whether some way from a built-in chain leads to a chain; built-in chains are reached. */
  isReached(chain: Chain): boolean;
  /** The same by a chain's place in its table. */
  isReachedAt(place: number): boolean;
  /** The built-in chains that lead to it, itself if it is one, in the order in which a packet would meet them. */
  hooksOf(chain: Chain): readonly Hook[];
  /** Jumps that lead back to a chain from which they were reached. */
  readonly loops: readonly Loop[];
}

/** A rule of `from` jumps to `to`, from which some way leads to `from`. */
export interface Loop {
  readonly from: Chain;
  readonly to: Chain;
}

/** The built-in chains that lead to each chain, by its index. */
interface Masks {
  readonly bits: Uint8Array;
  readonly builtin: Uint8Array;
  /** Chains of `order` from here on have theirs, and have handed them on. */
  from: number;
}

/** What is worked out of a table, by the indices of its chains. */
interface Spread {
  readonly reached: Uint8Array;
  /** Which built-in chains lead to a chain is asked of few, mostly near those; that some do, of all. Known so far from the end of `order`. */
  masks: Masks | undefined;
  /** What the masks are made of; undefined where it was not walked yet. */
  order: Uint32Array | undefined;
  readonly loops: readonly Loop[];
}

const known = createMemory<Table, Spread>();

/** What is known of tables with the same chains and jumps under other names: by the built-in chains that they have then. */
interface SpreadByRoots {
  readonly jumps: Table['lists']['jumps'];
  readonly spreads: Map<string, Spread>;
}

const underNames = createMemory<NameIndex, SpreadByRoots>();

function rootsOf({ name, chains }: Table): string {
  return hooks.filter((hook) => isBuiltinChain(name, hook) && chains.has(hook)).join(' ');
}

function knownSpread(table: Table): Spread | undefined {
  const own = known.get(table);
  if (own !== undefined) return own;
  const { jumps, spreads } = underNames.get(table.chains.places) ?? {};
  const spread = jumps === table.lists.jumps ? spreads?.get(rootsOf(table)) : undefined;
  if (spread !== undefined) known.set(table, spread);
  return spread;
}

/** Keeps what is known of a table, for the same one under other names, too. Loops name chains, which are others then. */
function rememberUnderName(table: Table, spread: Spread): void {
  known.set(table, spread);
  if (spread.loops.length > 0) return;
  const { places } = table.chains;
  const { jumps } = table.lists;
  let before = underNames.get(places);
  if (before?.jumps !== jumps) {
    before = { jumps, spreads: new Map() };
    underNames.set(places, before);
  }
  before.spreads.set(rootsOf(table), spread);
}

function isHook(name: string): name is Hook {
  return Object.hasOwn(bits, name);
}

/** From where the chains of a table are reached. Worked out once for a table. */
export function reachOf(table: Table): Reach {
  return reachFrom(table, knownSpread(table) ?? runToEnd(spreadOf(table)));
}

/** The same; pauses every few thousand jumps. */
export function* reachSteps(table: Table): Steps<Reach> {
  return reachFrom(table, knownSpread(table) ?? (yield* spreadOf(table)));
}

function reachFrom(table: Table, spread: Spread): Reach {
  const { reached, loops } = spread;
  const found = spread;
  const bitsOf = ({ index }: Chain): number => {
    found.order ??= runToEnd(walk(table)).order;
    found.masks ??= noMasks(table, found.order);
    if (reached[index] === 1) findMask(table, found.masks, found.order, loops, index);
    return found.masks.bits[index] as number;
  };
  return {
    isReached: ({ index }) => reached[index] === 1,
    isReachedAt: (place) => reached[place] === 1,
    hooksOf: (chain) => hooks.filter((hook) => (bitsOf(chain) & bits[hook]) !== 0),
    loops,
  };
}

/**
 * Keeps what is known of a table for its version after an edit: what no changed jump leads to need not be walked again. Where loops are, or come, all is
 * walked anew: they name chains, which have other lines then.
 * @param reordered where the chains are in other places
 * @param ruled the chains whose rules are others now
 */
export function keepReach(from: Table, to: Table, lines: Lines, reordered: Reordered | undefined, ruled: readonly Ruled[]): void {
  const spread = known.get(from);
  if (spread === undefined || spread.loops.length > 0) return;
  if (hooks.some((hook) => from.chains.has(hook) !== to.chains.has(hook))) return;
  if (reordered === undefined && from.lists.jumps === to.lists.jumps) {
    known.set(to, spread);
    return;
  }
  const reached = movedReach(spread.reached, reordered);
  const changes = changedJumps(from, to, reordered, ruled, spread.reached);
  if (!changeReach(to, lines, reached, changes)) return;
  const isAsBefore = changes.added.length === 0 && changes.lost.length === 0;
  const order = isAsBefore ? movedOrder(spread.order, reordered?.after) : undefined;
  known.set(to, { reached, masks: undefined, order, loops: spread.loops });
}

/**
 * Keeps what is known of a table for the same one under another name, where chains are built in that were not, or no more. Pauses never: where it is not a
 * matter of few chains all is walked anew once it is asked for.
 */
export function keepRenamedReach(from: Table, to: Table, lines: Lines): void {
  const spread = known.get(from);
  if (spread === undefined || spread.loops.length > 0 || from.lists.jumps !== to.lists.jumps) return;
  rememberUnderName(from, spread);
  if (knownSpread(to) !== undefined || rootsOf(from) === '' || rootsOf(to) === '') return;
  const changed = hooks
    .flatMap((hook) => to.chains.get(hook) ?? [])
    .filter(({ name, builtin }) => builtin !== isBuiltinChain(from.name, name));
  // Ways end at built-in chains.
  if (changed.some(({ index }) => to.lists.references.lengthOf(index) > 0)) return;
  const reached = spread.reached.slice();
  const changes: { readonly added: Jump[]; readonly lost: Jump[] } = { added: [], lost: [] };
  for (const { index, builtin } of changed) {
    reached[index] = builtin ? 1 : 0;
    for (const target of to.lists.jumps.at(index)) changes[builtin ? 'added' : 'lost'].push({ from: index, to: target });
  }
  if (changeReach(to, lines, reached, changes))
    rememberUnderName(to, { reached, masks: undefined, order: undefined, loops: spread.loops });
}

function movedOrder(order: Uint32Array | undefined, after: Int32Array | undefined): Uint32Array | undefined {
  return after === undefined ? order : order?.map((place) => after[place] as number);
}

function movedReach(reached: Uint8Array, reordered: Reordered | undefined): Uint8Array {
  if (reordered === undefined) return reached.slice();
  const { before, kept } = reordered;
  const moved = new Uint8Array(before.length);
  moved.set(reached.subarray(0, kept));
  // A new chain was reached from nowhere.
  for (let place = kept; place < before.length; place += 1) {
    const old = before[place] as number;
    if (old >= 0) moved[place] = reached[old] as number;
  }
  return moved;
}

const jumpsBetweenPauses = 8_192;

const unseen = 0;
const done = 1;
const onPath = 2;

/** Which chains are built in, by their index. */
function builtinChains({ chains }: Table): Uint8Array {
  const builtin = new Uint8Array(chains.size);
  for (const name of hooks) {
    const chain = chains.get(name);
    if (chain?.builtin === true) builtin[chain.index] = 1;
  }
  return builtin;
}

/** What is found on the way from built-in chains. */
interface Walked {
  /** Of each chain, by its index, whether they lead to it: 1 where they do. */
  readonly reached: Uint8Array;
  /** The chains that they lead to, each behind all that it leads to. */
  readonly order: Uint32Array;
  readonly loops: readonly Loop[];
}

/** Goes all ways from built-in chains, which end a path. Pauses every few thousand jumps. */
function* walk(table: Table): Steps<Walked> {
  const { size } = table.chains;
  const { starts, values } = table.lists.jumps;
  const state = new Uint8Array(size);
  const builtin = builtinChains(table);
  const order = new Uint32Array(size);
  let ordered = 0;
  let looked = 0;
  const loops: Loop[] = [];
  // Two lists for one stack, as long as it can get: a table may have hundreds of thousands of chains of which each leads to the next, and lists that grow are copied.
  const path = new Uint32Array(size);
  const next = new Uint32Array(size);
  const chainAt = (index: number): readonly Chain[] => table.chains.atAll([index]);
  for (const name of hooks) {
    const start = table.chains.get(name);
    if (start?.builtin !== true) continue;
    path[0] = start.index;
    next[0] = starts[start.index] as number;
    state[start.index] = onPath;
    for (let top = 0; top >= 0; ) {
      looked += 1;
      if (looked % jumpsBetweenPauses === 0) yield;
      const chain = path[top] as number;
      const at = next[top] as number;
      // A table without any jump has no starts either.
      if (!(at < (starts[chain + 1] as number))) {
        state[chain] = done;
        order[ordered] = chain;
        ordered += 1;
        top -= 1;
        continue;
      }
      next[top] = at + 1;
      const target = values[at] as number;
      if (builtin[target] === 1) continue;
      if (state[target] === onPath) {
        for (const from of chainAt(chain)) for (const to of chainAt(target)) loops.push({ from, to });
      } else if (state[target] === unseen) {
        state[target] = onPath;
        top += 1;
        path[top] = target;
        next[top] = starts[target] as number;
      }
    }
  }
  // No path is left, and what was reached is done.
  return { reached: state, order: order.slice(0, ordered), loops };
}

function* spreadOf(table: Table): Steps<Spread> {
  const { reached, order, loops } = yield* walk(table);
  const spread: Spread = { reached, masks: undefined, order, loops };
  rememberUnderName(table, spread);
  return spread;
}

function noMasks(table: Table, order: Uint32Array): Masks {
  const masks = new Uint8Array(table.chains.size);
  for (const name of hooks) {
    const chain = table.chains.get(name);
    if (chain?.builtin === true) masks[chain.index] = bits[name];
  }
  return { bits: masks, builtin: builtinChains(table), from: order.length };
}

/** Finds what leads to a chain, and to all that stand behind it in the order. */
function findMask(table: Table, masks: Masks, order: Uint32Array, loops: readonly Loop[], index: number): void {
  if (masks.builtin[index] === 1 || masks.from === 0) return;
  if (loops.length > 0) {
    // Where some way leads back it takes several rounds.
    while (handOn(table, masks, order, order.length, undefined));
    return;
  }
  // All that leads to a chain stands behind it, and one round does.
  handOn(table, masks, order, masks.from, index);
}

/**
 * Hands on what leads to chains, from a place (exclusive) of the order down to a chain, or all the way.
 * @returns whether a chain had not been handed all of it before
 */
function handOn(table: Table, masks: Masks, order: Uint32Array, from: number, to: number | undefined): boolean {
  const { starts, values } = table.lists.jumps;
  const { bits: all, builtin } = masks;
  let isNew = false;
  let at = from - 1;
  for (; at >= 0; at -= 1) {
    const chain = order[at] as number;
    if (chain === to) break;
    const mask = all[chain] as number;
    const end = starts[chain + 1] as number;
    for (let place = starts[chain] as number; place < end; place += 1) {
      const target = values[place] as number;
      const before = all[target] as number;
      if (builtin[target] === 1 || (before | mask) === before) continue;
      all[target] = before | mask;
      isNew = true;
    }
  }
  masks.from = at + 1;
  return isNew;
}

/** The chains that these built-in ones lead to, themselves included. */
export function chainsReachedFrom(table: Table, from: readonly Hook[]): ReadonlySet<Chain> {
  const reached = new Set<Chain>();
  for (const hook of from) {
    const chain = table.chains.get(hook);
    if (chain?.builtin === true) reached.add(chain);
  }
  // A set is walked in the order in which it grows.
  for (const chain of reached) for (const target of chain.jumps) if (!target.builtin) reached.add(target);
  return reached;
}

/** Whether one of these built-in chains leads to a chain, looked for from the chain upwards: quick where few rules jump to it. */
export function isReachedFrom({ lines }: Ruleset, chain: Chain, from: readonly Hook[]): boolean {
  const seen = new Set<Chain>([chain]);
  for (const { builtin, name, references, table } of seen) {
    if (builtin) {
      if (isHook(name) && from.includes(name)) return true;
      continue;
    }
    for (const number of references) {
      const line = lines.at(number);
      const jumper =
        line === undefined || line.command === 'delete' || line.command === 'check' ? undefined : table.chains.get(line.name);
      if (jumper !== undefined) seen.add(jumper);
    }
  }
  return false;
}

/** All built-in chains but these. */
export function otherHooks(than: readonly Hook[]): readonly Hook[] {
  return hooks.filter((hook) => !than.includes(hook));
}
