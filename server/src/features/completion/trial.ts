/**
 * Whether a word may be written at a place: it is put there, what the rule lacks then is added, and the checks say whether iptables would load it. So
 * what is offered is what is loaded, by the same rules by which lines are checked.
 */
import { findMatch, findTarget } from '../../catalog/lookup.ts';
import type { ExtensionSpec, Family, OptionSpec } from '../../catalog/types.ts';
import { exampleValue } from '../../catalog/values/example-value.ts';
import type { LineContext } from '../../syntax/line.ts';
import { readIfWritten } from '../../syntax/read-line.ts';
import { familyOfOptions } from '../../syntax/rule-family.ts';
import type { RuleStatement, Span } from '../../syntax/statement.ts';

export interface Trial {
  /** Whether these words may stand in place of the word, with whatever else is written behind them. */
  fits(words: string): boolean;
  /** These words and what the rule lacks with them, so that iptables loads it; undefined where nothing that was tried makes it so. */
  complete(words: string): string | undefined;
}

/** Errors that go when more is written. */
const mendable: ReadonlySet<string> = new Set(['missing-option', 'needs-protocol']);

/** Errors that may go then: of numbers that must fit each other, of options with which the kernel takes it in another chain. */
const perhapsMendable: ReadonlySet<string> = new Set([...mendable, 'wrong-chain', 'bad-number', 'bad-rate', 'bad-range']);

/** Of more words one is as good as another. */
const mostChoices = 4;

/** How many additions are tried for one word. */
const mostAdditions = 8;

/** Protocols that some match or target asks for, the usual ones first. */
const protocols = ['tcp', 'udp', 'sctp', 'icmp', 'ipv6-icmp', 'dccp', 'udplite', 'ah', 'esp', 'ipcomp', 'mobility-header'];

/**
 * Trials of words in the place of a span of a line.
 * @param without the part of the line without which it is compared: where nothing mends what is wrong without it, that is nobody's fault here
 */
export function createTrial(text: string, context: LineContext, span: Span, without: Span = span): Trial {
  const before = text.slice(0, without.start);
  const behind = text.slice(without.end);
  const usual = addedTo(before, behind, context, new Set(), '');
  const known = new Set(usual === undefined ? errorsOf(before + behind, context).map(keyOf) : []);
  const head = text.slice(0, span.start);
  const tail = text.slice(span.end);
  const complete = (words: string): string | undefined => {
    const added = addedTo(head, tail, context, known, words, usual);
    return added === undefined ? undefined : [words, ...added].join(' ');
  };
  return { complete, fits: (words) => addedTo(head, tail, context, known, words, usual) !== undefined };
}

interface Fault {
  readonly code: string;
  readonly message: string;
}

const keyOf = ({ code, message }: Fault): string => `${code} ${message}`;

function errorsOf(text: string, context: LineContext): readonly Fault[] {
  return readIfWritten(text, context).problems.filter(({ severity }) => severity === 'error');
}

function ruleOf(text: string, context: LineContext): RuleStatement | undefined {
  const statement = readIfWritten(text, context);
  return statement.kind === 'rule' ? statement : undefined;
}

/**
 * What must be written behind words between two parts of a line so that nothing is wrong but what is known; undefined where nothing that is tried
 * does it.
 * @param usual what does it without these words: most likely it does so with them
 */
function addedTo(
  head: string,
  tail: string,
  context: LineContext,
  known: ReadonlySet<string>,
  words: string,
  usual: readonly string[] = [],
): readonly string[] | undefined {
  const wrongIn: WrongIn = (added) =>
    errorsOf(`${head}${[words, ...added].join(' ')}${tail}`, context).filter((fault) => !known.has(keyOf(fault)));
  let added: readonly string[] = [];
  let wrong = wrongIn(added);
  if (wrong.length === 0) return added;
  const own = `${words.split(' ', 1)[0]} `;
  const likely = [usual.filter((option) => !option.startsWith(own)), addedBefore.get(words) ?? []];
  for (const others of likely) if (others.length > 0 && wrongIn(others).length === 0) return others;
  for (let round = 0; round < mostAdditions && wrong.length > 0; round += 1) {
    if (!wrong.every(({ code }) => perhapsMendable.has(code))) return undefined;
    const rule = ruleOf(`${head}${[words, ...added].join(' ')}${tail}`, context);
    const found = rule === undefined ? undefined : nextAddition(added, wrong, rule, wrongIn, context);
    if (found === undefined) return undefined;
    ({ added, wrong } = found);
  }
  if (wrong.length > 0) return undefined;
  if (addedBefore.size >= mostRemembered) addedBefore.clear();
  addedBefore.set(words, added);
  return added;
}

