import { type Answer, doubt, type Predicate, perhapsNegated } from '../answer.ts';
import { isNegated, type MatchReader, optionNamed, unknownMatch } from '../match-reader.ts';
import { valueText } from '../option-view.ts';
import { entryKey, soughtIn } from '../set-entry.ts';

/** Whether a packet is in a set of ipset's. */
export const set: MatchReader = (match) => {
  const option = optionNamed(match, '--match-set') ?? optionNamed(match, '--set');
  const name = valueText(option);
  const directions = (option?.values[1]?.text ?? '').split(',');
  // The counters of an entry are not known.
  if (option === undefined || match.options.some((other) => /^--(?:packets|bytes)-/.test(other.name)))
    return [unknownMatch(match)];
  const predicate: Predicate = (packet, knows): Answer => {
    const key = entryKey(packet, name, directions);
    const written = packet.sets.get(key);
    if (written !== undefined) return written;
    const known = knows.isInSet?.(name, directions, packet);
    if (known !== undefined && knows.isSetChanged?.(name) !== true) return known;
    return doubt({
      about: 'set',
      key: `set ${key}`,
      yes: `The set ${name} has ${soughtIn(packet, directions)}.`,
      no: `The set ${name} does not have ${soughtIn(packet, directions)}.`,
      likely: known ?? false,
    });
  };
  return [perhapsNegated(predicate, isNegated(option))];
};
