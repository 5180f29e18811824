/** What a path takes to be so. No path answers a question twice, or two questions about one value so that they contradict each other. */
import type { Fact } from '../answer.ts';
import type { Assumption } from '../outcome.ts';
import { both, complement, everything, isWithin, type Ranges } from '../ranges.ts';
import type { Path } from './path.ts';
import { assume, type Run } from './state.ts';

/** Of the cost of asking a rule. */
const lookCost = 1 / 16;

/** Rules that tell more values apart are of generated rulesets; each costs as much as there are. */
const mostSpans = 512;

function valueKey(of: string): string {
  return `value of ${of}`;
}

/** What a path knows of a value that is not known exactly. */
function rangesOf(run: Run, path: Path, { of, among = everything }: NonNullable<Fact['value']>): Ranges {
  if (!run.asked.has(valueKey(of))) return among;
  for (let known = path.assumed; known !== null; known = known.previous) {
    run.work += lookCost;
    if (known.left !== undefined && known.fact.value?.of === of) return known.left;
  }
  return among;
}

/** The usual answer, where so many questions about one value are open that the rest of them is not told apart. */
function asUsual(run: Run, fact: Fact, of: string): boolean {
  run.isCut = true;
  assume(run, `More than ${mostSpans} values are told apart where one is not known (${of}): for others it is as usual.`);
  return run.options.decide?.(fact) ?? fact.likely;
}

/** What a path, or whoever asked, says of a fact; undefined where neither does. */
export function answerTo(run: Run, path: Path, fact: Fact): boolean | undefined {
  if (run.asked.has(fact.key)) {
    for (let known: Assumption | null = path.assumed; known !== null; known = known.previous) {
      run.work += lookCost;
      if (known.fact.key === fact.key) return known.holds;
    }
  }
  if (fact.value !== undefined) {
    const left = rangesOf(run, path, fact.value);
    if (left.length >= mostSpans) return asUsual(run, fact, fact.value.of);
    if (both(left, fact.value.within).length === 0) return false;
    if (isWithin(left, fact.value.within)) return true;
  }
  return run.options.decide?.(fact);
}

/** Whether one of a few values is known to be meant, of which rules name those that there are: `-i cali+` before `-i cali1`. */
function isNarrowed(left: Ranges): boolean {
  return left.every(([from, to]) => from !== null && to !== null);
}

/** Lets a path take a fact to be so, or not. */
export function suppose(run: Run, path: Path, fact: Fact, holds: boolean): void {
  supposeAfter(run, path, fact, holds, fact.value === undefined ? everything : rangesOf(run, path, fact.value));
}

/** Lets a path take a fact to be so, or not, and another that has come the same way the opposite. What is known so far is looked for once. */
export function supposeEither(run: Run, path: Path, other: Path, fact: Fact, holds: boolean): void {
  const before = fact.value === undefined ? everything : rangesOf(run, path, fact.value);
  supposeAfter(run, other, fact, !holds, before);
  supposeAfter(run, path, fact, holds, before);
}

/** @param before what the path knows of the fact's value */
function supposeAfter(run: Run, path: Path, fact: Fact, holds: boolean, before: Ranges): void {
  let isLikely = fact.likely;
  let left: Ranges | undefined;
  if (fact.value !== undefined) {
    const { of, within } = fact.value;
    isLikely ||= fact.about === 'interface' && isNarrowed(before);
    left = both(before, holds ? within : complement(within));
    run.asked.add(valueKey(of));
  }
  run.asked.add(fact.key);
  path.assumed = { fact, holds, previous: path.assumed, ...(left === undefined ? {} : { left }) };
  if (holds !== isLikely) path.oddity += 1;
  if (holds && fact.learn !== undefined) path.packet = fact.learn(path.packet);
}
