/** What the files of `matches/` share: how a match's options become predicates, and what cannot be told from the rules. */
import type { Family } from '../catalog/types.ts';
import { readValue } from '../catalog/values/read-value.ts';
import type { Value } from '../catalog/values/values.ts';
import type { RuleOption } from '../syntax/statement.ts';
import { type Answer, type Assumed, doubt, type Fact, type Predicate, perhapsNegated } from './answer.ts';
import { type LoadedMatch, optionsText } from './option-view.ts';
import type { Packet } from './packet.ts';
import { includes, type Ranges } from './ranges.ts';

/** What the meaning of an option depends on besides its text. */
export interface RuleContext {
  readonly family: Family;
  /** The protocol of -p by number; 0 for any. */
  readonly protocol: number;
}

/** The predicates of one loaded match of a rule, in the order in which the kernel asks. All must hold. */
export type MatchReader = (match: LoadedMatch, context: RuleContext) => readonly Predicate[];

/** A predicate of one option without its `!`; null for an option that only shapes what others ask. */
export type OptionReader = (option: RuleOption, context: RuleContext, match: LoadedMatch) => Predicate | null;

/** The value of an option as the catalogue reads it; undefined where iptables would refuse it, or a listing does not show it. */
export function optionValue(option: RuleOption | undefined, context: RuleContext): Value | undefined {
  if (option?.spec === undefined) return undefined;
  const value = readValue(
    option.spec,
    option.values.map((word) => word.text),
    context,
  );
  return value === undefined || value.type === 'fault' ? undefined : value;
}

/** The option of a match by its canonical name. */
export function optionNamed(match: LoadedMatch, name: string): RuleOption | undefined {
  return match.options.find((option) => option.name === name);
}

/** Whether an option has a `!` before it; false where there is no option. */
export function isNegated(option: RuleOption | undefined): boolean {
  return option?.negation !== undefined;
}

function unsigned(option: RuleOption): RuleOption {
  return option.negation === undefined ? option : { ...option, negation: undefined };
}

function quoted(match: LoadedMatch, options: readonly RuleOption[]): string {
  return `${match.name === '' ? '' : `-m ${match.name} `}${optionsText(options)}`.trim();
}

/** That neither packet nor rules say whether an option's condition is met; `modifiers` are the options that belong to the question. */
export function unknownOption(
  match: LoadedMatch,
  option: RuleOption,
  modifiers: readonly RuleOption[] = [],
  about: Fact['about'] = 'other',
): Predicate {
  const text = quoted(match, [unsigned(option), ...modifiers]);
  const answer = doubt({ about, key: text, yes: `"${text}" matches.`, no: `"${text}" does not match.`, likely: false });
  return () => answer;
}

/** The same for a match as a whole: with a `!` in it the same question, answered the other way round. */
export function unknownMatch(match: LoadedMatch): Predicate {
  const negated = match.options.filter((option) => option.negation !== undefined);
  const isOne = negated.length <= 1;
  const text = quoted(match, isOne ? match.options.map(unsigned) : match.options);
  const answer = doubt({ about: 'other', key: text, yes: `"${text}" matches.`, no: `"${text}" does not match.`, likely: false });
  return perhapsNegated(() => answer, isOne && negated.length === 1);
}

/** A reader that asks one predicate for each option; one without a reader is a question of its own. */
export function eachOption(readers: Readonly<Record<string, OptionReader>>): MatchReader {
  return (match, context) => {
    const predicates: Predicate[] = [];
    for (const option of match.options) {
      const reader = Object.hasOwn(readers, option.name) ? readers[option.name] : undefined;
      const predicate = reader === undefined ? unknownOption(match, option) : reader(unsigned(option), context, match);
      if (predicate !== null) predicates.push(perhapsNegated(predicate, option.negation !== undefined));
    }
    return predicates;
  };
}

/** A reader for a match that looks at what is neither in the packet nor in the rules: each of these options asks, the others shape it. */
export function askedBy(...asking: readonly string[]): MatchReader {
  return (match) => {
    const modifiers = match.options.filter((option) => !asking.includes(option.name));
    const questions = match.options.filter((option) => asking.includes(option.name));
    if (questions.length === 0) return [unknownMatch(match)];
    return questions.map((option) => perhapsNegated(unknownOption(match, option, modifiers), option.negation !== undefined));
  };
}

/** An option that only shapes what others ask. */
export const shapes: OptionReader = () => null;

/** That one answer is taken for every packet, for a reason which is said. */
export function assumed(holds: boolean, assumption: string): Assumed {
  return { kind: 'assumed', holds, assumption };
}

export interface ValueQuestion {
  /** What is asked for: "ttl". Questions about the same are answered together. */
  readonly of: string;
  /** The values for which the answer is yes. */
  readonly within: Ranges;
  /** All values that there are; any where absent. */
  readonly among?: Ranges;
  /** "The TTL is 64." */
  readonly yes: string;
  readonly no: string;
  readonly about?: Fact['about'];
  readonly likely?: boolean;
}

/** The doubt about a value that is not known. */
export function valueDoubt({ of, within, among, yes, no, about = 'other', likely = false }: ValueQuestion): Answer {
  const value = { of, within, ...(among === undefined ? {} : { among }) };
  return doubt({ about, key: `${of} ${keyOf(within)}`, yes, no, likely, value });
}

function keyOf(within: Ranges): string {
  return within.map(([from, to]) => `${from}..${to}`).join(' ');
}

/** Whether a value of the packet is one of those asked for; a doubt where the packet does not say it. */
export function aboutValue(get: (packet: Packet) => number | null, question: ValueQuestion): Predicate {
  const answer = valueDoubt(question);
  return (packet) => {
    const value = get(packet);
    return value === null ? answer : includes(question.within, value);
  };
}
