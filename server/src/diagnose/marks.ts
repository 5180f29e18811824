/** Bits of the packet's mark: who sets, tests and clears them, by the rules at hand. */
import { markValue, valueText } from '../netfilter/option-view.ts';
import type { TraceStep } from '../netfilter/outcome.ts';
import { ruleAt } from '../ruleset/rules.ts';
import type { Chain, Table } from '../ruleset/ruleset.ts';
import type { RuleOption, RuleStatement } from '../syntax/statement.ts';
import type { Journey } from './journey.ts';
import { ownerOf } from './owners.ts';
import type { Subject } from './subject.ts';

/** A rule that changed the mark on a way; `line` is 0-based. */
export interface MarkStep {
  readonly chain: string;
  readonly line: number;
}

const kinds: ReadonlySet<string> = new Set(['mark', 'restore-mark']);

/** The rules that changed the mark on a way, in their order. */
export function marksOn({ last }: Pick<Journey, 'last'>): readonly MarkStep[] {
  const steps: MarkStep[] = [];
  for (let step = last; step !== null; step = step.previous) {
    if (kinds.has(step.kind) && step.line !== null) steps.push({ chain: step.chain.name, line: step.line });
  }
  return steps.reverse();
}

/** Hooks in the order in which a packet comes by them, and where iptables' tables stand at them. */
const hooks: readonly string[] = ['PREROUTING', 'OUTPUT', 'INPUT', 'FORWARD', 'POSTROUTING'];
const priorities: Readonly<Record<string, number>> = { raw: -300, mangle: -150, nat: -100, filter: 0, security: 50 };
const natOfSources = 100;

/** Whether a rule that changes the mark, of a table at a hook, stands before another place; both as numbers that grow along the way. */
function isBefore(hook: number, table: string, at: number, priority: number): boolean {
  const own = table === 'nat' && (hooks[hook] ?? '') === 'POSTROUTING' ? natOfSources : (priorities[table] ?? 0);
  return hook < at || (hook === at && own < priority);
}

/** The mark that a packet has at a hook ("FORWARD") before a priority; null where rules changed it and its value there is not known. */
export function markAt(
  { start, end, last }: Pick<Journey, 'start' | 'end' | 'last'>,
  hook: string,
  priority: number,
): number | null {
  const steps: TraceStep[] = [];
  for (let step = last; step !== null; step = step.previous) steps.push(step);
  const at = hooks.indexOf(hook);
  let own = 0;
  let [all, before, routed] = [0, 0, 0];
  for (const { chain, kind } of steps.reverse()) {
    const next = hooks.indexOf(chain.name);
    if (next >= 0) own = next;
    if (!kinds.has(kind)) continue;
    all += 1;
    if (isBefore(own, chain.table.name, at, priority)) before += 1;
    if (own <= hooks.indexOf('OUTPUT')) routed += 1;
  }
  if (before === 0) return start.mark;
  if (before === all) return end.mark;
  return before === routed ? (end.routedMark ?? null) : null;
}

/** A rule of somebody else that changed the mark after kube-proxy had set it to be masqueraded by; undefined where there is none. */
export function clearingStep(journey: Pick<Journey, 'last'>): MarkStep | undefined {
  const steps = marksOn(journey);
  const set = steps.findIndex(({ chain }) => chain === 'KUBE-MARK-MASQ');
  return set < 0 ? undefined : steps.slice(set + 1).find(({ chain }) => !chain.startsWith('KUBE-'));
}

/** A rule that has to do with bits of the mark. */
export interface MarkUse {
  /** "Calico ...", or the chain for one of nobody that is known. */
  readonly program: string;
  readonly table: Table;
  readonly chain: Chain | undefined;
  readonly bits: number;
  /** 0-based. */
  readonly line: number;
}

export interface MarkLedger {
  readonly written: readonly MarkUse[];
  readonly tested: readonly MarkUse[];
}

const mostUses = 20_000;

/** The bits that a value with a mask is about: of one without, all. */
function bitsOf(option: RuleOption): number | undefined {
  const mark = markValue(valueText(option));
  return mark === undefined ? undefined : (mark.mask | mark.value) >>> 0;
}

/** The bits that a rule's MARK changes; undefined where it has none, or one that nobody understood. */
function writtenBits(rule: RuleStatement): number | undefined {
  if (rule.target?.text !== 'MARK') return undefined;
  for (const option of rule.options) {
    switch (option.name) {
      case '--set-xmark':
      case '--set-mark':
        return bitsOf(option);
      case '--or-mark':
      case '--xor-mark':
        return markValue(valueText(option))?.value;
      case '--and-mark': {
        const kept = markValue(valueText(option))?.value;
        return kept === undefined ? undefined : ~kept >>> 0;
      }
      default:
    }
  }
  return undefined;
}

/** The bits of the packet's mark that a rule asks for; undefined where it asks for none. */
function testedBits(rule: RuleStatement): number | undefined {
  const option = rule.options.find(({ name, spec }) => name === '--mark' && spec?.extension?.name === 'mark');
  return option === undefined ? undefined : bitsOf(option);
}

/** Who sets and tests which bits, rule by rule. */
export function markLedger({ ruleset }: Pick<Subject, 'ruleset'>): MarkLedger {
  const written: MarkUse[] = [];
  const tested: MarkUse[] = [];
  for (const table of ruleset.tables) {
    for (const chain of table.chains.values()) {
      const program = ownerOf(chain.name) || chain.name;
      for (const line of chain.rules) {
        if (!/mark/i.test(ruleset.lines.at(line)?.text ?? '') || written.length + tested.length > mostUses) continue;
        const rule = ruleAt(ruleset, line);
        if (rule === undefined) continue;
        const use = { program, table, chain, line };
        const set = writtenBits(rule);
        if (set !== undefined) written.push({ ...use, bits: set });
        const test = testedBits(rule);
        if (test !== undefined) tested.push({ ...use, bits: test });
      }
    }
  }
  return { written, tested };
}
