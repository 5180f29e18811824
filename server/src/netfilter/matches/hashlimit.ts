import { assumed, type MatchReader, optionNamed } from '../match-reader.ts';
import { withinLimits } from './limit.ts';

/** Rates by address or port. `--hashlimit-above` asks for those that are too high. */
export const hashlimit: MatchReader = (match) => {
  const above = optionNamed(match, '--hashlimit-above');
  const upto = optionNamed(match, '--hashlimit-upto');
  const isAbove = above !== undefined || upto?.negation !== undefined;
  const isNegatedAbove = above?.negation !== undefined;
  const answer = assumed(!isAbove || isNegatedAbove, withinLimits);
  return [() => answer];
};
