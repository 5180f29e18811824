/** Words out of a list that the catalogue has, and names with a form of their own, as values of options. */

import type { OptionSpec, ValueKind } from '../types.ts';
import { readNumber } from './numbers.ts';
import { protocolName, protocolNumber } from './protocols.ts';
import { byteLength, fault, type Value, type ValueFault } from './values.ts';
import { dccpTypes } from './words.ts';

/** Names count in any case; a number without a name stays a number. */
export function readProtocol(text: string): Value | ValueFault {
  const lower = text.toLowerCase();
  const number = readNumber(lower, 0, 255) ?? protocolNumber(lower);
  if (number === undefined) return fault('bad-protocol', `unknown protocol "${lower}" specified`);
  return { type: 'protocol', number, text: protocolName(number) ?? `${number}` };
}

/** The name of an interface, of 15 bytes at most; a trailing + stands for any ending. */
export function readInterface(text: string, mayBeEmpty: boolean): Value | ValueFault {
  if (text === '' && !mayBeEmpty) return fault('bad-interface', 'Empty interface is likely to be undesired');
  if (byteLength(text) > 15) return fault('bad-interface', `interface name \`${text}' must be shorter than IFNAMSIZ (15)`);
  const prefix = text.endsWith('+');
  return { type: 'interface', name: prefix ? text.slice(0, -1) : text, prefix, text };
}

/** Six bytes between colons, printed in small letters as iptables-save does. */
export function readMac(text: string): Value | ValueFault {
  const parts = text.split(':');
  // strtoul reads each part, of two characters at the most: nothing is 0, and `-1` is ff.
  if (parts.length !== 6 || parts.some((part) => part.length > 2 || !/^(?:\s?[-+]?[0-9a-fA-F]+)?$/.test(part)))
    return fault('bad-mac', 'Invalid MAC address specified.');
  const bytes = parts.map((part) => (part === '' ? 0 : Number.parseInt(part.trim(), 16) & 0xff));
  const printed = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':');
  return { type: 'text', raw: printed, text: printed };
}

/** One of the words that an option takes, or several between commas, printed in the order of the catalogue. */
export function readEnum(
  text: string,
  kind: Extract<ValueKind, { type: 'enum' }>,
  option: OptionSpec,
  owner: string,
): Value | ValueFault {
  const find = (word: string): string | undefined => {
    const wanted = kind.ignoreCase ? word.toLowerCase() : word;
    const known = kind.values.find((value) => {
      const name = kind.ignoreCase ? value.toLowerCase() : value;
      if (kind.longer) return wanted.startsWith(name);
      return kind.beginning ? wanted !== '' && name.startsWith(wanted) : name === wanted;
    });
    if (known !== undefined) return known;
    const synonym = kind.synonyms?.[wanted];
    if (synonym !== undefined) return synonym;
    return kind.numberMax !== undefined && readNumber(word, 0, kind.numberMax) !== undefined ? word : undefined;
  };
  const words = kind.list ? text.split(',') : [text];
  const found = new Set<string>();
  for (const [index, word] of words.entries()) {
    const value = find(word);
    if (value === undefined) return enumFault(kind.list ? words.slice(index).join(',') : word, option, owner);
    found.add(value);
  }
  const ordered = kind.values.filter((value) => found.has(value));
  const printed = ordered.length > 0 ? ordered : [...found];
  return { type: 'words', words: printed, text: printed.join(',') };
}

