/** Traces of which lines were lost: a log that was rotated or limited, a monitor that came too late. Such a packet is compared with nothing. */
import type { Dump, Ruleset } from '../../ruleset/ruleset.ts';
import type { MatchedStep } from './match-rules.ts';

/** The hook by which packets that are seen at a hook come in. */
const beginnings: Readonly<Record<string, readonly string[]>> = {
  PREROUTING: ['PREROUTING'],
  INPUT: ['PREROUTING'],
  FORWARD: ['PREROUTING'],
  OUTPUT: ['OUTPUT'],
  POSTROUTING: ['PREROUTING', 'OUTPUT'],
};

/**
 * Whether a trace begins in the middle: TRACE is a target of raw, so that mangle's chain of the first hook is met next, by its policy at the least.
 * Where the dump has none nothing is told. Packets of known connections pass nat by.
 */
function beginsLate({ tables }: Dump, all: readonly MatchedStep[]): boolean {
  const mangle = tables.find(({ name }) => name === 'mangle');
  const first = all.find(({ step }) => Object.hasOwn(beginnings, step.chain))?.step.chain;
  if (mangle === undefined || first === undefined || all[0]?.step.table === 'raw') return false;
  const hooks = (beginnings[first] ?? []).filter((hook) => mangle.chains.has(hook));
  return hooks.length > 0 && !all.some(({ step }) => step.table === 'mangle' && hooks.includes(step.chain));
}

/** The first step in a chain that no step before it led to; undefined where there is none, or a rule is not known. */
function ledByNothing({ lines }: Ruleset, all: readonly MatchedStep[]): MatchedStep | undefined {
  const led = new Set<string>();
  for (const each of all) {
    const { step, chain, isRule } = each;
    if (isRule && each.lines.length === 0) return undefined;
    const { table } = step;
    if (chain !== null && !chain.builtin && table !== 'raw' && !led.has(`${table} ${chain.name}`)) return each;
    for (const line of each.lines) led.add(`${table} ${lines.at(line)?.target ?? ''}`);
  }
  return undefined;
}

/** What is missing in a trace, in a sentence; empty where nothing tells that anything is. */
export function lostLinesText(ruleset: Ruleset, dump: Dump, all: readonly MatchedStep[]): string {
  const untold = all.find(({ step }) => step.kind === 'rule' && step.rule === null)?.step;
  if (untold !== undefined)
    return `Line ${untold.line} of the trace does not say which rule of ${untold.table} ${untold.chain} it is, so that the packet is not compared.`;
  if (beginsLate(dump, all)) return 'The beginning of the trace is missing, so that it is not compared.';
  const step = ledByNothing(ruleset, all)?.step;
  return step === undefined
    ? ''
    : `Lines of the trace are missing before line ${step.line}, as nothing led to ${step.table} ${step.chain}: it is not compared.`;
}
