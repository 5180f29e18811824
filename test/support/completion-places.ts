/** Places in rules that real iptables loaded, what is offered there, and rules that are finished behind what was taken. */
import { runToEnd } from '../../server/src/base/steps.ts';
import { findMatch, spellings } from '../../server/src/catalog/lookup.ts';
import type { Family, OptionSpec, TableName } from '../../server/src/catalog/types.ts';
import { exampleValue } from '../../server/src/catalog/values/example-value.ts';
import { knownWords } from '../../server/src/catalog/values/known-words.ts';
import { completion } from '../../server/src/features/completion/completion.ts';
import { createTrial, writtenForms } from '../../server/src/features/completion/trial.ts';
import { buildWholeRuleset } from '../../server/src/ruleset/build.ts';
import { ruleAt } from '../../server/src/ruleset/rules.ts';
import { readWholeDocument } from '../../server/src/syntax/document.ts';
import type { RuleOption } from '../../server/src/syntax/statement.ts';
import { wholeFile } from '../oracle/real-iptables.ts';
import { dumpState } from './dump-state.ts';
import { fixtureText } from './fixtures.ts';

export interface Row {
  readonly family: Family;
  readonly table: TableName;
  readonly rule: string;
  readonly nft: { readonly verdict: string };
  readonly legacy: { readonly verdict: string };
}

/** A place in a rule, and the word that stands there. */
export interface Place {
  readonly row: Row;
  readonly before: string;
  readonly word: string;
  readonly option: RuleOption;
  /** -1 for the option's own word, else which word of its value. */
  readonly at: number;
}

export const mostPlaces = 5_000;

export function fileWith(row: Row, rule: string): string {
  return wholeFile({ table: row.table, text: rule });
}

export const fileName = ({ family }: Row): string => (family === 'ipv4' ? 'file:///rules.v4' : 'file:///rules.v6');

export function lineOf(row: Row): number {
  return fileWith(row, '@').split('\n').indexOf('@');
}

/** What is offered behind a text, by the words that are written. */
export function offeredBehind(row: Row, before: string): ReadonlyMap<string, string> {
  const state = dumpState(fileWith(row, before), undefined, fileName(row));
  const position = { line: lineOf(row), character: before.length };
  const { items } = runToEnd(completion(state, position, { isAfterBlank: false, markdown: false }));
  return new Map(
    items.map(({ label, textEdit }) => {
      if (textEdit === undefined || !('range' in textEdit)) throw new Error(`${label} has no edit`);
      return [label, before.slice(0, textEdit.range.start.character) + textEdit.newText] as const;
    }),
  );
}

/** The places of a rule where iptables could be told something by name. */
function placesOf(row: Row): readonly Place[] {
  const document = readWholeDocument(fileWith(row, row.rule), fileName(row));
  const rule = ruleAt(buildWholeRuleset(document), lineOf(row));
  return (rule?.options ?? []).flatMap((option) => {
    const { spec, word, values, negation } = option;
    // iptables takes options in front of the command; nobody begins a rule with them.
    if (spec === undefined || word.start < (rule?.chain.end ?? 0) || values[0] === word || word.quoted || word.text.includes('='))
      return [];
    const place = (start: number, text: string, at: number): Place => ({
      row,
      before: row.rule.slice(0, start),
      word: text,
      option,
      at,
    });
    const own = [place(word.start, word.text, -1), ...(negation === undefined ? [] : [place(negation.start, '!', -1)])];
    const named = values.flatMap((value, at) =>
      value.quoted || value.text.includes(',') || !isNamed(spec, row.family, at, value.text)
        ? []
        : [place(value.start, value.text, at)],
    );
    return [...own, ...named];
  });
}

function isNamed(spec: OptionSpec, family: Family, at: number, text: string): boolean {
  if (spec.value?.type === 'target' || spec.value?.type === 'chain') return true;
  if (spec.value?.type === 'match-name') return findMatch(text)?.name === text;
  return spec.value !== undefined && knownWords(spec.value, family, at)?.words.includes(text) === true;
}

export function isOffered({ word, option, at }: Place, offered: ReadonlyMap<string, string>): boolean {
  if (at >= 0 || word === '!' || option.spec === undefined) return offered.has(word);
  return spellings(option.spec).some((name) => offered.has(name)) || offered.has(option.spec.saved);
}

/** The rule with what it lacks, whatever that is; undefined where nothing that is tried makes it load. */
export function finished(row: Row, text: string): string | undefined {
  const document = readWholeDocument(fileWith(row, text), fileName(row));
  const line = document.lines.at(lineOf(row));
  const last = ruleAt(buildWholeRuleset(document), lineOf(row))?.options.at(-1);
  if (line === undefined) return undefined;
  const whole = { start: 0, end: 1_000_000 };
  const endings = last?.spec === undefined ? [''] : missingWords(last.spec, last.values.length, row.family);
  for (const ending of text.endsWith('!') ? negatedOptions(row.family) : endings) {
    const words = createTrial(
      text + ending,
      line.context,
      { start: text.length + ending.length, end: text.length + ending.length },
      whole,
    ).complete('');
    if (words !== undefined) return text + ending + words;
  }
  return undefined;
}

function negatedOptions(family: Family): readonly string[] {
  const address = family === 'ipv4' ? '10.0.0.1' : 'fd00::1';
  return [` -s ${address}`, ` -d ${address}`, ' -i eth0', ' -o eth0', ' -p tcp', ' --ahspi 1'];
}

function missingWords(spec: OptionSpec, given: number, family: Family): readonly string[] {
  if (given >= spec.arity) return [''];
  if (spec.value?.type === 'target') return [' ACCEPT', ' RETURN'];
  if (spec.value?.type === 'chain') return [' Y'];
  if (spec.value?.type === 'match-name') return [' mark', ' comment'];
  if (given > 0) return [` ${exampleValue(spec, family).slice(given).join(' ')}`];
  return [...writtenForms(spec, family)].map((written) => written.slice(spec.long.length));
}

/** So many places of rules that both back ends loaded, spread over all of them. */
export function somePlaces(most: number): readonly Place[] {
  const rows = fixtureText('corpus/round-2/rules.jsonl')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row)
    .filter(({ nft, legacy }) => nft.verdict === 'loads' && legacy.verdict === 'loads');
  const all = rows.flatMap(placesOf);
  const step = Math.max(all.length / most, 1);
  return Array.from({ length: Math.min(most, all.length) }, (_, index) => all[Math.floor(index * step)]).filter(
    (place) => place !== undefined,
  );
}
