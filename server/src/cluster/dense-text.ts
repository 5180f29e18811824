/** How much memory JSON and YAML take once they are read goes by how many values they hold, and hardly by their length: 30 MB of "{}," are 2 GB. */
import type { Steps } from '../base/steps.ts';

/** Lists and objects, four plain values as one. A snapshot of 200 MB has some 8,000,000. */
export const mostValues = 12_000_000;

const between = 250_000;
const perValue = 4;

/**
 * Whether a text of JSON or YAML holds more values than any cluster's; what stands in strings counts, too.
 * @param isYaml whether each line and each part of a list takes as much as a list does
 */
export function* isTooDense(text: string, isYaml = false, most = mostValues): Steps<boolean> {
  if (text.length <= most) return false;
  const perComma = isYaml ? perValue : 1;
  let quarters = 0;
  for (let from = 0; from < text.length; from += between) {
    const end = Math.min(text.length, from + between);
    for (let at = from; at < end; at += 1) {
      const code = text.charCodeAt(at);
      if (code === 0x7b || code === 0x5b || (isYaml && code === 0x0a)) quarters += perValue;
      else if (code === 0x2c) quarters += perComma;
    }
    if (quarters > most * perValue) return true;
    yield;
  }
  return false;
}
