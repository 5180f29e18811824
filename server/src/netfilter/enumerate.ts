/**
 * Every way that a packet can take through a ruleset, with its probability. What the rules leave to chance (`-m statistic`) splits the
 * probability; what they leave to facts outside of them (sets, interfaces, which addresses are the node's) splits the ways, each of which
 * says what it takes to be so.
 */

import type { Steps } from '../base/steps.ts';
import type { Family, Hook } from '../catalog/types.ts';
import type { Chain, Dump, Ruleset, Table } from '../ruleset/ruleset.ts';
import type { NatRange } from './actions.ts';
import type { Chance, Doubt, Fact, Knowledge } from './answer.ts';
import { type CompiledRule, compiledRule, isForAnother } from './compiled-rule.ts';
import { forward, input, output, outputRouted, prerouting, type Stage } from './hooks.ts';
import { localDoubt } from './match-predicates.ts';
import { isRange, netmapped, place, translated } from './nat.ts';
import type { Enumeration, Outcome, Settled, TraceStep, Verdict } from './outcome.ts';
import { addressOf, hasConnection, type Packet } from './packet.ts';
import { policyOf, rulesInOrder } from './rule-order.ts';
import { isInSet } from './set-members.ts';

export interface EnumerateOptions {
  readonly isLocal?: Knowledge['isLocal'];
  /** An answer that is to be taken for every way; undefined to follow both. */
  readonly decide?: (fact: Fact) => boolean | undefined;
  /** Of several dumps in one file. By default the first of the packet's family. */
  readonly dump?: Dump;
  readonly mostOutcomes?: number;
  /**
   * A part of the way: up to the routing decision, behind which the destination is settled (PREROUTING; raw, mangle and nat of OUTPUT), or
   * what comes after it. By default all of it.
   */
  readonly part?: 'before-routing' | 'after-routing';
  /**
   * The chains that a hook is taken to lead to, one after the other, where the dump does not have its base chain at all: an excerpt may leave
   * it out. By default none.
   */
  readonly hooked?: (table: Table, hook: Hook) => readonly Chain[];
}

interface Frame {
  readonly chain: Chain;
  readonly rules: readonly number[];
  /** Who is returned to, and at which of its rules. */
  readonly parent: Frame | null;
  readonly resume: number;
  /** The frame that jumped or went here. With goto it is not returned to, and still may not be entered again. */
  readonly cameFrom: Frame | null;
}

/** A way in the making. */
interface Way {
  probability: number;
  packet: Packet;
  settled: Settled | null;
  last: TraceStep | null;
  stages: readonly Stage[];
  stage: number;
  frame: Frame | null;
  /** The next rule of the frame. */
  at: number;
  /** Whether a rule of this base chain has matched. */
  met: boolean;
}

const defaultMostOutcomes = 20_000;
const mostRulesAsked = 5_000_000;
const mostSteps = 1_000_000;
const rulesBetweenPauses = 4096;
const mostAssumptions = 50;

function tablesFor(ruleset: Ruleset, family: Family, dump: Dump | undefined): ReadonlyMap<string, Table> {
  const chosen = dump ?? ruleset.dumps.find((candidate) => candidate.family === family);
  const tables = new Map<string, Table>();
  // Where a dump says a table twice, the last one counts: iptables-restore loads one after the other.
  for (const table of chosen?.tables ?? []) tables.set(table.name, table);
  return tables;
}

/**
 * All ways of a packet, first those that match a rule, then those that do not. Pauses every few thousand rules; never throws.
 * A packet of this node meets OUTPUT and POSTROUTING; one that comes in meets PREROUTING and INPUT or FORWARD and POSTROUTING. One that
 * comes in by lo was sent by this node and has its NAT behind it.
 */
