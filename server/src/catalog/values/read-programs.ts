/** Values that are small languages of their own: u32's tests, BPF programs, text with bytes in it, SCTP chunks, options of IPv6 headers. */

import { maxOfBits, readBigNumber, scanNumber } from './numbers.ts';
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

/** The bytes of a text in UTF-8, a character for each. */
function bytesOf(text: string): string {
  let bytes = '';
  for (const byte of new TextEncoder().encode(text)) bytes += String.fromCharCode(byte);
  return bytes;
}

/** How the string match prints a pattern, a character for each byte: in hexadecimal where one of them is not printable, or the last a backslash. */
export function printPattern(bytes: string): { readonly option: '--string' | '--hex-string'; readonly text: string } {
  if (/^[\x20-\x7e]*$/.test(bytes) && !bytes.endsWith('\\'))
    return { option: '--string', text: `"${bytes.replace(/["\\]/g, '\\$&')}"` };
  const digits = [...bytes].map((byte) => byte.charCodeAt(0).toString(16).padStart(2, '0'));
  return { option: '--hex-string', text: `"|${digits.join('')}|"` };
}

/** --string: any text that is not too long. `raw` has a character for each byte. */
export function readPattern(text: string, max: number): Value | ValueFault {
  const raw = bytesOf(text);
  if (raw.length > max) return fault('text-too-long', `STRING too long "${text}"`);
  return { type: 'text', raw, text: printPattern(raw).text };
}

/**
 * --hex-string: bytes in hexadecimal between bars, text outside them. A bar needs no other one where the text ends with it. `raw` has a character
 * for each byte. Source: libxt_string.c, parse_hex_string.
 */
export function readHexText(text: string, max: number): Value | ValueFault {
  const bytes = bytesOf(text);
  if (bytes === '') return fault('text-too-short', 'STRING must contain at least one char');
  let raw = '';
  let at = 0;
  let inHex = false;
  while (at < bytes.length) {
    if (raw.length >= max) return fault('text-too-long', `STRING too long "${text}"`);
    let isLiteral = false;
    if (bytes[at] === '\\') {
      if (inHex) return fault('bad-hex', 'Cannot include literals in hex data');
      isLiteral = true;
    } else if (bytes[at] === '|') {
      inHex = !inHex;
      while (inHex && bytes[at + 1] === ' ') at += 1;
      if (at + 1 >= bytes.length) break;
      at += 1;
    }
    if (isLiteral) {
      if (at + 1 >= bytes.length) return fault('bad-hex', 'Bad literal placement at end of string');
      raw += bytes.charAt(at + 1);
      at += 2;
    } else if (inHex) {
      const wrong = wrongHex(bytes, at);
      if (wrong !== undefined) return fault('bad-hex', wrong);
      raw += String.fromCharCode(Number.parseInt(bytes.slice(at, at + 2), 16));
      at += bytes[at + 2] === ' ' ? 3 : 2;
    } else {
      // Behind a closing bar stands a character as it is, an opening one and a backslash too.
      raw += bytes.charAt(at);
      at += 1;
    }
  }
  return { type: 'text', raw, text: printPattern(raw).text };
}

/** What is wrong with the two hexadecimal digits here; something must stand behind them. */
function wrongHex(bytes: string, at: number): string | undefined {
  if (at + 1 >= bytes.length) return 'Odd number of hex digits';
  if (at + 2 >= bytes.length) return 'Invalid hex block';
  const wrong = [...bytes.slice(at, at + 2)].find((digit) => !/[0-9a-fA-F]/.test(digit));
  return wrong === undefined ? undefined : `Invalid hex char '${wrong}'`;
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

const mostHeaderOptions = 16;

/** Options of an IPv6 header: `type[:length]`, up to 16, each number cut to a byte. Source: libip6t_hbh.c and libip6t_dst.c, parse_options. */
export function readHeaderOptions(text: string, option: string): Value | ValueFault {
  const words: string[] = [];
  for (const [index, word] of text.split(',', mostHeaderOptions).entries()) {
    const colon = word.indexOf(':');
    const type = readBigNumber(colon < 0 ? word : word.slice(0, colon), 0n, maxOfBits(64));
    if (type === undefined) return fault('bad-number', `type "${word}" in ${option} is no number`);
    const kept = type % 256n;
    if (colon < 0) {
      words.push(`${kept}`);
      continue;
    }
    if (index === mostHeaderOptions - 1) return fault('too-many-values', 'too many ports specified');
    if (kept === 0n) return fault('bad-number', "PAD0 hasn't got length");
    const length = readBigNumber(word.slice(colon + 1), 0n, maxOfBits(64));
    if (length === undefined) return fault('bad-number', `length in "${word}" is no number`);
    words.push(length % 256n === 255n ? `${kept}` : `${kept}:${length % 256n}`);
  }
  if (text.split(',').length > mostHeaderOptions) return fault('too-many-values', 'too many addresses specified');
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
