import type { Answer, Predicate } from './answer.ts';

/** A match by chance; undefined where it is no probability. */
export function byChance(probability: number): Predicate | undefined {
  if (!(probability >= 0 && probability <= 1)) return undefined;
  const answer: Answer = { kind: 'chance', probability };
  return () => answer;
}