function enumFault(text: string, option: OptionSpec, owner: string): ValueFault {
  switch (option.long) {
    case '--ctstate':
      return fault('bad-name', `Bad ctstate "${text}"`);
    case '--ctstatus':
      return fault('bad-name', `Bad ctstatus "${text}"`);
    case '--state':
      return fault('bad-name', `Bad state "${text}"`);
    case '--src-type':
    case '--dst-type':
      return fault('bad-name', `addrtype: bad type "${text}"`);
    case '--pkt-type':
      return fault('bad-name', `Bad packet type '${text}'`);
    case '--mode':
      return fault('bad-name', `Bad mode "${text}"`);
    case '--connbytes-dir':
    case '--connbytes-mode':
      return fault('bad-name', `Unknown ${option.long} \`${text}'`);
    case '--type':
      return fault('bad-name', `Bad action type value "${text}"`);
    case '--ctevents':
    case '--expevents':
      return fault('bad-name', `Unknown event type "${text}"`);
    case '--dir':
      return fault('bad-name', `policy_match: invalid dir "${text}"`);
    case '--hmark-tuple':
      return fault(
        'bad-name',
        text === ''
          ? '"--hmark-tuple" requires a list of types with no spaces, e.g. src,dst,sport,dport,proto'
          : `Bad type "${text}"`,
      );
    case '--dscp-class':
    case '--set-dscp-class':
      return fault('bad-name', `Invalid DSCP value \`${text}'`);
    default:
      return fault('bad-name', `${owner}: Bad value for "${option.long}" option: "${text}"`);
  }
}

/** Types of DCCP packets between commas, in any case, printed in the order of the catalogue. */
export function readDccpTypes(text: string): Value | ValueFault {
  const found = new Set<string>();
  for (const word of text.split(',').filter((part) => part !== '')) {
    const name = (dccpTypes as readonly string[]).find((type) => type === word.toUpperCase());
    if (name === undefined) return fault('bad-name', `Unknown DCCP type \`${word}'`);
    found.add(name);
  }
  const words = dccpTypes.filter((type) => found.has(type));
  return { type: 'words', words, text: words.join(',') };
}

/** The name of a set and its directions, src or dst between commas, six at most. */
export function readSet(name: string, directions: string): Value | ValueFault {
  if (name === '') return fault('bad-name', "Set  doesn't exist.");
  if (name.length > 31) return fault('text-too-long', `setname \`${name}' too long, max 31 characters.`);
  const words: ('src' | 'dst')[] = [];
  for (const word of directions.split(',')) {
    if (!word.startsWith('src') && !word.startsWith('dst'))
      return { ...fault('bad-name', "You must spec (the comma separated list of) `src' or `dst'."), word: 1 };
    words.push(word.startsWith('src') ? 'src' : 'dst');
  }
  if (words.length > 6) return { ...fault('too-many-values', "Can't be more src/dst options than 6."), word: 1 };
  return { type: 'set', name, directions: words, text: `${name} ${words.join(',')}` };
}

/** What makes the key of hashlimit. */
export const hashModes = ['srcip', 'srcport', 'dstip', 'dstport'] as const;

/** What makes the key of hashlimit, between commas, printed in the order in which iptables does. */
export function readHashMode(text: string, option: OptionSpec): Value | ValueFault {
  const found = new Set<string>();
  for (const word of text.split(',').filter((part) => part !== '')) {
    if (!(hashModes as readonly string[]).includes(word))
      return fault('bad-name', `hashlimit: Bad value for "${option.long}" option: "${text}"`);
    found.add(word);
  }
  const words = ['srcip', 'srcport', 'dstip', 'dstport'].filter((mode) => found.has(mode));
  return { type: 'words', words, text: words.join(',') };
}

/** Packets and bytes of -c, as two words or as one with a comma. */
export function readCounters(first: string, second: string): Value | ValueFault {
  const comma = first.indexOf(',', 1);
  const packets = comma < 0 ? first : first.slice(0, comma);
  const bytes = comma < 0 ? second : first.slice(comma + 1);
  if (comma < 0 && second === '') return fault('missing-value', '-c requires packet and byte counter');
  if (!/^\s*[-+]?[0-9]/.test(packets)) return fault('bad-number', '-c packet counter not numeric');
  if (!/^\s*[-+]?[0-9]/.test(bytes)) return { ...fault('bad-number', '-c byte counter not numeric'), word: comma < 0 ? 1 : 0 };
  return { type: 'text', raw: `${packets} ${bytes}`, text: `${Number.parseInt(packets, 10)} ${Number.parseInt(bytes, 10)}` };
}
