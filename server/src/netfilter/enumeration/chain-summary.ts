/**
 * What a chain makes of a packet, all paths through it at once: where it leaves the chain, as what, and what is taken to be so for that. A chain is
 * gone through once for each packet that differs in what rules can see, however often it is jumped to.
 */
import { createMemory } from '../../base/memory.ts';
import { type Steps, statementsBetweenPauses } from '../../base/steps.ts';
import type { Chain } from '../../ruleset/ruleset.ts';
import type { Answer } from '../answer.ts';
import { compiledRule, isForAnother } from '../compile-rule.ts';
import type { CompiledRule } from '../compiled-rule.ts';
import type { Stage } from '../hooks.ts';
import type { Packet } from '../packet.ts';
import { rulesFor } from '../rule-index.ts';
import { chancesOf, effectOf, type Then } from './effects.ts';
import { jumpTarget } from './jump-target.ts';
import { assume, type Run } from './state.ts';
import { addWorld, answerIn, newWorld, passing, stepping, supposing, type World, type Worlds } from './worlds.ts';

/** How a packet leaves a chain: back to whoever jumped there, to the next table, or not at all. */
export type ExitKind = Exclude<Then, 'continue'>;

export interface Exit {
  readonly kind: ExitKind;
  readonly packet: Packet;
  readonly world: World;
}

/** The worlds of all packets at one place, by what tells the packets apart. */
type Places = Map<string, Worlds>;

/** A chain that is being gone through for one packet. */
interface Passage {
  readonly packet: Packet;
  readonly chain: Chain;
  readonly rules: readonly number[];
  at: number;
  places: Places;
  /** Of each kind only once a packet leaves so: chains may be nested by the hundred thousand. */
  readonly exits: Partial<Record<ExitKind, Places>>;
}

const exitKinds: readonly ExitKind[] = ['next-table', 'return', 'drop', 'reject'];

export interface Summaries {
  readonly run: Run;
  readonly stage: Stage | undefined;
  /** By what tells packets apart, then by the chain's name: a text of both for each chain would be most of what is in memory. */
  readonly known: Map<string, Map<string, readonly Exit[]>>;
  /** Rules that may still be asked. */
  left: number;
  /** Whether worlds had to be left out. */
  isPartial: boolean;
}

const mostPlaces = 512;
const keys = createMemory<Packet, string>();

/** Everything of a packet that a rule can see, as a key. */
function packetKey(packet: Packet): string {
  let key = keys.get(packet);
  if (key === undefined) {
    key = JSON.stringify(packet, (_key, value: unknown) => {
      if (typeof value === 'bigint') return String(value);
      return value instanceof Map ? [...value] : value;
    });
    keys.set(packet, key);
  }
  return key;
}

function add(summaries: Summaries, places: Places, packet: Packet, world: World): void {
  const key = packetKey(packet);
  let worlds = places.get(key);
  if (worlds === undefined) {
    if (places.size >= mostPlaces) {
      summaries.isPartial = true;
      return;
    }
    worlds = { packet, byKey: new Map() };
    places.set(key, worlds);
  }
  // Each of the worlds is compared with it.
  summaries.left -= worlds.byKey.size / 4;
  if (!addWorld(worlds, world)) summaries.isPartial = true;
}

interface Asked {
  readonly packet: Packet;
  readonly world: World;
}

