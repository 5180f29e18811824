/** Values that are small languages of their own: u32's tests, BPF programs, text with bytes in it, SCTP chunks, options of IPv6 headers. */

import { readNumber, scanNumber } from './numbers.ts';
import { byteLength, fault, quoteText, type Value, type ValueFault } from './values.ts';
import { sctpChunkTypes } from './words.ts';

const hex = (value: number): string => `0x${value.toString(16)}`;

/** u32: `location=ranges`, joined by `&&`. Source: libxt_u32.c, u32_parse. */
export function readU32(text: string): Value | ValueFault {
  const bad = (message: string): ValueFault => fault('bad-expression', `u32: ${message}`);
  let at = 0;
  const skipBlanks = (): void => {
    while (at < text.length && /\s/.test(text.charAt(at))) at += 1;
  };
  const number = (): number | undefined => {
    const scanned = scanNumber(text, at);
    if (scanned?.value === undefined || scanned.value > 0xffff_ffffn) return undefined;
    at = scanned.end;
    return Number(scanned.value);
  };
  const tests: string[] = [];
  for (;;) {
    // Where to look: a number, then operators with numbers.
    let printed = '';
    let operands = 0;
    for (;;) {
      skipBlanks();
      if (at >= text.length) return bad('abrupt end of input after location specifier');
      if (text[at] === '=') {
        if (operands === 0) return bad('expected a location specifier');
        at += 1;
        break;
      }
      if (operands > 0) {
        const operator = /^(?:&|<<|>>|@)/.exec(text.slice(at))?.[0];
        if (operator === undefined) return bad(`unexpected character \`${text.charAt(at)}'`);
        at += operator.length;
        printed += operator;
        skipBlanks();
      }
      const operand = number();
      if (operand === undefined) return bad(`at char ${at}: not a number or out of range`);
      operands += 1;
      if (operands > 11) return bad('at most 10 operators allowed');
      printed += hex(operand);
    }
    const ranges: string[] = [];
    for (;;) {
      skipBlanks();
      const from = number();
      if (from === undefined) return bad(`at char ${at}: not a number or out of range`);
      skipBlanks();
      let to = from;
      if (text[at] === ':') {
        at += 1;
        skipBlanks();
        const last = number();
        if (last === undefined) return bad(`at char ${at}: not a number or out of range`);
        to = last;
        skipBlanks();
      }
      ranges.push(from === to ? hex(from) : `${hex(from)}:${hex(to)}`);
      if (ranges.length > 10) return bad('at most 10 values allowed');
      if (text[at] !== ',') break;
      at += 1;
    }
    tests.push(`${printed}=${ranges.join(',')}`);
    if (tests.length > 10) return bad('at most 10 tests allowed');
    if (at >= text.length) break;
    if (!text.startsWith('&&', at)) return bad(`unexpected character \`${text.charAt(at)}'`);
    at += 2;
  }
  const raw = tests.join('&&');
  return { type: 'text', raw, text: `"${raw}"` };
}

/** bpf: the number of instructions, then each as four numbers; what stands behind is not looked at. Source: libxt_bpf.c, bpf_parse_string. */
export function readBytecode(text: string): Value | ValueFault {
  const bad = (message: string): ValueFault => fault('bad-expression', `bpf: ${message}`);
  const [length = '', ...rest] = text.split(',');
  const count = /^\s*\+?[0-9]+$/.test(length) ? Number(length) : 0;
  if (count === 0) return bad('error parsing program length');
  if (count > 64) return bad('number of instructions exceeds maximum');
  const instructions: string[] = [];
  for (const instruction of rest) {
    if (instructions.length >= count) {
      if (instruction === '') break;
      return bad('real program length exceeds the encoded length parameter');
    }
    const read = /^\s*([-+]?[0-9]+)\s+([-+]?[0-9]+)\s+([-+]?[0-9]+)\s+([-+]?[0-9]+)/.exec(instruction);
    if (read === null) return bad(`error at instruction ${instructions.length}`);
    const [code = 0, onTrue = 0, onFalse = 0, operand = 0] = read.slice(1).map(Number);
    instructions.push(`${code & 0xffff} ${onTrue & 0xff} ${onFalse & 0xff} ${operand >>> 0}`);
  }
  if (instructions.length < count) return bad('parsed program length is less than the encoded length parameter');
  const raw = `${count},${instructions.join(',')}`;
  return { type: 'text', raw, text: `"${raw}"` };
}

/** How the string match prints a pattern: as bytes where one of them is no printable character. */
export function printPattern(pattern: string): { readonly option: '--string' | '--hex-string'; readonly text: string } {
  if (/^[\x20-\x7e]*$/.test(pattern)) return { option: '--string', text: `"${pattern.replace(/["\\]/g, '\\$&')}"` };
  const bytes = [...new TextEncoder().encode(pattern)].map((byte) => byte.toString(16).padStart(2, '0'));
  return { option: '--hex-string', text: `"|${bytes.join('')}|"` };
}

/** --string: any text that is not too long. */
export function readPattern(text: string, max: number): Value | ValueFault {
  if (byteLength(text) > max) return fault('text-too-long', `STRING too long "${text}"`);
  return { type: 'text', raw: text, text: printPattern(text).text };
}

