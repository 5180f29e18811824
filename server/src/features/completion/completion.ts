import { CompletionItemKind, type CompletionList, type Position } from 'vscode-languageserver-types';
import type { Steps } from '../../base/steps.ts';
import type { Family } from '../../catalog/types.ts';
import { knownWords } from '../../catalog/values/known-words.ts';
import type { Chain } from '../../ruleset/ruleset.ts';
import type { CommandSpec } from '../../syntax/commands.ts';
import { type ExpectedValue, type ExpectedWord, expectedWord } from '../../syntax/expected-word.ts';
import { readsWholeWord } from '../../syntax/getopt.ts';
import { familyOfOptions } from '../../syntax/rule-family.ts';
import type { ChainCommand, RuleOption, Span } from '../../syntax/statement.ts';
import type { DumpState } from '../support/state.ts';
import { type ValueApart, valueApart } from '../support/value-apart.ts';
import { type WrittenRule, writtenRule } from '../support/written-rule.ts';
import { chainOffers } from './chain-offers.ts';
import { ownOptionOffers, tablesOfCommand } from './command-line-offers.ts';
import { ignoreOffers } from './ignore-offers.ts';
import { approachTo, isKnownAt, isTakenFrom, jumpTest } from './jumpable-chains.ts';
import {
  builtinOffers,
  commandOffers,
  declarationText,
  lineStartOffers,
  policyOffers,
  tableNameOffers,
  undeclaredChains,
} from './line-offers.ts';
import { type Offer, toItem } from './offer.ts';
import { matchOffers, mayBeNegated, optionOffers, targetOffers } from './option-offers.ts';
import { createTrial, type Trial } from './trial.ts';
import { valueOffers } from './value-offers.ts';

/** How a list of completions was asked for. */
export interface CompletionRequest {
  /** A blank was typed: only what must follow is wanted then, not whatever may. */
  readonly isAfterBlank: boolean;
  /** Whether the client shows Markdown. */
  readonly markdown: boolean;
  /** So many UTF-16 units behind the position were typed after the list was asked for: the client finds with them what it shows of it. */
  readonly typedSince?: number;
}

/** A line or command, and the place in it that is asked about. */
interface Asked extends WrittenRule {
  readonly state: DumpState;
  readonly isAfterBlank: boolean;
}

/** What is offered, and the span of the text that it takes the place of. */
interface Offered {
  readonly offers: readonly Offer[];
  readonly span: Span;
  readonly isCut?: boolean;
}

const nothing: CompletionList = { isIncomplete: false, items: [] };

const longestLine = 20_000;

/**
 * What may be written at a position: nothing that iptables would refuse there, and all that it takes of what has a name. Each item takes the
 * place of the word under the cursor, or of its part between commas. Empty in what is neither restore input nor a command of a shell.
 */
export function* completion(state: DumpState, position: Position, request: CompletionRequest): Steps<CompletionList> {
  const { isAfterBlank, markdown, typedSince } = request;
  const written = writtenRule(state, position, typedSince);
  // Every word that is offered is tried in the whole of the line.
  if (written === undefined || written.text.length > longestLine) return nothing;
  const asked: Asked = { ...written, state, isAfterBlank };
  const offered = yield* offersAt(asked);
  if (offered === undefined) return nothing;
  const { offers, span, isCut = false } = offered;
  const target = { line: position.line, start: span.start - written.above, end: span.end - written.above };
  const items = offers.map((offer, index) => toItem(offer, index, target, markdown));
  return { isIncomplete: isCut, items };
}

function* offersAt(asked: Asked): Steps<Offered | undefined> {
  const tableName = asked.command?.tableName;
  if (tableName !== undefined) return { offers: tablesOfCommand(asked.state.ruleset), span: tableName };
  switch (asked.text.charAt(0)) {
    case '#':
      return ignoreOffers(asked.text, asked.offset);
    case '*':
      return asked.context.table === undefined ? atTable(asked) : undefined;
    case ':':
      return atDeclaration(asked);
    default:
  }
  const apart = valueApart(asked.text, asked.offset);
  if (apart !== undefined) {
    const offered = yield* atValueApart(asked, apart);
    // `-dport` may be a value of -d, and is meant to be another option.
    if (apart.joined?.separator !== '' || offered !== undefined) return offered;
  }
  const expected = expectedWord(asked.text, asked.context, asked.offset);
  if (expected === undefined || isProse(asked.text, expected)) return undefined;
  const values = expected.value === undefined ? undefined : yield* atValue(asked, expected, expected.value);
  if (!expected.mayBeOption) return values;
  const options = atOption(asked, expected);
  return values === undefined || options === undefined
    ? (values ?? options)
    : { ...options, offers: [...values.offers, ...options.offers] };
}