/** What these words took the last time, wherever that was: most likely it does again. */
const addedBefore = new Map<string, readonly string[]>();
const mostRemembered = 512;

/** What is wrong with these words at their place. */
type WrongIn = (added: readonly string[]) => readonly Fault[];

/** The first addition with which the first fault goes, and none comes that would stay. */
function nextAddition(
  added: readonly string[],
  wrong: readonly Fault[],
  rule: RuleStatement,
  wrongIn: WrongIn,
  context: LineContext,
): { readonly added: readonly string[]; readonly wrong: readonly Fault[] } | undefined {
  const first = wrong[0] === undefined ? '' : keyOf(wrong[0]);
  for (const addition of additionsTo(rule, wrong, context.family ?? familyOfOptions(rule.options) ?? 'ipv4')) {
    // Some options ask for a protocol in front of them.
    const more = addition[0]?.startsWith('-p ') ? [...addition, ...added] : [...added, ...addition];
    const left = wrongIn(more);
    if (left.every((fault) => mendable.has(fault.code) && keyOf(fault) !== first)) return { added: more, wrong: left };
  }
  return undefined;
}

function* additionsTo(rule: RuleStatement, wrong: readonly Fault[], family: Family): Generator<readonly string[]> {
  if (wrong.some(({ code }) => code === 'needs-protocol')) {
    if (!rule.options.some(({ name }) => name === '--protocol')) for (const protocol of protocols) yield [`-p ${protocol}`];
  }
  const lacking = loadedBy(rule)
    .reverse()
    .map(({ spec, instance }) => absentFrom(spec, instance, rule, family));
  // A fault of what is there may go when all is there that must be.
  const mandatory = lacking.flat().filter((option) => option.mandatory);
  if (mandatory.length > 0) yield mandatory.flatMap((option) => [...writtenForms(option, family)].slice(0, 1));
  // Another option of the same extension may make the kernel take it in this chain.
  if (!wrong.some(({ code }) => code === 'missing-option' || code === 'wrong-chain')) return;
  for (const option of lacking.flat()) for (const written of writtenForms(option, family)) yield [written];
}

/** The options of an extension that a rule does not give it, those that it must have first. */
function absentFrom(spec: ExtensionSpec, instance: number, rule: RuleStatement, family: Family): readonly OptionSpec[] {
  const given = rule.options.filter((option) => option.instance === instance).map(({ name }) => name);
  return spec.options
    .filter(({ long, families }) => families.includes(family) && !given.includes(long))
    .sort((one, other) => Number(other.mandatory) - Number(one.mandatory));
}

/** The matches and the target of a rule that the catalogue has. */
function loadedBy(rule: RuleStatement): { readonly spec: ExtensionSpec; readonly instance: number }[] {
  const loaded = new Map<number, ExtensionSpec>();
  let matches = 0;
  for (const { name, values, instance, spec } of rule.options) {
    if (name === '--match') {
      matches += 1;
      const found = findMatch(values[0]?.text ?? '');
      if (found !== undefined) loaded.set(matches, found);
    } else if (instance > matches && spec?.extension !== undefined) {
      matches = instance;
      loaded.set(instance, spec.extension);
    }
  }
  const target = rule.target === undefined || rule.isGoto ? undefined : findTarget(rule.target.text);
  if (target !== undefined) loaded.set(-1, target);
  return [...loaded].map(([instance, spec]) => ({ instance, spec }));
}

/** An option with values that iptables takes: an example, the largest number, and where it is one of a few words each of them. */
export function* writtenForms(option: OptionSpec, family: Family): Generator<string> {
  const { long, value } = option;
  const choice = value?.type === 'enum' && value.list !== true ? value.values : [];
  if (choice.length > 0 && choice.length <= mostChoices) {
    for (const word of choice) yield `${long} ${word}`;
    return;
  }
  if (value?.type === 'protocol') for (const protocol of protocols) yield `${long} ${protocol}`;
  else yield [long, ...exampleValue(option, family)].join(' ');
  // What must not be less than another option's value.
  if (value?.type === 'uint')
    yield `${long} ${Math.min(value.max ?? Number.POSITIVE_INFINITY, 2 ** Math.min(value.bits, 32) - 1)}`;
}
