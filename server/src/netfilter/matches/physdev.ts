import type { Predicate } from '../answer.ts';
import { assumed, type MatchReader } from '../match-reader.ts';

/** The port of a bridge. A packet that crosses none matches where every option has its `!` (the kernel's physdev_mt). */
export const physdev: MatchReader = (match) =>
  match.options.map((option): Predicate => {
    const answer = assumed(option.negation !== undefined, 'No packet comes in or leaves by a port of a bridge.');
    return () => answer;
  });
