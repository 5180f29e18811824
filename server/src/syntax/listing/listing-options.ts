/** Matches and targets of an `iptables -L` listing as options of a rule, with the places where the listing prints them. */
import type { ListedOption } from '../../catalog/extension.ts';
import { coreOption, extensionData, findTarget, matches } from '../../catalog/lookup.ts';
import type { ExtensionSpec, OptionSpec, ValueKind } from '../../catalog/types.ts';
import { listedServicePort } from '../../catalog/values/service-names.ts';
import { notUnderstood, type RuleOption, type Span, type Word } from '../statement.ts';

interface OptionReader {
  readonly long: string;
  readonly negated: boolean;
  readonly pattern: RegExp;
  readonly values: ListedOption['values'];
  readonly flags: ListedOption['flags'];
  readonly target: string | undefined;
}

interface ExtensionReader {
  readonly extension: ExtensionSpec;
  readonly opening: RegExp | undefined;
  readonly options: readonly OptionReader[];
  /** Options that are there where their text is not. */
  readonly absent: readonly OptionReader[];
}

/** A blank in a form is any number of them; `~` is an optional "!". Groups that are no value do not capture. */
function compile(form: string): RegExp {
  const source = form.replaceAll(' ', '\\s+').replace('~', '(?<not>!\\s*)?');
  const wordEnd = /\w$/.test(form) ? '(?![\\w-])' : '';
  return new RegExp(`(?:${source})${wordEnd}`, 'dy');
}

function readerOf(extension: ExtensionSpec): ExtensionReader | undefined {
  const form = extensionData(extension).listed;
  if (form === undefined) return undefined;
  const options = form.options.map(({ long, negated, pattern, values, flags, target, absent }) => ({
    reader: { long, negated: negated === true, pattern: compile(pattern), values, flags, target },
    absent: absent === true,
  }));
  return {
    extension,
    opening: form.opening === '' ? undefined : compile(form.opening),
    options: options.map(({ reader }) => reader),
    absent: options.filter(({ absent }) => absent).map(({ reader }) => reader),
  };
}

/** What most rows have: tried first. */
const common = ['comment', 'tcp', 'udp', 'conntrack', 'state', 'mark', 'multiport'];

function placeOf({ name }: ExtensionSpec): number {
  const place = common.indexOf(name);
  return place < 0 ? common.length : place;
}

let matchReaders: readonly ExtensionReader[] | undefined;
const targetReaders = new Map<ExtensionSpec, ExtensionReader | undefined>();

function readerOfTarget(name: string): ExtensionReader | undefined {
  const extension = findTarget(name);
  if (extension === undefined) return undefined;
  if (!targetReaders.has(extension)) targetReaders.set(extension, readerOf(extension));
  return targetReaders.get(extension);
}

function specOf(extension: ExtensionSpec, long: string): OptionSpec | undefined {
  return extension.options.find((option) => option.long === long);
}

// The match bpf ends in a NUL (iptables 1.8, bpf_print_code).
const blanks = /[\s\0]*/y;

/** Where the next word begins. Any white space parts words here, as it does in the forms: text may come out of a web page. */
function skipBlanks(text: string, from: number): number {
  blanks.lastIndex = from;
  blanks.test(text);
  return blanks.lastIndex;
}

/** How far a row was read, and what was found in it. */
interface Reading {
  /** Up to the end of the part that is being read. */
  text: string;
  at: number;
  readonly options: RuleOption[];
  /** How many matches there are so far. */
  matches: number;
  /** The target's name, where the target's column shows another one. */
  targetName: string | undefined;
}

function take(reading: Reading, pattern: RegExp): RegExpExecArray | undefined {
  pattern.lastIndex = reading.at;
  const found = pattern.exec(reading.text);
  if (found === null || found[0] === '') return undefined;
  reading.at = skipBlanks(reading.text, pattern.lastIndex);
  return found;
}

