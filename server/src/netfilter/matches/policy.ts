import { assumed, type MatchReader, optionNamed } from '../match-reader.ts';
import { valueText } from '../option-view.ts';

/** IPsec. What comes out of no tunnel and goes into none matches `--pol none` alone (the kernel's policy_mt). */
export const policy: MatchReader = (match) => {
  const wanted = optionNamed(match, '--pol');
  const answer = assumed(valueText(wanted) === 'none', 'No packet comes out of, or goes into, an IPsec tunnel.');
  return [() => answer];
};
