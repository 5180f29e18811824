import type { Range } from 'vscode-languageserver-types';
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

/** The semantic tokens of the lines of a range, in LSP's relative encoding: five numbers a token. */
export function semanticTokens(state: DumpState, range: Range): number[] {
  const { lines } = state.ruleset;
  const data: number[] = [];
  let lastLine = 0;
  let lastStart = 0;
  const end = Math.min(range.end.line, lines.length - 1);
  for (let number = Math.max(range.start.line, 0); number <= end; number += 1) {
    const line = lines[number];
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
