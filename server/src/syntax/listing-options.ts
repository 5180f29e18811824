/** Matches and targets of an `iptables -L` listing as options of a rule, with the places where the listing prints them. */
import { coreOption, findMatch, findTarget } from '../catalog/lookup.ts';
import type { ExtensionSpec, OptionSpec } from '../catalog/types.ts';
import { type PrintedExtension, type PrintedOption, printedMatches, printedTargets } from './listing-forms.ts';
import type { RuleOption, Span, Word } from './statement.ts';

interface OptionReader {
  readonly long: string;
  readonly negated: boolean;
  readonly pattern: RegExp;
  readonly values: PrintedOption['values'];
}

interface ExtensionReader {
  readonly extension: ExtensionSpec | undefined;
  readonly name: string;
  readonly opening: RegExp | undefined;
  readonly options: readonly OptionReader[];
}

/** A blank in a form is any number of them; `~` is an optional "!". Groups that are no value do not capture. */
function compile(form: string): RegExp {
  const source = form.replaceAll(' ', '\\s+').replace('~', '(?<not>!\\s*)?');
  const wordEnd = /\w$/.test(form) ? '(?![\\w-])' : '';
  return new RegExp(`(?:${source})${wordEnd}`, 'dy');
}

function toReader(form: PrintedExtension): ExtensionReader {
  return {
    extension: form.kind === 'match' ? findMatch(form.name) : findTarget(form.name),
    name: form.name,
    opening: form.opening === '' ? undefined : compile(form.opening),
    options: form.options.map((option) => ({
      long: option.long.replace(/^! /, ''),
      negated: option.long.startsWith('! '),
      pattern: compile(option.pattern),
      values: option.values,
    })),
  };
}

let matchReaders: readonly ExtensionReader[] | undefined;
const targetReaders = new Map<string, ExtensionReader | undefined>();

function readerOfTarget(name: string): ExtensionReader | undefined {
  if (!targetReaders.has(name)) {
    const form = printedTargets.get(name);
    if (form === undefined) return undefined;
    targetReaders.set(name, toReader(form));
  }
  return targetReaders.get(name);
}

function specOf(extension: ExtensionSpec | undefined, long: string): OptionSpec | undefined {
  return extension?.options.find((option) => option.long === long);
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (text[at] === ' ' || text[at] === '\t') at += 1;
  return at;
}

/** "LOG flags 3" is a set of options, one for each bit. */
const logFlags = ['--log-tcp-sequence', '--log-tcp-options', '--log-ip-options', '--log-uid', undefined, '--log-macdecode'];

class OptionsReader {
  readonly options: RuleOption[] = [];
  #instance = 0;
  readonly #text: string;
  #at: number;

  constructor(text: string, from: number) {
    this.#text = text;
    this.#at = skipBlanks(text, from);
  }