/** --hex-string: bytes in hexadecimal between bars, text outside them. Source: libxt_string.c, parse_hex_string. */
export function readHexText(text: string, max: number): Value | ValueFault {
  let raw = '';
  let at = 0;
  let inHex = false;
  while (at < text.length) {
    const character = text.charAt(at);
    if (character === '\\' && !inHex) {
      if (at + 1 >= text.length) return fault('bad-hex', 'Bad literal placement at end of string');
      raw += text.charAt(at + 1);
      at += 2;
    } else if (character === '|') {
      inHex = !inHex;
      at += 1;
      if (inHex && text.charAt(at) === '|') return fault('bad-hex', 'Odd number of hex digits');
      while (inHex && text.charAt(at) === ' ') at += 1;
    } else if (inHex) {
      const digits = text.slice(at, at + 2);
      if (digits.length < 2 || digits.endsWith('|')) return fault('bad-hex', 'Odd number of hex digits');
      if (!/^[0-9a-fA-F]{2}$/.test(digits)) return fault('bad-hex', `Invalid hex char '${digits.charAt(0)}'`);
      raw += String.fromCharCode(Number.parseInt(digits, 16));
      at += 2;
      while (text.charAt(at) === ' ') at += 1;
    } else {
      raw += character;
      at += 1;
    }
    if (raw.length > max) return fault('text-too-long', `STRING too long "${text}"`);
  }
  if (inHex) return fault('bad-hex', 'Invalid hex block');
  if (raw === '') return fault('text-too-short', 'STRING must contain at least one char');
  return { type: 'text', raw, text: printHexText(raw) };
}

function printHexText(raw: string): string {
  if (/^[\x20-\x7e]*$/.test(raw)) return `"${raw.replace(/["\\]/g, '\\$&')}"`;
  return `"|${[...raw].map((character) => (character.codePointAt(0) ?? 0).toString(16).padStart(2, '0')).join('')}|"`;
}

/** Whether a value of --hex-string is plain text after all; iptables-save then prints --string. */
export function isPrintable(raw: string): boolean {
  return /^[\x20-\x7e]*$/.test(raw);
}

const chunkNames = Object.entries(sctpChunkTypes).sort(([, one], [, other]) => one - other);
const chunkFlags: Readonly<Record<string, string>> = {
  DATA: '----IUBE',
  I_DATA: '----IUBE',
  ABORT: '-------T',
  SHUTDOWN_COMPLETE: '-------T',
};

/** sctp: all, any or only, and chunk types, each with its flags if they matter. Source: libxt_sctp.c, parse_sctp_chunks. */
export function readSctpChunks(how: string, chunks: string): Value | ValueFault {
  const lower = how.toLowerCase();
  if (lower !== 'all' && lower !== 'any' && lower !== 'only')
    return fault('bad-name', 'Match type has to be one of "ALL", "ANY" or "ONLY"');
  const upper = chunks === '' ? 'NONE' : chunks.toUpperCase();
  if (upper === 'ALL' || upper === 'NONE') return { type: 'words', words: [lower, upper], text: `${lower} ${upper}` };
  const found = new Map<string, string>();
  for (const word of chunks.split(',').filter((part) => part !== '')) {
    const colon = word.indexOf(':');
    const name = (colon < 0 ? word : word.slice(0, colon)).toUpperCase();
    const flags = colon < 0 ? '' : word.slice(colon + 1);
    const type = Object.hasOwn(sctpChunkTypes, name) ? sctpChunkTypes[name] : undefined;
    if (type === undefined)
      return { ...fault('bad-name', `Unknown sctp chunk \`${colon < 0 ? word : word.slice(0, colon)}'`), word: 1 };
    const known = chunkFlags[name] ?? '';
    if ([...flags].some((flag) => flag === '-' || !known.includes(flag.toUpperCase())))
      return { ...fault('bad-name', `Invalid flags for chunk type ${type}`), word: 1 };
    // Flags are printed in the order of their bits, from the highest.
    const letters = [...known].flatMap((letter) => [...flags].filter((flag) => letter !== '-' && flag.toUpperCase() === letter));
    found.set(name, letters.length === 0 ? '' : `:${letters.join('')}`);
  }
  const words = chunkNames.flatMap(([name]) => {
    const flags = found.get(name);
    return flags === undefined ? [] : [`${name}${flags}`];
  });
  return { type: 'words', words: [lower, ...words], text: `${lower} ${words.join(',')}` };
}

/** Options of an IPv6 header: `type[:length]`, up to 16. Source: libip6t_hbh.c, parse_options. */
export function readHeaderOptions(text: string, option: string): Value | ValueFault {
  const words: string[] = [];
  for (const word of text.split(',')) {
    if (words.length >= 16) break;
    const colon = word.indexOf(':');
    const type = readNumber(colon < 0 ? word : word.slice(0, colon), 0, 255);
    if (type === undefined) return fault('bad-number', `type "${word}" in ${option} is no number from 0 to 255`);
    const length = colon < 0 ? undefined : readNumber(word.slice(colon + 1), 0, 255);
    if (colon >= 0 && length === undefined) return fault('bad-number', `length in "${word}" is no number from 0 to 255`);
    words.push(length === undefined ? `${type}` : `${type}:${length}`);
  }
  return { type: 'words', words, text: words.join(',') };
}

/** A text between quotes where it needs them; cut off where it is too long, or refused where `strict`. */
export function readText(text: string, min: number, max: number, strict: boolean): Value | ValueFault {
  const bytes = byteLength(text);
  if (bytes < min) return fault('text-too-short', `Argument must have a minimum length of ${min} characters`);
  if (bytes > max && strict) return fault('text-too-long', `Argument must have a maximum length of ${max} characters`);
  const raw = bytes > max ? new TextDecoder().decode(new TextEncoder().encode(text).slice(0, max)) : text;
  return { type: 'text', raw, text: quoteText(raw) };
}
