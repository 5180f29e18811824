/** What iptables would take a word for that is written at a place of a rule: a command, an option, or which value of what. */

import type { CommandSpec } from './commands.ts';
import {
  closeOption,
  createGetopt,
  type Getopt,
  readBang,
  readOption,
  readStray,
  readValueWord,
  resetGetopt,
  takesValue,
} from './getopt.ts';
import { Bang, createLexer, OptionName, QuotedWord, RuleCounters, unquote } from './lexer.ts';
import type { LineContext } from './line.ts';
import type { RuleOption, Span, Word } from './statement.ts';

/** The value that a word would be. */
export type ExpectedValue =
  /** Of the command: 0 is the chain, 1 a rule number, a new name or a policy. */
  { readonly of: 'command'; readonly at: number } | { readonly of: 'option'; readonly option: RuleOption; readonly at: number };

/** What may stand at a place of a rule. Offsets are 0-based UTF-16 units in the line. */
export interface ExpectedWord {
  /** The word at the place, which another one would take the place of; empty between words. */
  readonly word: Span;
  /** The command in front of it. */
  readonly command: CommandSpec | undefined;
  readonly chain: Word | undefined;
  /** The options in front of it; one that must have a value yet is not among them. */
  readonly options: readonly RuleOption[];
  /** A `!` in front of it that waits for an option. */
  readonly negation: Span | undefined;
  readonly value: ExpectedValue | undefined;
  /** An option or a command may stand there. */
  readonly mayBeOption: boolean;
}

const lexer = createLexer(false);
let shared: Getopt | undefined;

/** iptables-restore takes 251 words a line. */
const mostWords = 256;

/**
 * What may stand at `offset` of a line that is no comment, `*table` or `:CHAIN`. Undefined directly in front of a word, in a quoted one, behind `--`
 * and in lines of endless length.
 */
export function expectedWord(text: string, { family }: LineContext, offset: number): ExpectedWord | undefined {
  const before = text.charAt(offset - 1);
  const after = text.charAt(offset);
  const isInFront = after !== '' && !/\s/.test(after) && (before === '' || /\s/.test(before));
  if (isInFront) return undefined;
  const { tokens } = lexer.tokenize(text.slice(0, offset), text.charCodeAt(0) === 0x5b ? 'counted' : 'rule');
  if (tokens.length > mostWords) return undefined;
  shared ??= createGetopt();
  const state = shared;
  resetGetopt(state, family);
  let word: Span = { start: offset, end: offset };
  for (const token of tokens) {
    const end = token.startOffset + token.image.length;
    const isQuoted = token.tokenType === QuotedWord;
    if (end === offset) {
      // A quote that is open swallows what follows; a word behind one that closed would be part of its text.
      if (isQuoted || token.tokenType === RuleCounters) return undefined;
      word = { start: token.startOffset, end: endOfWord(text, offset) };
      break;
    }
    if (token.tokenType === RuleCounters) continue;
    const read: Word = {
      start: token.startOffset,
      end,
      text: isQuoted ? unquote(token.image) : token.image,
      quoted: isQuoted,
    };
    const isBang = token.tokenType === Bang;
    if (takesValue(state, isBang || token.tokenType === OptionName)) {
      readValueWord(state, read);
      continue;
    }
    closeOption(state);
    if (isBang || (isQuoted && read.text === '!')) readBang(state, read);
    else if (token.tokenType === OptionName || (isQuoted && read.text.startsWith('-'))) readOption(state, read);
    else readStray(state, read, token.image);
  }
  return state.isOver ? undefined : placeOf(state, text, word);
}

const endsWord = /[\s"]/g;

/** One search: a word may be a line of a million characters. */
function endOfWord(text: string, from: number): number {
  endsWord.lastIndex = from;
  return endsWord.exec(text)?.index ?? text.length;
}

function placeOf(state: Getopt, text: string, word: Span): ExpectedWord {
  const isOptionLike = /^[-!]/.test(text.slice(word.start, word.end));
  const takes = takesValue(state, isOptionLike);
  const isOnlyValue = takes && state.wanted > 0;
  let value: ExpectedValue | undefined;
  const { option, command } = state;
  if (takes && option !== undefined) value = { of: 'option', option: { ...option }, at: option.values.length };
  else if (takes && command !== undefined) value = { of: 'command', at: state.commandValues.length };
  // What is loaded by the option in front counts.
  if (!isOnlyValue) closeOption(state);
  return {
    word,
    command,
    chain: state.commandValues[0],
    options: [...state.options],
    negation: state.negation,
    value,
    mayBeOption: !isOnlyValue,
  };
}
