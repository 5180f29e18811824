/**
 * Which options a rule knows at a point of the line. getopt_long(3) sees iptables' own options and those of every extension loaded so far, and
 * a word may be the unique beginning of a name. Source: iptables 1.8.9, command_default and xtables_merge_options.
 */

import { commandNames } from './core-options.ts';
import { coreOptions, findMatch, findTarget, spellings } from './lookup.ts';
import type { ExtensionSpec, Family, OptionSpec } from './types.ts';
import { readNumber } from './values/numbers.ts';
import { protocolName } from './values/protocols.ts';

/** What the parser asks while it reads one rule. One object serves every rule; no call allocates once a combination was seen. */
export interface OptionScope {
  /**
   * Starts a new rule. With a family, options that an extension has in the other family only are not known. An extension that the family lacks
   * altogether is still read with its options, so that only its name is wrong.
   */
  reset(family?: Family): void;
  /**
   * The option that a word means here: its full name, a unique beginning of it, or its short form. An option of the match that is named like the
   * protocol of `-p` loads that match. Undefined when no loaded extension has it; `whoHas` of lookup.ts says which would.
   */
  open(spelled: string): OptionSpec | undefined;
  /** Takes note of `-m name`, `-j name` and `-p name`. An unknown match counts as loaded, without options. */
  load(kind: 'match' | 'target' | 'protocol', name: string): void;
  /**
   * Where the option of the last successful `open` belongs: 0 iptables' own, n the n-th match in the order loaded (those that `-p` loads
   * count), -1 the target.
   */
  readonly instance: number;
}

/** What a word means in a state, and the state behind it. */
interface Hit {
  readonly spec: OptionSpec;
  readonly instance: number;
  readonly next: State;
}

interface Loaded {
  readonly extension: ExtensionSpec;
  readonly instance: number;
}

/** A list of loaded extensions. States are shared by all rules that load the same extensions in the same order. */
interface State {
  readonly family: Family | undefined;
  /** Latest first: getopt sees their options in that order. */
  readonly loaded: readonly Loaded[];
  readonly matchCount: number;
  /** The match that an option nobody knows makes `-p` load. */
  readonly implicit: ExtensionSpec | undefined;
  /** It was loaded so; that happens once in a rule. */
  readonly implicitUsed: boolean;
  readonly hits: Map<string, Hit>;
  /** The states after `-m`, by the match; undefined for a match that is not known. */
  readonly afterMatch: Map<ExtensionSpec | undefined, State>;
  readonly afterTarget: Map<ExtensionSpec, State>;
  readonly afterProtocol: Map<ExtensionSpec | undefined, State>;
}

/** How many states are kept. A file that loads extensions in more orders makes us start afresh, never grow. */
const maxStates = 4096;

/** How many -m a state remembers; iptables-restore takes 251 words a line. */
const maxLoaded = 256;

const coreBySpelling = new Map(coreOptions.flatMap((option) => spellings(option).map((spelled) => [spelled, option] as const)));

/** Makes a scope with a cache of its own. */
export function createOptionScope(): OptionScope {
  let starts = makeStarts();
  let state = starts.any;
  let states = 3;
  let instance = 0;

  function follow<Key>(steps: Map<Key, State>, key: Key, make: () => State): void {
    let next = steps.get(key);
    if (next === undefined) {
      next = make();
      states += 1;
      steps.set(key, next);
    }
    state = next;
  }

  return {
    reset(family?: Family): void {
      if (states > maxStates) {
        starts = makeStarts();
        states = 3;
      }
      state = starts[family ?? 'any'];
    },
    open(spelled: string): OptionSpec | undefined {
      const hit = state.hits.get(spelled) ?? find(state, spelled);
      if (hit === undefined) return undefined;
      state = hit.next;
      instance = hit.instance;
      return hit.spec;
    },
    load(kind: 'match' | 'target' | 'protocol', name: string): void {
      const before = state;
      if (kind === 'match') {
        if (before.matchCount >= maxLoaded) return;
        const extension = findMatch(name);
        follow(before.afterMatch, extension, () => withMatch(before, extension));
      } else if (kind === 'target') {
        const extension = findTarget(name);
        // A chain or ACCEPT has no options.
        if (extension === undefined) return;
        follow(before.afterTarget, extension, () => makeState(before, { extension, instance: -1 }));
      } else {
        const extension = findMatch(protocolMatchName(name));
        if (extension === before.implicit) return;
        follow(before.afterProtocol, extension, () => makeState({ ...before, implicit: extension }));
      }
    },
    get instance(): number {
      return instance;
    },
  };
}