/** Reads a match or the target, if it stands here: its opening and as many of its options as follow. */
function readExtension(reading: Reading, reader: ExtensionReader, isMatch: boolean): boolean {
  const start = reading.at;
  const opened = reader.opening === undefined ? undefined : take(reading, reader.opening);
  if (reader.opening !== undefined && opened === undefined) return false;
  const first = reading.options.length;
  const instance = isMatch ? reading.matches + 1 : -1;
  if (isMatch) {
    const end = opened === undefined ? start : start + opened[0].length;
    reading.options.push({
      spec: coreMatch,
      name: '--match',
      word: { start, end: start, text: '-m', quoted: false },
      negation: undefined,
      values: [{ start, end, text: reader.extension.name, quoted: false }],
      instance: 0,
    });
  }
  const negation = opened?.[0].startsWith('!') === true ? { start, end: start + 1 } : undefined;
  const seen = new Set<string>();
  while (reading.at < reading.text.length && readOption(reading, reader, instance, seen, negation));
  if (opened === undefined && seen.size === 0) {
    reading.options.length = first;
    reading.at = start;
    return false;
  }
  for (const { long } of reader.absent) if (!seen.has(long)) addAbsent(reading, reader.extension, long, instance);
  if (isMatch) reading.matches = instance;
  return true;
}

function readOption(
  reading: Reading,
  reader: ExtensionReader,
  instance: number,
  seen: Set<string>,
  opening: Span | undefined,
): boolean {
  for (const option of reader.options) {
    if (seen.has(option.long) && option.long !== '') continue;
    const start = reading.at;
    const found = take(reading, option.pattern);
    if (found === undefined) continue;
    // IPsec policies have elements, each with the same options again.
    if (option.long === '--next') seen.clear();
    seen.add(option.long);
    if (option.target !== undefined) reading.targetName = option.target;
    if (reader.absent.includes(option)) return true;
    // "! recent: SET" negates what is done, the first option.
    if (option.long !== '' || option.flags !== undefined)
      addOption(reading, reader, option, found, start, instance, seen.size === 1 ? opening : undefined);
    return true;
  }
  return false;
}

function addOption(
  { text, options }: Reading,
  { extension }: ExtensionReader,
  option: OptionReader,
  found: RegExpExecArray,
  start: number,
  instance: number,
  opening: Span | undefined,
): void {
  const negated = found.groups?.['not'] !== undefined || option.negated;
  const firstValue = found.groups !== undefined && 'not' in found.groups ? 2 : 1;
  const spans = (found.indices ?? []).slice(firstValue).filter((span) => span !== undefined);
  const texts = spans.map(([from, to]) => text.slice(from, to));
  const valuesStart = spans[0]?.[0] ?? start + found[0].length;
  const word: Word = { start, end: valuesStart, text: text.slice(start, valuesStart).trimEnd(), quoted: false };
  if (option.flags !== undefined) {
    addFlags(options, extension, option.flags, Number(texts[0]), word);
    return;
  }
  const made = option.values === undefined ? texts : option.values(texts);
  if (made === undefined) return;
  const end = spans.at(-1)?.[1] ?? valuesStart;
  const spec = specOf(extension, option.long);
  const isPorts = spec?.value !== undefined && portKinds.has(spec.value.type);
  options.push({
    spec,
    name: option.long,
    word,
    negation: negated ? { start, end: start + 1 } : opening,
    values: made.map((value, index): Word => {
      const [from, to] = made.length === spans.length ? (spans[index] ?? [valuesStart, end]) : [valuesStart, end];
      return { start: from, end: to, text: isPorts ? numericPorts(value) : value, quoted: false };
    }),
    instance,
  });
}

const portKinds: ReadonlySet<ValueKind['type']> = new Set(['port', 'port-range', 'ordered-port-range', 'multiport']);

/** Ports as numbers, as far as their names are known: "http:https" is "80:443". */
function numericPorts(text: string): string {
  return /[A-Za-z]/.test(text) ? text.replace(/[^,:]+/g, (name) => String(listedServicePort(name) ?? name)) : text;
}