/** Follows one open answer; worlds in which it does not hold go to `no`. Undefined where it holds in none. */
function follow(run: Run, { packet, world }: Asked, answer: Exclude<Answer, boolean>, no: Asked[]): Asked | undefined {
  switch (answer.kind) {
    case 'assumed':
      assume(run, answer.assumption);
      if (answer.holds) return { packet, world };
      no.push({ packet, world });
      return undefined;
    case 'effect': {
      const changed = { packet: answer.change(packet), world };
      if (answer.holds) return changed;
      no.push(changed);
      return undefined;
    }
    case 'chance': {
      const { probability } = answer;
      if (probability < 1) no.push({ packet, world: { ...world, probability: world.probability * (1 - probability) } });
      return probability > 0 ? { packet, world: { ...world, probability: world.probability * probability } } : undefined;
    }
    case 'doubt': {
      const { fact, negated } = answer;
      const known = answerIn(world, fact) ?? run.options.decide?.(fact);
      // What a yes says of interfaces is in the world itself.
      const learned = fact.about === 'interface' || fact.learn === undefined ? packet : fact.learn(packet);
      if (known !== undefined) {
        if (known !== negated) return { packet: known ? learned : packet, world };
        no.push({ packet, world });
        return undefined;
      }
      no.push({ packet: negated ? learned : packet, world: supposing(world, fact, negated) });
      return { packet: negated ? packet : learned, world: supposing(world, fact, !negated) };
    }
  }
}

/** The worlds in which a rule matches, at most one, and those in which it does not. */
function ask(
  { run }: Summaries,
  start: Asked,
  rule: CompiledRule,
): { readonly match: Asked | undefined; readonly no: readonly Asked[] } {
  const answers = rule.predicates.map((predicate) => predicate(start.packet, run.knows));
  const hasEffect = answers.some((answer) => typeof answer !== 'boolean' && answer.kind === 'effect');
  if (!hasEffect && answers.includes(false)) return { match: undefined, no: [start] };
  const no: Asked[] = [];
  let match: Asked | undefined = start;
  for (const answer of answers) {
    if (answer === true) continue;
    if (answer === false) {
      no.push(match);
      return { match: undefined, no };
    }
    match = follow(run, match, answer, no);
    if (match === undefined) break;
  }
  return { match, no };
}

function newPassage(run: Run, chain: Chain, packet: Packet): Passage {
  const places: Places = new Map([[packetKey(packet), { packet, byKey: new Map([['', newWorld]]) }]]);
  return { packet, chain, rules: rulesFor(run.ruleset, chain, packet), at: 0, places, exits: {} };
}

function leave(summaries: Summaries, { exits }: Passage, { kind, packet, world }: Exit): void {
  exits[kind] ??= new Map();
  add(summaries, exits[kind], packet, world);
}

/** A rule with its place, and where packets go that it does not stop. */
interface At {
  readonly passage: Passage;
  readonly line: number;
  readonly next: Places;
  /** What leaves the chain by this rule. */
  readonly leaving: Exit[];
}

function knownExits({ known }: Summaries, { name }: Chain, packet: Packet): readonly Exit[] | undefined {
  return known.get(packetKey(packet))?.get(name);
}

function know({ known }: Summaries, { name }: Chain, packet: Packet, exits: readonly Exit[]): void {
  const key = packetKey(packet);
  const ofPacket = known.get(key) ?? new Map<string, readonly Exit[]>();
  known.set(key, ofPacket);
  ofPacket.set(name, exits);
}

/** Goes through the chain that a rule jumps to; a passage where that has not been done yet. */
function jump(
  summaries: Summaries,
  { passage, line, next, leaving }: At,
  { packet, world }: Asked,
  name: string,
  isGoto: boolean,
): Passage | undefined {
  const { run } = summaries;
  const { chain } = passage;
  const named = chain.table.chains.get(name) ?? null;
  const words = named === null ? 'continue' : `${isGoto ? 'goto' : 'jump'} ${name}`;
  const stepped = stepping(world, { chain, line, kind: named === null ? 'continue' : 'jump', words, target: named });
  const target = jumpTarget(run, chain, name);
  if (target === null) {
    add(summaries, next, packet, stepped);
    return undefined;
  }
  const exits = knownExits(summaries, target, packet);
  if (exits === undefined) return newPassage(run, target, packet);
  for (const exit of exits) {
    const passed = passing(stepped, exit.world);
    if (passed === undefined) continue;
    if (exit.kind === 'return' && !isGoto) add(summaries, next, exit.packet, passed);
    else leaving.push({ kind: exit.kind, packet: exit.packet, world: passed });
  }
  return undefined;
}

