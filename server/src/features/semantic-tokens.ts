import type { Range } from 'vscode-languageserver-types';
import { type Steps, statementsBetweenPauses } from '../base/steps.ts';
import { statementOf } from '../syntax/document.ts';
import type { Line } from '../syntax/line.ts';
import type { RuleOption, Span, Word } from '../syntax/statement.ts';
import type { DumpState } from './support/state.ts';

/** Standard token types and modifiers only, so that every theme colours them. */
export const tokenTypes = [
  'namespace',
  'function',
  'keyword',
  'parameter',
  'type',
  'string',
  'number',
  'operator',
  'comment',
  'variable',
] as const;
export const tokenModifiers = ['declaration', 'defaultLibrary', 'deprecated'] as const;

type TokenType = (typeof tokenTypes)[number];

const typeIndex = new Map<TokenType, number>(tokenTypes.map((type, index) => [type, index]));
const declaration = 1;
const defaultLibrary = 2;

interface Token extends Span {
  readonly type: TokenType;
  readonly modifiers: number;
}

/**
 * The semantic tokens of the lines of a range, in LSP's relative encoding: five numbers a token. Pauses every few dozen lines.
 * @param tell told of each part as it is made, for those who stream; what was told is not in the result
 */
export function* semanticTokens(state: DumpState, range: Range, tell?: (part: number[]) => void): Steps<number[]> {
  const { lines } = state.ruleset;
  let data: number[] = [];
  let lastLine = 0;
  let lastStart = 0;
  const first = Math.max(range.start.line, 0);
  const end = Math.min(range.end.line, lines.length - 1);
  for (let number = first; number <= end; number += 1) {
    if ((number - first) % statementsBetweenPauses === statementsBetweenPauses - 1) yield;
    if (tell !== undefined && data.length >= numbersInPart) {
      tell(data);
      data = [];
    }
    const line = lines.at(number);
    if (line === undefined) continue;
    for (const token of tokensOf(line)) {
      if (token.end <= token.start) continue;
      data.push(
        number - lastLine,
        number === lastLine ? token.start - lastStart : token.start,
        token.end - token.start,
        typeIndex.get(token.type) ?? 0,
        token.modifiers,
      );
      lastLine = number;
      lastStart = token.start;
    }
  }
  return data;
}

/** Numbers in a part that is streamed: some ten thousand tokens. */
const numbersInPart = 50_000;

/** Beyond so many lines the tokens of a whole document are refused, unless they are streamed: they would be some 50 MB of numbers. */
const mostLinesAtOnce = 50_000;

/** Why the tokens of a whole document are not given at once, in a sentence; undefined where they are. */
export function refusalOfAllTokens({ ruleset }: DumpState): string | undefined {
  const { length } = ruleset.lines;
  if (length <= mostLinesAtOnce) return undefined;
  return `This document has ${length} lines: its tokens are given by range, or for all of it in parts, to a client that asks with a partialResultToken.`;
}

function tokensOf(line: Line): readonly Token[] {
  const tokens: Token[] = [];
  const add = (span: Span | undefined, type: TokenType, modifiers = 0): void => {
    if (span !== undefined) tokens.push({ start: span.start, end: span.end, type, modifiers });
  };
  const statement = statementOf(line);
  switch (statement.kind) {
    case 'comment':
      add({ start: 0, end: line.text.length }, 'comment');
      break;
    case 'columns':
      add({ start: 0, end: line.text.length }, 'comment');
      break;
    case 'set':
      add(statement.name, 'variable', declaration);
      add(statement.type, 'type');
      break;
    case 'set-entry':
      add(statement.set, 'variable');
      add(statement.entry, 'number');
      break;
    case 'table':
      add(statement.name, 'namespace', declaration);
      break;
    case 'chain':
      add(statement.name, 'function', declaration);
      add(statement.policy, 'type');
      add(statement.counters, 'number');
      break;
    case 'commit':
      add({ start: line.prefix, end: Math.min(line.prefix + 'COMMIT'.length, line.text.length) }, 'keyword');
      break;
    case 'chain-command':
      add(statement.commandWord, 'keyword');
      add(statement.chain, 'function', statement.command === 'new' ? declaration : 0);
      add(statement.argument, statement.command === 'policy' ? 'type' : 'function');
      break;
    case 'rule':
      add(statement.counters, 'number');
      add(statement.commandWord, 'keyword');
      add(statement.chain, 'function');
      add(statement.number, 'number');
      for (const option of statement.options) addOption(option, add);
      break;
    default:
  }
  // Restore input may have its command behind the options; LSP wants text order.
  return tokens.sort((a, b) => a.start - b.start);
}

function addOption(option: RuleOption, add: (span: Span | undefined, type: TokenType, modifiers?: number) => void): void {
  add(option.negation, 'operator');
  const glued = option.values.some((value) => value.start < option.word.end);
  add(glued ? { start: option.word.start, end: option.values[0]?.start ?? option.word.end } : option.word, 'parameter');
  for (const value of option.values) add(value, ...valueType(option, value));
}

function valueType(option: RuleOption, value: Word): [type: TokenType, modifiers?: number] {
  switch (option.name) {
    case '--jump':
    case '--goto':
      // Chains and extension targets look different at a glance: targets are upper case words without a dash.
      return /^[A-Z0-9]+$/.test(value.text) ? ['type', defaultLibrary] : ['function'];
    case '--match':
    case '--protocol':
      return ['type'];
    case '--in-interface':
    case '--out-interface':
      return ['variable'];
    default:
      return value.quoted || option.name === '--comment' ? ['string'] : /^[0-9[]/.test(value.text) ? ['number'] : ['variable'];
  }
}
