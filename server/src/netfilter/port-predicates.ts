/** Ports, which several matches ask for. */
import { readNumber } from '../catalog/values/numbers.ts';
import { servicePort } from '../catalog/values/service-names.ts';
import type { Answer, Predicate } from './answer.ts';
import { unreadable } from './core-match-predicates.ts';
import { type OptionReader, valueDoubt } from './match-reader.ts';
import { valueText } from './option-view.ts';
import { either, includes, numbers, type Ranges } from './ranges.ts';

function port(text: string): number | undefined {
  return readNumber(text, 0, 65535) ?? servicePort(text);
}

/** Ports of "80", "80:90", ":1024", or several with commas between; undefined where one is none. */
export function portRanges(text: string): Ranges | undefined {
  let ranges: Ranges = [];
  for (const part of text.split(',')) {
    const colon = part.indexOf(':');
    const [from, to] = colon < 0 ? [part, part] : [part.slice(0, colon), part.slice(colon + 1)];
    const first = from === '' ? 0 : port(from);
    const last = to === '' ? 65535 : port(to);
    if (part === '' || first === undefined || last === undefined) return undefined;
    ranges = either(ranges, numbers(first, last));
  }
  return ranges;
}

/** The question for the ports of either end. A packet whose port is not known (one that the kernel picks) is in doubt. */
function ports(ends: readonly ('source' | 'destination')[]): OptionReader {
  return (option) => {
    const text = valueText(option);
    const wanted = portRanges(text);
    if (wanted === undefined) return () => unreadable(option);
    const questions = ends.map((end) => ({
      end,
      open: valueDoubt({
        of: `${end} port`,
        among: numbers(0, 65535),
        within: wanted,
        yes: `The ${end} port is in ${text}.`,
        no: `The ${end} port is not in ${text}.`,
      }),
    }));
    const predicate: Predicate = (packet) => {
      let answer: Answer = false;
      for (const { end, open } of questions) {
        const value = end === 'source' ? packet.sport : packet.dport;
        if (value === null) answer = open;
        else if (includes(wanted, value)) return true;
      }
      return answer;
    };
    return predicate;
  };
}

/** `--sport` and `--dport` of the matches that are named after a protocol. */
export const portOptions = {
  '--source-port': ports(['source']),
  '--destination-port': ports(['destination']),
} as const;

/** `--sports`, `--dports` and `--ports` of multiport. */
export const multiportOptions = {
  '--source-ports': ports(['source']),
  '--destination-ports': ports(['destination']),
  '--ports': ports(['source', 'destination']),
} as const;