/** What may stand in place of a value that is written in one with its option, or in quotes. Of one that is glued to a letter only where some offer begins alike. */
function* atValueApart(asked: Asked, apart: ValueApart): Steps<Offered | undefined> {
  const { text, offset, shift, behind, joined } = apart;
  const expected = expectedWord(text, asked.context, offset);
  const value = expected?.value;
  if (expected === undefined || value === undefined || isProse(text, expected)) return undefined;
  if (joined?.separator === '=' && value.of === 'command') return undefined;
  const offered = yield* atValue({ ...asked, text, offset }, expected, value);
  if (offered === undefined) return undefined;
  const typed = text.slice(offered.span.start, offset).toLowerCase();
  const begins = ({ text: words }: Offer): boolean => words.toLowerCase().startsWith(typed);
  if (joined?.separator === '' && !offered.offers.some(begins)) return undefined;
  const span = { start: offered.span.start - shift, end: offered.span.end - shift };
  const isWholeWord = value.of === 'option' && value.option.spec !== undefined && readsWholeWord(value.option.spec);
  if (joined === undefined || !isWholeWord)
    return { ...offered, offers: offered.offers.map((offer) => ({ ...offer, whole: offer.text + behind })), span };
  // iptables before 1.8.10 would take `-jWEB` for the target: what is taken gets its blank.
  const before = asked.text.slice(joined.start, span.start);
  const written = `${joined.text} ${before.slice(joined.text.length + joined.separator.length)}`;
  const offers = offered.offers.map((offer) => ({
    ...offer,
    whole: written + offer.text + behind,
    findBy: before + (offer.findBy ?? offer.text),
  }));
  return { ...offered, offers, span: { start: joined.start, end: span.end } };
}

