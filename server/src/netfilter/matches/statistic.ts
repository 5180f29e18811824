import { readNumber } from '../../catalog/values/numbers.ts';
import { byChance } from '../chance.ts';
import { type MatchReader, optionNamed, unknownMatch } from '../match-reader.ts';
import { valueText } from '../option-view.ts';

/** One packet in so many, or a share by chance. */
export const statistic: MatchReader = (match) => {
  const negated = match.options.some((option) => option.negation !== undefined);
  const mode = valueText(optionNamed(match, '--mode'));
  const every = readNumber(valueText(optionNamed(match, '--every')), 1, 0xffff_ffff);
  const value = Number.parseFloat(valueText(optionNamed(match, '--probability')));
  const probability = mode === 'nth' ? (every === undefined ? Number.NaN : 1 / every) : value;
  return [byChance(negated ? 1 - probability : probability) ?? unknownMatch(match)];
};