export function* enumerateSteps(ruleset: Ruleset, packet: Packet, options: EnumerateOptions = {}): Steps<Enumeration> {
  const { family } = packet;
  const tables = tablesFor(ruleset, family, options.dump);
  const knows: Knowledge = {
    isLocal: options.isLocal ?? (() => undefined),
    isInSet: (name, directions, asked) => isInSet(ruleset, name, directions, asked),
  };
  const mostOutcomes = options.mostOutcomes ?? defaultMostOutcomes;
  const assumptions = new Set<string>();
  const missing = new Set<Chain>();
  const asked = new Set<string>();
  const outcomes: Outcome[] = [];
  const isLooped = packet.in === 'lo';
  let complete = true;
  let rulesAsked = 0;
  let steps = 0;

  function assume(text: string): void {
    if (text !== '' && assumptions.size < mostAssumptions) assumptions.add(text);
  }

  /** What is already settled about a fact on a way, or for all ways; undefined for neither. */
  function answerTo(way: Way, fact: Fact): boolean | undefined {
    if (asked.has(fact.key)) {
      for (let settled = way.settled; settled !== null; settled = settled.previous) {
        if (settled.fact.key === fact.key) return settled.holds;
      }
    }
    return options.decide?.(fact);
  }

  function settle(way: Way, fact: Fact, holds: boolean): void {
    asked.add(fact.key);
    way.settled = { fact, holds, previous: way.settled };
    if (holds && fact.learn !== undefined) way.packet = { ...way.packet, ...fact.learn };
  }

  function step(way: Way, chain: Chain, line: number | null, kind: TraceStep['kind'], words: string, target: Chain | null): void {
    way.last = { previous: way.last, chain, line, kind, words, target };
    way.met = true;
    steps += 1;
  }

  function end(way: Way, verdict: Verdict): null {
    outcomes.push({
      probability: way.probability,
      verdict,
      last: way.last,
      packet: way.packet,
      settled: way.settled,
    });
    return null;
  }

  function nextStage(way: Way): Way {
    way.frame = null;
    way.stage += 1;
    return way;
  }

  /** Where a packet goes once PREROUTING is behind it. */
  function route(way: Way, waiting: Way[]): Way {
    const go = (each: Way, isLocal: boolean): Way => {
      each.stages = isLocal ? input : forward;
      each.stage = 0;
      return each;
    };
    const { destination, out } = way.packet;
    if (isLooped) return go(way, true);
    if (out !== null && out !== '') return go(way, false);
    const known = knows.isLocal(destination.text);
    if (known !== undefined) return go(way, known);
    const answer = localDoubt(destination.text);
    if (typeof answer === 'boolean' || answer.kind !== 'doubt') return go(way, false);
    const { fact } = answer;
    const settled = answerTo(way, fact);
    if (settled !== undefined) return go(way, settled);
    const other = { ...way };
    settle(other, fact, true);
    waiting.push(go(other, true));
    settle(way, fact, false);
    return go(way, false);
  }

  /** A hook's base chain, or where the dump has none the chains that it is taken to lead to; null for neither. */
  function baseFrame(table: Table, hook: Hook, base: Chain | undefined): Frame | null {
    const chains = base === undefined ? (options.hooked?.(table, hook) ?? []) : [base];
    let frame: Frame | null = null;
    for (const chain of chains.toReversed()) {
      frame = { chain, rules: rulesInOrder(ruleset, chain), parent: frame, resume: 0, cameFrom: null };
    }
    return frame;
  }

  /** Starts with the base chain of the next table; null when the way has ended. */
  function enterStage(way: Way, waiting: Way[]): Way | null {
    for (;;) {
      const stage = way.stages[way.stage];
      if (stage === undefined) {
        const isUnrouted = way.stages === prerouting || way.stages === output;
        if (!isUnrouted || options.part === 'before-routing') return end(way, 'accept');
        if (way.stages === output) {
          way.stages = outputRouted;
          way.stage = 0;
        } else route(way, waiting);
        continue;
      }
      if (stage.table !== 'raw' && !way.packet.isTracked) way.packet = { ...way.packet, isTracked: true };
      const table = tables.get(stage.table);
      const chain = table?.chains.get(stage.hook);
      const frame = table === undefined ? null : baseFrame(table, stage.hook, chain);
      if (stage.table === 'nat' && frame !== null && (isLooped || way.packet.state !== 'NEW')) {
        assume(
          isLooped
            ? 'A packet that comes in by lo has its NAT behind it: table nat is not asked.'
            : 'NAT is decided by the first packet of a connection: table nat is not asked.',
        );
      } else if (frame !== null) {
        way.frame = frame;
        way.at = 0;
        way.met = false;
        return way;
      }
      way.stage += 1;
    }
  }

  /** The end of a chain: back to whoever jumped to it, or the policy. */
  function leaveChain(way: Way, frame: Frame): Way | null {
    if (frame.parent !== null) {
      way.frame = frame.parent;
      way.at = frame.resume;
      return way;
    }
    // A goto from a base chain leaves its frame; the base chain is still the one of the stage.
    const stage = way.stages[way.stage];
    const base = stage === undefined ? undefined : tables.get(stage.table)?.chains.get(stage.hook);
    if (base !== undefined) {
      const policy = policyOf(ruleset, base);
      if (way.met || policy.verdict !== 'accept') step(way, base, policy.line, 'policy', policy.verdict, null);
      if (policy.line === null && way.met) {
        assume(
          `The dump does not say the policy of ${base.name} in table ${base.table.name}: ACCEPT, as long as nobody changes it.`,
        );
      }
      if (policy.verdict === 'drop') return end(way, 'drop');
    }
    return nextStage(way);
  }

  function jump(way: Way, frame: Frame, line: number, name: string, isGoto: boolean): Way {
    const target = frame.chain.table.chains.get(name);
    if (target === undefined) {
      step(way, frame.chain, line, 'continue', 'continue', null);
      assume(`Nothing is known of the target ${name}: it is taken to let packets pass.`);
      return way;
    }
    step(way, frame.chain, line, 'jump', `${isGoto ? 'goto' : 'jump'} ${name}`, target);
    for (let above: Frame | null = frame; above !== null; above = above.cameFrom) {
      if (above.chain !== target) continue;
      assume(`${frame.chain.name} leads back to ${name}, which iptables refuses: the jump is passed over.`);
      return way;
    }
    if (target.declarations.length === 0 && target.rules.length === 0) {
      missing.add(target);
      return way;
    }
    const rules = rulesInOrder(ruleset, target);
    way.frame = isGoto
      ? { chain: target, rules, parent: frame.parent, resume: frame.resume, cameFrom: frame }
      : { chain: target, rules, parent: frame, resume: way.at, cameFrom: frame };
    way.at = 0;
    return way;
  }

  function assumeFirst(range: NatRange): void {
    if (!isRange(range)) return;
    assume(`NAT to a range (${place(range.first, range.firstPort)} and following) is shown with its first address and port.`);
  }

  /** Does what a matching rule says; null when the way has ended. */
  function act(way: Way, frame: Frame, line: number, { action, isGoto }: CompiledRule, target: string): Way | null {
    const { packet } = way;
    // A chain may be called like a target that only notes or changes something.
    if (action.kind !== 'jump' && frame.chain.table.chains.has(target)) return jump(way, frame, line, target, isGoto);
    const note = (words: string): void => step(way, frame.chain, line, action.kind, words, null);
    switch (action.kind) {
      case 'jump':
        return jump(way, frame, line, action.chain, isGoto);
      case 'continue':
        note('continue');
        return way;
      case 'accept':
        note('accept');
        return nextStage(way);
      case 'drop':
        note('drop');
        return end(way, 'drop');
      case 'reject':
        note(`reject with ${action.answer}`);
        return end(way, 'reject');
      case 'return':
        note('return');
        return leaveChain(way, frame);
      case 'queue':
        note('queue');
        assume('A program takes packets from the queue and lets them pass.');
        return nextStage(way);
      case 'tproxy': {
        note('tproxy');
        const answer = localDoubt(packet.destination.text);
        if (typeof answer !== 'boolean' && answer.kind === 'doubt') settle(way, answer.fact, true);
        return nextStage(way);
      }
      case 'dnat':
      case 'snat':
        if (action.range === null) {
          note(action.kind);
          assume(`Line ${line + 1} does not say where ${action.kind.toUpperCase()} sends packets: the address stays as it was.`);
          way.packet = { ...packet, [action.kind]: true };
          return nextStage(way);
        }
        note(`${action.kind} to ${place(action.range.first, action.range.firstPort)}`);
        assumeFirst(action.range);
        way.packet = translated(packet, action.kind, action.range);
        return nextStage(way);
      case 'redirect': {
        const loopback = addressOf(family, family === 'ipv4' ? 0x7f00_0001n : 1n);
        note(`redirect${action.port === null ? '' : ` to :${action.port}`}`);
        if (!packet.isFromHere)
          assume(`REDIRECT gives a packet the address of the interface it came in by; ${loopback.text} stands for it.`);
        way.packet = { ...packet, destination: loopback, dport: action.port ?? packet.dport, dnat: true };
        return nextStage(way);
      }
      case 'netmap': {
        const end = way.stages[way.stage]?.hook === 'POSTROUTING' ? 'source' : 'destination';
        way.packet = netmapped(packet, end, action.network);
        note(`netmap to ${way.packet[end]?.text ?? ''}`);
        return nextStage(way);
      }
      case 'masquerade':
        note('masquerade');
        way.packet = { ...packet, source: null, sport: null, snat: true };
        return nextStage(way);
      case 'mark':
        note(action.words);
        way.packet = { ...packet, mark: action.change(packet.mark) };
        return way;
      case 'connection-mark':
        note(`connection ${action.words}`);
        if (hasConnection(packet)) way.packet = { ...packet, connectionMark: action.change(packet.connectionMark) };
        return way;
      case 'save-mark':
        note('save mark');
        if (hasConnection(packet)) way.packet = { ...packet, connectionMark: packet.mark };
        return way;
      case 'restore-mark':
        note('restore mark');
        if (hasConnection(packet)) way.packet = { ...packet, mark: packet.connectionMark };
        return way;
      case 'notrack':
        note('notrack');
        way.packet = { ...packet, state: 'UNTRACKED' };
        return way;
    }
  }

  /** Whether a rule matches on a way. Where it may, the ways on which it does not are added to those that wait. */
  function matches(way: Way, rule: CompiledRule, waiting: Way[]): boolean {
    let open: (Doubt | Chance)[] | null = null;
    let assumption = '';
    let assumedNot = false;
    for (const test of rule.tests) {
      const answer = test(way.packet, knows);
      if (answer === false) return false;
      if (answer === true) continue;
      if (answer.kind === 'assumed') {
        assumption = answer.assumption;
        assumedNot ||= !answer.holds;
      } else if (answer.kind === 'doubt') {
        const known = answerTo(way, answer.fact);
        if (known === undefined) {
          open ??= [];
          open.push(answer);
        } else if (known === answer.negated) return false;
      } else if (answer.probability <= 0) return false;
      else if (answer.probability < 1) {
        open ??= [];
        open.push(answer);
      }
    }
    assume(assumption);
    if (assumedNot) return false;
    for (const answer of open ?? []) {
      const other = { ...way };
      if (answer.kind === 'chance') {
        other.probability *= 1 - answer.probability;
        way.probability *= answer.probability;
      } else {
        // Two doubts of one rule may be about the same thing.
        const known = answerTo(way, answer.fact);
        if (known !== undefined) {
          if (known === answer.negated) return false;
          continue;
        }
        settle(other, answer.fact, answer.negated);
        settle(way, answer.fact, !answer.negated);
      }
      waiting.push(other);
    }
    return true;
  }

  const waiting: Way[] = [
    {
      probability: 1,
      packet,
      settled: null,
      last: null,
      stages: packet.isFromHere && !isLooped ? output : prerouting,
      // Behind the last one: the routing decision comes next.
      stage: options.part === 'after-routing' ? Math.max(prerouting.length, output.length) : 0,
      frame: null,
      at: 0,
      met: false,
    },
  ];
  for (let way: Way | null | undefined = waiting.pop(); way !== undefined && way !== null; way = waiting.pop()) {
    let current: Way | null = way;
    while (current !== null && rulesAsked < mostRulesAsked && steps < mostSteps) {
      if (current.frame === null) {
        current = enterStage(current, waiting);
        continue;
      }
      const frame: Frame = current.frame;
      const line = frame.rules[current.at];
      if (line === undefined) {
        current = leaveChain(current, frame);
        continue;
      }
      current.at += 1;
      const source = ruleset.lines[line];
      if (source === undefined || isForAnother(source, current.packet.destination.text)) continue;
      rulesAsked += 1;
      if (rulesAsked % rulesBetweenPauses === 0) yield;
      const rule = compiledRule(source, family);
      if (rule !== null && matches(current, rule, waiting)) current = act(current, frame, line, rule, source.target);
    }
    complete = current === null && (outcomes.length < mostOutcomes || waiting.length === 0);
    if (!complete) {
      assume(`There are more ways than these ${outcomes.length}; the rest is left out.`);
      break;
    }
  }
  return { outcomes, assumptions: [...assumptions], missing: [...missing], complete };
}