/** Whether other words stand in front of a place: a sentence, or another program's command. What a paste puts in front of a rule is none of it. */
function isProse(text: string, { command, word }: ExpectedWord): boolean {
  const before = text.slice(0, word.start);
  return /^\s*[A-Za-z]\w*\s/.test(before) || (command === undefined && /^\s*[^-![\s"]/.test(before));
}

function wordAround({ text, offset }: Asked, from: number): Span {
  let start = offset;
  while (start > from && !/\s/.test(text.charAt(start - 1))) start -= 1;
  let end = offset;
  while (end < text.length && !/\s/.test(text.charAt(end))) end += 1;
  return { start, end };
}

function atTable(asked: Asked): Offered | undefined {
  const span = wordAround(asked, 1);
  if (asked.offset < 1 || span.start !== 1) return undefined;
  return { offers: tableNameOffers(asked.state.ruleset, asked.line), span };
}

function atDeclaration(asked: Asked): Offered | undefined {
  const { text, offset, table } = asked;
  if (offset < 1 || table === undefined) return undefined;
  const span = wordAround(asked, 1);
  const before = text.slice(1, span.start).split(/\s+/).filter(Boolean);
  const isAlone = text.slice(span.end).trim() === '';
  const [name = ''] = before;
  switch (before.length) {
    case 0:
      return {
        offers: [...builtinOffers(table), ...undeclaredChains(table)].map((offer) =>
          isAlone ? { ...offer, whole: declarationText(table.name, offer.text) } : offer,
        ),
        span,
      };
    case 1:
      return { offers: policyOffers(table.name, name), span };
    default:
      return undefined;
  }
}

function familyAt({ context }: Asked, options: readonly RuleOption[]): Family {
  return context.family ?? familyOfOptions(options) ?? 'ipv4';
}

function atOption(asked: Asked, { word, command, options, negation }: ExpectedWord): Offered | undefined {
  const { state, line, text, context, table, isAfterBlank } = asked;
  if (isAfterBlank && negation === undefined) return undefined;
  const isFirst =
    text
      .slice(0, word.start)
      .replace(/^\[[^\]]*\]/, '')
      .trim() === '';
  const own = negation === undefined ? ownOptionOffers(asked.command, command) : [];
  if (command === undefined && isFirst) {
    const isLineStart = asked.command === undefined && word.start === 0;
    return {
      offers: isLineStart ? lineStartOffers(state.ruleset, line, table, context) : [...commandOffers(), ...own],
      span: word,
    };
  }
  if (command?.kind === 'chain') return own.length === 0 ? undefined : { offers: own, span: word };
  // A value behind the word is the value of whatever stands in its place, of which an example is tried.
  const trial = createTrial(
    text,
    context,
    { start: word.start, end: endOfValues(text, word) },
    {
      start: negation?.start ?? word.start,
      end: word.end,
    },
  );
  const typed = text.slice(word.start, asked.offset);
  const family = familyAt(asked, options);
  const offers = optionOffers(options, family, typed, trial);
  const hasBang = negation === undefined && mayBeNegated(options, family, trial);
  return {
    offers: [...(command === undefined ? commandOffers() : []), ...offers, ...(hasBang ? [bang] : []), ...own],
    span: word,
  };
}

const bang: Offer = { text: '!', kind: CompletionItemKind.Operator, detail: 'Not: the option behind it is negated.', rank: 3 };

/** Behind an option's word its values follow up to the next option. */
function endOfValues(text: string, { end }: Span): number {
  if (/^\S/.test(text.slice(end))) return end;
  return end + (/^(?:[ \t]+[^-!\s"][^\s"]*)*/.exec(text.slice(end))?.[0].length ?? 0);
}

function* atValue(asked: Asked, expected: ExpectedWord, value: ExpectedValue): Steps<Offered | undefined> {
  if (value.of === 'command') return yield* atCommandValue(asked, expected, value.at);
  const { state, text, context, table, offset, line } = asked;
  const { option, at } = value;
  const { spec } = option;
  if (spec === undefined) return undefined;
  const { word } = expected;
  const typed = text.slice(word.start, offset);
  const family = familyAt(asked, expected.options);
  const whole = { start: option.negation?.start ?? option.word.start, end: word.end };
  switch (spec.value?.type) {
    case 'match-name':
      return { offers: matchOffers(family, createTrial(text, context, word, whole)), span: word };
    case 'target':
    case 'chain':
      return yield* atTarget(asked, expected, createTrial(text, context, word, whole), spec.value.type === 'target');
    default:
  }
  const isList = knownWords(spec.value ?? { type: 'text' }, family, at)?.isList === true;
  const span = isList ? listPart(text, word, offset) : word;
  const others = isList ? othersIn(text, word, span) : [];
  const part = { option: spec, at, typed: text.slice(span.start, offset), others };
  // Where a value is missing still, an example stands for it.
  const trial = createTrial(text, context, span, whole);
  const offers = valueOffers(state, table, line, family, part);
  const missing = at + 1 < spec.arity && text.slice(word.end).trim() === '' ? ` ${secondExample(spec.value?.type)}` : '';
  return {
    offers: offers.filter(({ text: words }) => trial.fits(words + missing)),
    span,
    isCut: typed !== '' || offers.length > 0,
  };
}

function secondExample(type: string | undefined): string {
  switch (type) {
    case 'set':
      return 'src';
    case 'sctp-chunks':
      return 'ALL';
    default:
      return 'NONE';
  }
}

/** The part of a list between commas that an offset is in. */
function listPart(text: string, word: Span, offset: number): Span {
  const comma = text.slice(word.start, offset).lastIndexOf(',');
  const next = text.slice(offset, word.end).indexOf(',');
  return { start: comma < 0 ? word.start : word.start + comma + 1, end: next < 0 ? word.end : offset + next };
}

function othersIn(text: string, word: Span, part: Span): readonly string[] {
  const before = text.slice(word.start, part.start);
  const after = text.slice(part.end, word.end);
  return `${before},${after}`.split(',').filter(Boolean);
}

function* atTarget(
  asked: Asked,
  { word, chain, options }: ExpectedWord,
  trial: Pick<Trial, 'fits'>,
  isJump: boolean,
): Steps<Offered> {
  const { state, table, line, offset, text } = asked;
  if (table === undefined) return { offers: isJump ? targetOffers(familyAt(asked, options), trial, () => true) : [], span: word };
  const approach = approachTo(state.ruleset, table, chain?.text ?? '');
  yield;
  const targets = isJump ? targetOffers(familyAt(asked, options), trial, (spec) => isTakenFrom(spec, approach)) : [];
  const mayJump = jumpTest(state.ruleset, table, line, approach);
  const chains = yield* chainOffers(
    state,
    table,
    text.slice(word.start, offset),
    (candidate) => mayJump(candidate) && trial.fits(candidate.name),
  );
  return { offers: [...targets, ...chains.offers], span: word, isCut: chains.isCut };
}

/** The commands that take chains of the user's alone. */
const onlyOwnChains: ReadonlySet<ChainCommand> = new Set(['new', 'delete-chain', 'rename']);

function* atCommandValue(asked: Asked, { word, command, chain }: ExpectedWord, at: number): Steps<Offered | undefined> {
  const { state, line, table, text, offset } = asked;
  if (command === undefined) return undefined;
  if (table === undefined) return atNewTable(asked, word, command, at);
  if (at === 1) {
    if (command.kind !== 'chain' || command.command !== 'policy') return undefined;
    const offers = policyOffers(table.name, chain?.text ?? '').filter(({ text: policy }) => policy !== '-');
    return { offers, span: word };
  }
  const isKnown = (candidate: Chain): boolean => isKnownAt(state.ruleset, candidate, line);
  const onlyOwn = command.kind === 'chain' && onlyOwnChains.has(command.command);
  const onlyBuiltin = command.kind === 'chain' && command.command === 'policy';
  if (command.kind === 'chain' && command.command === 'new') return { offers: undeclaredChains(table), span: word };
  const found = yield* chainOffers(
    state,
    table,
    text.slice(word.start, offset),
    (candidate) => (candidate.builtin ? !onlyOwn : !onlyBuiltin) && isKnown(candidate),
  );
  const builtin = onlyOwn ? [] : builtinOffers(table, true);
  return { offers: [...builtin, ...found.offers], span: word, isCut: found.isCut };
}

/** The chain of a command in a table of which the text shows nothing. */
function atNewTable({ context }: Asked, word: Span, command: CommandSpec, at: number): Offered | undefined {
  const takesBuiltin = command.kind === 'rule' || !onlyOwnChains.has(command.command);
  if (at > 0 || !takesBuiltin || context.table === undefined) return undefined;
  return { offers: builtinOffers({ name: context.table, chains: new Map() }), span: word };
}