/** An option whose text would say that it is not there. */
function addAbsent({ options, at }: Reading, extension: ExtensionSpec, long: string, instance: number): void {
  const word: Word = { start: at, end: at, text: long, quoted: false };
  options.push({ spec: specOf(extension, long), name: long, word, negation: undefined, values: [], instance });
}

/** Options without values that a listing prints as the bits of one number. */
function addFlags(
  options: RuleOption[],
  extension: ExtensionSpec,
  names: readonly (string | undefined)[],
  bits: number,
  word: Word,
): void {
  for (const [bit, name] of names.entries()) {
    if (name === undefined || (bits & (1 << bit)) === 0) continue;
    options.push({ spec: specOf(extension, name), name, word, negation: undefined, values: [], instance: -1 });
  }
}

/** What no form explains, up to `end`, is kept as an option that nobody knows; words in a row as one. */
function keepUnread({ options }: Reading, text: string, start: number, end: number): void {
  const last = options.at(-1);
  const goesOn = last !== undefined && last.instance === notUnderstood && skipBlanks(text, last.word.end) === start;
  const from = goesOn ? last.word.start : start;
  if (goesOn) options.pop();
  const word: Word = { start: from, end, text: text.slice(from, end), quoted: false };
  options.push({ spec: undefined, name: word.text, word, negation: undefined, values: [], instance: notUnderstood });
}

const wordPattern = /[^\s\0]+/y;
const coreMatch = coreOption('--match');

/** Longer than any listing's row; what lies beyond is somebody's joke; it is not looked at, but kept as what nobody understood. */
const mostRead = 8192;

/** Where the text ends that stands together: iptables prints no blank in front of the match bpf. */
function endsOfParts(text: string, from: number): readonly number[] {
  const ends: number[] = [];
  for (let at = text.indexOf(unparted, from); at >= 0; at = text.indexOf(unparted, at + 1)) {
    if (at > from && !/\s/.test(text.charAt(at - 1))) ends.push(at);
  }
  return [...ends, text.length];
}

const unparted = 'match bpf ';

function readPart(reading: Reading, target: ExtensionReader | undefined): void {
  const { text } = reading;
  while (reading.at < text.length) {
    const start = reading.at;
    if (matchReaders?.some((reader) => readExtension(reading, reader, true)) === true) continue;
    if (target !== undefined && readExtension(reading, target, false)) continue;
    wordPattern.lastIndex = start;
    wordPattern.test(text);
    keepUnread(reading, text, start, wordPattern.lastIndex);
    reading.at = skipBlanks(text, wordPattern.lastIndex);
  }
}

/** What the text behind a rule's destination column says. */
export interface ListedOptions {
  /** `-m` included; what cannot be read as options that nobody understood. */
  readonly options: readonly RuleOption[];
  /** The target's name, where the target's column shows another one: NOTRACK is listed as CT. */
  readonly targetName: string | undefined;
}

/**
 * Reads the text behind a rule's destination column.
 * @param from where the text begins, behind the destination
 * @param target what the target column says; empty for none
 */
export function readListedOptions(text: string, from: number, target: string): ListedOptions {
  matchReaders ??= matches.toSorted((a, b) => placeOf(a) - placeOf(b)).flatMap((match) => readerOf(match) ?? []);
  const targetReader = readerOfTarget(target);
  const read = text.length > from + mostRead ? text.slice(0, from + mostRead) : text;
  const reading: Reading = { text: read, at: skipBlanks(read, from), options: [], matches: 0, targetName: undefined };
  for (const end of endsOfParts(read, from)) {
    reading.text = end === read.length ? read : read.slice(0, end);
    readPart(reading, targetReader);
  }
  if (read.length < text.length) keepUnread(reading, text, read.length, text.length);
  return { options: reading.options, targetName: reading.targetName };
}