/** Does what a rule says where it matches; a passage that must be gone through before. */
function perform(summaries: Summaries, at: At, asked: Asked, rule: CompiledRule, targetName: string): Passage | undefined {
  const { run, stage } = summaries;
  const { passage, line, next, leaving } = at;
  const { action, isGoto } = rule;
  const { chain } = passage;
  if (action.kind === 'jump' || chain.table.chains.has(targetName)) return jump(summaries, at, asked, targetName, isGoto);
  const chances = chancesOf(action, asked.packet);
  const before = { ...asked.world, probability: asked.world.probability / chances.length };
  for (const each of chances) {
    const { words, packet, then, assumption } = effectOf(each, asked.packet, { stage, line, options: run.options });
    assume(run, assumption);
    const world = stepping(before, { chain, line, kind: action.kind, words, target: null });
    if (then === 'continue') add(summaries, next, packet, world);
    else leaving.push({ kind: then, packet, world });
  }
  return undefined;
}

/** Asks one rule in all worlds. Where it jumps to a chain that has not been gone through, that passage comes first. */
function passRule(summaries: Summaries, passage: Passage, line: number): Passage | undefined {
  const { run } = summaries;
  const source = run.ruleset.lines.at(line);
  const rule = source === undefined ? null : compiledRule(source, run.family);
  if (source === undefined || rule === null) return undefined;
  const at: At = { passage, line, next: new Map(), leaving: [] };
  for (const { packet, byKey } of passage.places.values()) {
    for (const world of byKey.values()) {
      summaries.left -= 1;
      const isOther = packet.destination.standsIn !== true && isForAnother(source, packet.destination.text);
      const { match, no } = isOther ? { match: undefined, no: [{ packet, world }] } : ask(summaries, { packet, world }, rule);
      for (const each of no) add(summaries, at.next, each.packet, each.world);
      const before = match === undefined ? undefined : perform(summaries, at, match, rule, source.target);
      if (before !== undefined) return before;
    }
  }
  for (const exit of at.leaving) leave(summaries, passage, exit);
  passage.places = at.next;
  return undefined;
}

/** Everything that leaves a chain, the end of its rules included. */
function exitsOf(summaries: Summaries, passage: Passage): readonly Exit[] {
  for (const { packet, byKey } of passage.places.values()) {
    for (const world of byKey.values()) leave(summaries, passage, { kind: 'return', packet, world });
  }
  const exits: Exit[] = [];
  for (const kind of exitKinds) {
    for (const { packet, byKey } of passage.exits[kind]?.values() ?? [])
      for (const world of byKey.values()) exits.push({ kind, packet, world });
  }
  return exits;
}

/** What a chain makes of a packet. Undefined where too many rules would have to be asked, or too many worlds told apart. */
export function* summarySteps(summaries: Summaries, chain: Chain, packet: Packet): Steps<readonly Exit[] | undefined> {
  const stack: Passage[] = knownExits(summaries, chain, packet) === undefined ? [newPassage(summaries.run, chain, packet)] : [];
  let asked = 0;
  for (let passage = stack.at(-1); passage !== undefined; passage = stack.at(-1)) {
    if (summaries.left <= 0 || summaries.isPartial) return undefined;
    const line = passage.rules[passage.at];
    if (line === undefined) {
      know(summaries, passage.chain, passage.packet, exitsOf(summaries, passage));
      stack.pop();
      continue;
    }
    asked += 1;
    if (asked % statementsBetweenPauses === 0) yield;
    const before = passRule(summaries, passage, line);
    if (before === undefined) passage.at += 1;
    else stack.push(before);
  }
  return knownExits(summaries, chain, packet);
}