function makeStarts(): Readonly<Record<Family | 'any', State>> {
  return { any: makeState({}), ipv4: makeState({ family: 'ipv4' }), ipv6: makeState({ family: 'ipv6' }) };
}

function makeState(like: Partial<State>, added?: Loaded): State {
  return {
    family: like.family,
    loaded: added === undefined ? (like.loaded ?? []) : [added, ...(like.loaded ?? [])],
    matchCount: like.matchCount ?? 0,
    implicit: like.implicit,
    implicitUsed: like.implicitUsed ?? false,
    hits: new Map(),
    afterMatch: new Map(),
    afterTarget: new Map(),
    afterProtocol: new Map(),
  };
}

function withMatch(state: State, extension: ExtensionSpec | undefined): State {
  const matchCount = state.matchCount + 1;
  return makeState({ ...state, matchCount }, extension === undefined ? undefined : { extension, instance: matchCount });
}

/** The name of the match that `-p` stands for: a number means the protocol's name, and case does not count. */
function protocolMatchName(protocol: string): string {
  const first = protocol.charCodeAt(0);
  if (first < 0x30 || first > 0x39) return protocol.toLowerCase();
  const number = readNumber(protocol, 0, 255);
  return number === undefined ? '' : (protocolName(number) ?? '');
}

/** Looks a word up in full, and notes what was found for the next time. */
function find(state: State, spelled: string): Hit | undefined {
  const known = lookUp(state, spelled);
  if (known !== undefined) {
    const hit: Hit = { ...known, next: state };
    state.hits.set(spelled, hit);
    return hit;
  }
  if (state.implicit === undefined || state.implicitUsed) return undefined;
  const next = withMatch({ ...state, implicitUsed: true }, state.implicit);
  const behind = lookUp(next, spelled);
  if (behind === undefined) return undefined;
  const hit: Hit = { ...behind, next };
  state.hits.set(spelled, hit);
  return hit;
}

function lookUp(state: State, spelled: string): Omit<Hit, 'next'> | undefined {
  const core = coreBySpelling.get(spelled);
  if (core !== undefined) return { spec: core, instance: 0 };
  if (!spelled.startsWith('--') || spelled.length < 3) return undefined;
  for (const { extension, instance } of state.loaded) {
    for (const spec of extension.options) {
      if ((spec.long === spelled || spec.aliases.includes(spelled)) && isKnown(spec, state.family)) return { spec, instance };
    }
  }
  return lookUpBeginning(state, spelled);
}

function isKnown(spec: OptionSpec, family: Family | undefined): boolean {
  if (family === undefined || spec.families.includes(family) || spec.extension === undefined) return true;
  return !spec.extension.families.includes(family);
}

/** The one option whose name begins so; where the family is not known, in either of them. */
function lookUpBeginning(state: State, beginning: string): Omit<Hit, 'next'> | undefined {
  if (commandNames.some((name) => name.startsWith(beginning))) return undefined;
  if (state.family !== undefined) return onlyOption(state, state.family, beginning);
  return onlyOption(state, undefined, beginning) ?? onlyOption(state, 'ipv4', beginning) ?? onlyOption(state, 'ipv6', beginning);
}

/** Two names of one option are one; options of two loads of the same match are two. */
function onlyOption(state: State, family: Family | undefined, beginning: string): Omit<Hit, 'next'> | undefined {
  let found: Omit<Hit, 'next'> | undefined;
  const candidates = [
    { options: coreOptions, instance: 0 },
    ...state.loaded.map((loaded) => ({ options: loaded.extension.options, ...loaded })),
  ];
  for (const { options, instance } of candidates) {
    for (const spec of options) {
      if (!isKnown(spec, family)) continue;
      if (!spec.long.startsWith(beginning) && !spec.aliases.some((alias) => alias.startsWith(beginning))) continue;
      if (found !== undefined) return undefined;
      found = { spec, instance };
    }
  }
  return found;
}
