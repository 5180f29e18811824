import type { Position } from 'vscode-languageserver-types';
import type { Place } from '../../lint/support/finding.ts';
import { type MentionKind, mentionsOn } from '../../ruleset/places.ts';
import { type Chain, type Table, tableAt } from '../../ruleset/ruleset.ts';
import { statementOf } from '../../syntax/document.ts';
import type { RuleOption, RuleStatement, Word } from '../../syntax/statement.ts';
import { type DumpState, touches } from './state.ts';

/** What a position in a dump is on. */
export type DumpSymbol =
  | { readonly kind: 'chain'; readonly place: Place; readonly name: string; readonly chain: Chain; readonly mention: MentionKind }
  | { readonly kind: 'table'; readonly place: Place; readonly table: Table }
  /** A set of ipset's, where rules or its own text name it. */
  | { readonly kind: 'set'; readonly place: Place; readonly name: string }
  | {
      readonly kind: 'option';
      readonly place: Place;
      readonly option: RuleOption;
      readonly rule: RuleStatement;
      readonly table: Table | undefined;
    }
  | {
      readonly kind: 'value';
      readonly place: Place;
      readonly word: Word;
      readonly option: RuleOption;
      readonly rule: RuleStatement;
      readonly table: Table | undefined;
    };

/** The chain, table, option or value under a position; undefined for anything else. A chain's own name wins over the value it is. */
export function symbolAt(state: DumpState, position: Position): DumpSymbol | undefined {
  const { ruleset } = state;
  const { line } = position;
  const source = ruleset.lines.at(line);
  const table = tableAt(ruleset, line);
  if (source === undefined) return undefined;
  for (const mention of mentionsOn(ruleset, line)) {
    if (!touches(mention, position)) continue;
    const chain = table?.chains.get(mention.name);
    if (chain !== undefined) return { kind: 'chain', place: mention, name: mention.name, chain, mention: mention.kind };
  }
  const statement = statementOf(source);
  if (statement.kind === 'table' && table !== undefined && touches({ line, start: 0, end: statement.name.end }, position)) {
    return { kind: 'table', place: { line, start: 0, end: statement.name.end }, table };
  }
  const set = statement.kind === 'set' ? statement.name : statement.kind === 'set-entry' ? statement.set : undefined;
  if (set !== undefined && isOn(set, position)) return setSymbol(set, line);
  if (statement.kind !== 'rule') return undefined;
  for (const option of statement.options) {
    for (const word of option.values) {
      if (!isOn(word, position)) continue;
      if (option.spec?.value?.type === 'set' && word === option.values[0]) return setSymbol(word, line);
      return { kind: 'value', place: { line, start: word.start, end: word.end }, word, option, rule: statement, table };
    }
    const place = { line, start: option.word.start, end: option.word.end };
    if (isOn(option.word, position)) return { kind: 'option', place, option, rule: statement, table };
  }
  return undefined;
}

/** Whether a position of a word's line is on it. A word that a listing does not print has no place. */
function isOn({ start, end }: Word, { line, character }: Position): boolean {
  return end > start && touches({ line, start, end }, { line, character });
}

function setSymbol({ start, end, text }: Word, line: number): DumpSymbol {
  return { kind: 'set', place: { line, start, end }, name: text };
}

/** The chain whose rule or declaration a line holds, for positions that are on nothing else. */
export function chainOfLine(state: DumpState, line: number): Chain | undefined {
  const source = state.ruleset.lines.at(line);
  if (source === undefined || source.name === '') return undefined;
  return tableAt(state.ruleset, line)?.chains.get(source.name);
}
