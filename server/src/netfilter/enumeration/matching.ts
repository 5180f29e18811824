import type { Answer, Chance, Doubt, Effect } from '../answer.ts';
import type { CompiledRule } from '../compiled-rule.ts';
import { answerTo, supposeEither } from './facts.ts';
import { type Path, splitOff } from './path.ts';
import { assume, type Run } from './state.ts';

interface OpenAnswers {
  /** In the order asked; none where a rule certainly does not match and does nothing either. */
  readonly answers: readonly (Doubt | Chance | Effect)[];
  /** Whether the rule may match once all of them are answered. */
  readonly mayMatch: boolean;
}

const nothing: OpenAnswers = { answers: [], mayMatch: false };
const certain: OpenAnswers = { answers: [], mayMatch: true };

/** Whether an answer decides by itself that the rule does not match. */
function isNo(run: Run, path: Path, answer: Exclude<Answer, boolean>): boolean {
  switch (answer.kind) {
    case 'doubt':
      return answerTo(run, path, answer.fact) === answer.negated;
    case 'chance':
      return answer.probability <= 0;
    case 'effect':
      return false;
    case 'assumed':
      return false;
  }
}

/** Asks all of a rule's predicates, so that no path splits for a rule that does not match anyway. */
function ask(run: Run, path: Path, rule: CompiledRule): OpenAnswers {
  if (rule.predicates.length === 0) return certain;
  const open: (Doubt | Chance | Effect)[] = [];
  const assumptions: string[] = [];
  let hasEffect = false;
  let assumedNot = false;
  for (const predicate of rule.predicates) {
    const answer = predicate(path.packet, run.knows);
    if (answer === true) continue;
    if (answer === false || isNo(run, path, answer)) return hasEffect ? { answers: open, mayMatch: false } : nothing;
    if (answer.kind === 'assumed') {
      assumptions.push(answer.assumption);
      assumedNot ||= !answer.holds;
    } else if (!assumedNot) {
      hasEffect ||= answer.kind === 'effect';
      if (answer.kind !== 'chance' || answer.probability < 1) open.push(answer);
    }
  }
  for (const text of assumptions) assume(run, text);
  if (!assumedNot) return open.length === 0 ? certain : { answers: open, mayMatch: true };
  return hasEffect ? { answers: open, mayMatch: false } : nothing;
}

/** Whether a rule matches on a path. Where it may, the paths on which it does not are added to those that wait. */
export function matches(run: Run, path: Path, rule: CompiledRule): boolean {
  const { answers, mayMatch } = ask(run, path, rule);
  for (const answer of answers) {
    if (answer.kind === 'effect') {
      path.packet = answer.change(path.packet);
      if (!answer.holds) return false;
      continue;
    }
    if (answer.kind === 'chance') {
      const other = splitOff(path);
      other.probability *= 1 - answer.probability;
      run.waiting.add(other);
      path.probability *= answer.probability;
      continue;
    }
    const { fact, negated } = answer;
    // Two doubts of one rule may be about the same.
    const known = answerTo(run, path, fact);
    if (known !== undefined) {
      if (known === negated) return false;
      if (known && fact.learn !== undefined) path.packet = fact.learn(path.packet);
      continue;
    }
    const other = splitOff(path);
    supposeEither(run, path, other, fact, !negated);
    run.waiting.add(other);
  }
  return mayMatch;
}