  read(target: string): readonly RuleOption[] {
    matchReaders ??= printedMatches.map(toReader);
    const targetReader = readerOfTarget(target);
    while (this.#at < this.#text.length) {
      const start = this.#at;
      if (matchReaders.some((reader) => this.#readExtension(reader, true))) continue;
      if (targetReader !== undefined && this.#readExtension(targetReader, false)) continue;
      this.#skipUnread(start);
    }
    return this.options;
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null || found[0] === '') return undefined;
    this.#at = skipBlanks(this.#text, pattern.lastIndex);
    return found;
  }

  #readExtension(reader: ExtensionReader, isMatch: boolean): boolean {
    const start = this.#at;
    let opened: RegExpExecArray | undefined;
    if (reader.opening !== undefined) {
      opened = this.#take(reader.opening);
      if (opened === undefined) return false;
    }
    const first = this.options.length;
    const instance = isMatch ? this.#instance + 1 : -1;
    if (isMatch) {
      const word = { start, end: start, text: '-m', quoted: false };
      const end = opened === undefined ? start : start + opened[0].length;
      this.options.push({
        spec: coreMatch,
        name: '--match',
        word,
        negation: undefined,
        values: [{ start, end, text: reader.name, quoted: false }],
        instance: 0,
      });
    }
    const negatedOpening = opened?.[0].startsWith('!') === true ? { start, end: start + 1 } : undefined;
    const seen = new Set<string>();
    for (let more = true; more && this.#at < this.#text.length; ) more = this.#readOption(reader, instance, seen, negatedOpening);
    if (opened === undefined && seen.size === 0) {
      this.options.length = first;
      this.#at = start;
      return false;
    }
    if (isMatch) this.#instance = instance;
    return true;
  }

  #readOption(reader: ExtensionReader, instance: number, seen: Set<string>, opening: Span | undefined): boolean {
    for (const option of reader.options) {
      const at = this.#at;
      if (seen.has(option.long) && option.long !== '') continue;
      const found = this.#take(option.pattern);
      if (found === undefined) continue;
      seen.add(option.long);
      if (option.long !== '') this.#addOption(reader, option, found, at, instance, seen.size === 1 ? opening : undefined);
      return true;
    }
    return false;
  }

  #addOption(
    { extension }: ExtensionReader,
    option: OptionReader,
    found: RegExpExecArray,
    at: number,
    instance: number,
    opening: Span | undefined,
  ): void {
    const negated = found.groups?.['not'] !== undefined || option.negated;
    const firstValue = found.groups !== undefined && 'not' in found.groups ? 2 : 1;
    const spans = (found.indices ?? []).slice(firstValue).filter((span) => span !== undefined);
    const texts = spans.map(([start, end]) => this.#text.slice(start, end));
    const valuesStart = spans[0]?.[0] ?? at + found[0].length;
    const word: Word = { start: at, end: valuesStart, text: this.#text.slice(at, valuesStart).trimEnd(), quoted: false };
    const end = spans.at(-1)?.[1] ?? valuesStart;
    if (option.long === '--log-flags') {
      this.#addLogFlags(extension, Number(texts[0]), word);
      return;
    }
    const made = option.values === undefined ? texts : option.values(texts);
    if (made === undefined) return;
    const values = made.map((text, index): Word => {
      const span = made.length === spans.length ? spans[index] : undefined;
      return { start: span?.[0] ?? valuesStart, end: span?.[1] ?? end, text, quoted: false };
    });
    this.options.push({
      spec: specOf(extension, option.long),
      name: option.long,
      word,
      negation: negated ? { start: at, end: at + 1 } : opening,
      values,
      instance,
    });
  }

  #addLogFlags(extension: ExtensionSpec | undefined, flags: number, word: Word): void {
    for (const [bit, name] of logFlags.entries()) {
      if (name === undefined || (flags & (1 << bit)) === 0) continue;
      this.options.push({ spec: specOf(extension, name), name, word, negation: undefined, values: [], instance: -1 });
    }
  }

  /** What no form explains, up to the next word that one may begin with, is kept as an option that nobody knows. */
  #skipUnread(start: number): void {
    const space = this.#text.slice(start).search(/\s/);
    const end = space < 0 ? this.#text.length : start + space;
    const last = this.options.at(-1);
    if (
      last !== undefined &&
      last.spec === undefined &&
      last.values.length === 0 &&
      skipBlanks(this.#text, last.word.end) === start
    ) {
      const text = this.#text.slice(last.word.start, end);
      this.options[this.options.length - 1] = { ...last, name: text, word: { ...last.word, end, text } };
    } else {
      const word = { start, end, text: this.#text.slice(start, end), quoted: false };
      this.options.push({ spec: undefined, name: word.text, word, negation: undefined, values: [], instance: -2 });
    }
    this.#at = skipBlanks(this.#text, end);
  }
}

const coreMatch = coreOption('--match');

/**
 * The options that the text behind a rule's destination column stands for, `-m` included. What cannot be read is kept as options without a
 * spec.
 * @param from where the text begins, behind the destination
 * @param target what the target column says; empty for none
 */
export function readListedOptions(text: string, from: number, target: string): readonly RuleOption[] {
  return new OptionsReader(text, from).read(target);
}
