/** Flags and options of the TCP header, by name or number. */
import { readNumber } from './numbers.ts';
import { fault, type Value, type ValueFault } from './values.ts';

const flagBits: Readonly<Record<string, number>> = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16, URG: 32, ALL: 63, NONE: 0 };

/** Flags of the TCP header by name, and words for all and none of them. */
export const tcpFlagNames: readonly string[] = Object.keys(flagBits);

/** TCP flags by name with commas between, as bits. A comma too many does not matter. */
function readFlagList(text: string): number | string {
  let bits = 0;
  for (const word of text.split(',')) {
    if (word === '') continue;
    const bit = Object.hasOwn(flagBits, word.toUpperCase()) ? flagBits[word.toUpperCase()] : undefined;
    if (bit === undefined) return word;
    bits |= bit;
  }
  return bits;
}

/** TCP flags by name, in the order of their bits: "SYN,ACK"; NONE for none. */
export function printFlags(bits: number): string {
  const names = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG'].filter((_name, index) => (bits & (1 << index)) !== 0);
  return names.length === 0 ? 'NONE' : names.join(',');
}

/** --tcp-flags: the flags to look at, and those of them that are set. */
export function readTcpFlags(maskText: string, setText: string): Value | ValueFault {
  const mask = readFlagList(maskText);
  if (typeof mask === 'string') return fault('bad-name', `Unknown TCP flag \`${mask}'`);
  const set = readFlagList(setText);
  if (typeof set === 'string') return { ...fault('bad-name', `Unknown TCP flag \`${set}'`), word: 1 };
  return { type: 'tcp-flags', mask, set, text: `${printFlags(mask)} ${printFlags(set)}` };
}

const tcpOptionNames: Readonly<Record<string, number>> = {
  wscale: 3,
  mss: 2,
  'sack-permitted': 4,
  sack: 5,
  timestamp: 8,
  md5: 19,
};

/** Options of the TCP header that have a name. */
export const tcpOptionListNames: readonly string[] = Object.keys(tcpOptionNames);

/** TCPOPTSTRIP: TCP options by name or number. */
export function readTcpOptionList(text: string): Value | ValueFault {
  const kinds = new Set<number>();
  for (const word of text.split(',')) {
    const kind = Object.hasOwn(tcpOptionNames, word) ? tcpOptionNames[word] : readNumber(word, 0, 255);
    if (kind === undefined) return fault('bad-name', `Bad TCP option value "${word}"`);
    if (kind < 2) return fault('bad-number', 'Option value may not be 0 or 1');
    if (kinds.has(kind)) return fault('repeated-option', `Option "${word}" already specified`);
    kinds.add(kind);
  }
  const words = [...kinds].sort((one, other) => one - other).map(String);
  return { type: 'words', words, text: words.join(',') };
}
