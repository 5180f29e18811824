/**
 * What somebody may have meant who wrote a line that iptables refuses: a word like the one that stands there, what is not loaded, a word less. Each is
 * tried by reading the line again; what does not help is not offered.
 */
import { nearestNames } from '../../base/nearest-names.ts';
import { coreOptions, matches, spellings, targets, whoHas } from '../../catalog/lookup.ts';
import { builtinChains } from '../../catalog/tables.ts';
import { knownWords } from '../../catalog/values/known-words.ts';
import { statementOf } from '../../syntax/document.ts';
import type { Line } from '../../syntax/line.ts';
import type { Problem, RuleOption, RuleStatement } from '../../syntax/statement.ts';
import { otherFamily } from './family-words.ts';
import { type Edit, helps } from './line-edit.ts';

/** The edits of a line that may mend a problem of it, the likeliest first; at most a few. */
export function lineRepairs(line: Line, problem: Problem): readonly Edit[] {
  if (line.listing) return [];
  const found: Edit[] = [];
  for (const edit of editsFor(line, problem)) {
    if (found.length >= mostRepairs) break;
    if (!found.some(({ title }) => title === edit.title) && helps(line, edit)) found.push(edit);
  }
  return found;
}

const mostRepairs = 3;

function* editsFor(line: Line, problem: Problem): Generator<Edit> {
  const statement = statementOf(line);
  const rule = statement.kind === 'rule' ? statement : undefined;
  switch (problem.code) {
    case 'unknown-option':
      yield* writtenAs(line, problem, 'option', allOptions);
      break;
    case 'unknown-match':
      yield* writtenAs(line, problem, 'match', () => matches.map(({ name }) => name));
      break;
    case 'unknown-table':
      yield* writtenAs(line, problem, 'table', () => Object.keys(builtinChains));
      break;
    case 'bad-policy':
      yield* policies(line, problem);
      break;
    case 'bad-name':
    case 'bad-protocol':
      if (rule !== undefined) yield* otherWords(line, problem, rule);
      break;
    case 'option-not-loaded':
      if (rule !== undefined) yield* loaders(problem, rule);
      break;
    case 'wrong-family':
      if (rule !== undefined) yield* otherFamily(line, rule);
      break;
    case 'wrong-interface':
      if (rule !== undefined) yield* otherSide(problem, rule);
      break;
    case 'unbalanced-quote':
      yield* openedQuote(line, problem);
      yield* closedQuotes(line, problem);
      break;
    default:
      yield* shortened(line, problem);
  }
}

/** Faults of a word that should not be there. */
function* shortened(line: Line, problem: Problem): Generator<Edit> {
  switch (problem.code) {
    case 'double-negation':
    case 'negation-without-option':
    case 'negation':
      yield* withoutBangs(line, problem);
      break;
    case 'superfluous-value':
      yield* withoutGluedValue(line, problem);
      break;
    case 'bad-argument':
      yield* openedQuote(line, problem);
      yield* withoutWords(line, problem, 1);
      break;
    case 'superfluous-option':
    case 'two-commands':
    case 'not-in-a-file':
      for (const words of [1, 2, 3]) yield* withoutWords(line, problem, words);
      break;
    default:
  }
}

/** The policies there are; who wrote REJECT wants none of the packets. */
function* policies({ text }: Line, problem: Problem): Generator<Edit> {
  const isAllowing = /^(?:a|permit|pass|yes|allow|r?eturn)/i.test(text.slice(problem.start, problem.end));
  for (const policy of isAllowing ? ['ACCEPT', 'DROP'] : ['DROP', 'ACCEPT'])
    yield { ...placeOf(problem), text: policy, title: `Write ${policy}` };
}

const placeOf = ({ start, end }: Problem): { readonly start: number; readonly end: number } => ({ start, end });

let optionNames: readonly string[] | undefined;

/** Every long spelling of the options that iptables has. */
function allOptions(): readonly string[] {
  optionNames ??= everyOption();
  return optionNames;
}

function everyOption(): readonly string[] {
  const all = [...coreOptions, ...[...matches, ...targets].flatMap(({ options }) => options)];
  return [...new Set(all.flatMap(spellings))].filter((name) => name.startsWith('--'));
}

/** What a word was found to be like: a file that has a slip in one line has it in others. */
const known = new Map<string, readonly string[]>();
const mostKnown = 256;

/** Names like a word, those first that have its very letters in another order. `of` says among which they are. */
function likest(word: string, of: string, names: () => readonly string[]): readonly string[] {
  const key = `${of} ${word}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const letters = [...word.toLowerCase()].sort().join('');
  const isSwapped = (name: string): number => Number([...name.toLowerCase()].sort().join('') !== letters);
  // Of a slip the length is about the same, and one end of the word.
  const [first, last] = [word.replace(/^-+/, '').charAt(0), word.at(-1)];
  const most = Math.max(2, Math.floor(word.length / 4));
  const alike = names().filter(
    (name) =>
      Math.abs(name.length - word.length) <= most && (name.replace(/^-+/, '').charAt(0) === first || name.at(-1) === last),
  );
  const found = nearestNames(word, alike).toSorted((one, other) => isSwapped(one) - isSwapped(other));
  if (known.size >= mostKnown) known.clear();
  known.set(key, found);
  return found;
}

function* writtenAs({ text }: Line, problem: Problem, of: string, names: () => readonly string[]): Generator<Edit> {
  const [, before = '', word = ''] = /^(\*?!?)([^\s=]*)/.exec(text.slice(problem.start, problem.end)) ?? [];
  const start = problem.start + before.length;
  if (word.length < 3) return;
  for (const name of likest(word, of, names)) yield { start, end: start + word.length, text: name, title: `Write ${name}` };
}

/** Another word that the option takes, in the place of one or of the part of a list that is none. */
function* otherWords({ text, context }: Line, problem: Problem, rule: RuleStatement): Generator<Edit> {
  const option = optionAt(rule, problem);
  const at = option?.values.findIndex(({ start, end }) => start < problem.end && problem.start < end) ?? -1;
  const value = option?.values[at];
  const choice = option?.spec?.value === undefined ? undefined : knownWords(option.spec.value, context.family ?? 'ipv4', at);
  if (value === undefined || choice === undefined || value.quoted) return;
  let start = value.start;
  for (const part of choice.isList ? value.text.split(',') : [value.text]) {
    const end = start + part.length;
    if (part.length >= 2 && text.slice(start, end) === part && !choice.words.includes(part)) {
      for (const word of likest(part, option?.name ?? '', () => choice.words))
        yield { start, end, text: word, title: `Write ${word}` };
    }
    start = end + 1;
  }
}

function optionAt({ options }: RuleStatement, problem: Problem): RuleOption | undefined {
  return options.find(({ word, values }) =>
    [word, ...values].some(({ start, end }) => start < problem.end && problem.start < end),
  );
}

/** Protocols whose match has options that are often written without it. */
const protocolMatches: readonly (readonly [string, string])[] = [
  ['tcp', 'tcp'],
  ['udp', 'udp'],
];

/** What loads an option, in front of it: a match, where one asks for a protocol that too. */
function* loaders(problem: Problem, rule: RuleStatement): Generator<Edit> {
  const option = optionAt(rule, problem);
  const at = option?.negation?.start ?? option?.word.start ?? problem.start;
  const put = (words: string, title: string): Edit => ({ start: at, end: at, text: `${words} `, title });
  const names = whoHas(option?.word.text ?? '').filter(({ kind }) => kind === 'match');
  for (const { name } of names) yield put(`-m ${name}`, `Load the match ${name}`);
  for (const [protocol, match] of protocolMatches)
    if (names.some(({ name }) => name === match)) {
      const words = `-p ${protocol} -m ${match}`;
      yield put(words, `Put ${words} before it`);
    }
}

/** `-i` for `-o` and the other way round, where packets have an interface on the other side only. */
function* otherSide(problem: Problem, rule: RuleStatement): Generator<Edit> {
  const word = optionAt(rule, problem)?.word;
  const other = word === undefined ? undefined : ({ '-i': '-o', '-o': '-i' } as const)[word.text];
  if (word !== undefined && other !== undefined) yield { start: word.start, end: word.end, text: other, title: `Write ${other}` };
}

/** A quote opened in front of the value whose end has one: `--comment web servers" -j`. */
function* openedQuote({ text }: Line, problem: Problem): Generator<Edit> {
  const quote = text.indexOf('"', problem.start);
  if (quote < 1 || !/[^ \t=\\]/.test(text.charAt(quote - 1)) || !/^(?:[ \t]|$)/.test(text.slice(quote + 1))) return;
  const before = text.slice(0, quote);
  const option = Array.from(before.matchAll(/[ \t]--[a-z][a-z-]*[ \t]+/g)).at(-1);
  const start = option === undefined ? quote : option.index + option[0].length;
  if (start < quote && !before.slice(start).includes('"'))
    yield { start, end: start, text: '"', title: `Open the quote in front of ${text.slice(start, quote).slice(0, 40)}` };
}

/** A quote closed in front of what looks like the next option, or at the end. */
function* closedQuotes({ text }: Line, problem: Problem): Generator<Edit> {
  const quote = text.indexOf('"', problem.start);
  if (quote < 0) return;
  const ends = Array.from(text.slice(quote + 1).matchAll(/[ \t](?=(?:! )?-{1,2}[a-z])/g), ({ index }) => quote + 1 + index);
  for (const place of [...ends.slice(0, mostRepairs), text.trimEnd().length]) {
    const end = text.slice(0, place).trimEnd().length;
    if (end <= quote + 1) continue;
    yield { start: end, end, text: '"', title: `Close the quote behind ${text.slice(quote + 1, end).slice(-40)}` };
  }
}

const bangs = /![ \t]*/g;

/** Without all `!` that stand at a place, or with one of them. */
function* withoutBangs({ text }: Line, problem: Problem): Generator<Edit> {
  let { start } = problem;
  while (start > 0 && '! \t'.includes(text.charAt(start - 1))) start -= 1;
  start += text.slice(start).search(/[^ \t]/);
  const all = /^(?:![ \t]*)+/.exec(text.slice(start))?.[0] ?? '';
  const count = all.match(bangs)?.length ?? 0;
  if (count === 0) return;
  const isLast = start + all.length === text.length;
  const from = isLast ? text.slice(0, start).trimEnd().length : start;
  if (count > 1) yield { start, end: start + all.length, text: '! ', title: 'Leave one !' };
  yield { start: from, end: start + all.length, text: '', title: count === 1 ? 'Remove the !' : 'Remove every !' };
}

function* withoutGluedValue({ text }: Line, problem: Problem): Generator<Edit> {
  const start = text.charAt(problem.start - 1) === '=' ? problem.start - 1 : problem.start;
  yield { start, end: problem.end, text: '', title: `Remove ${text.slice(start, problem.end)}` };
}

/** Without so many words, the one of the problem and what stands behind it. */
function* withoutWords({ text }: Line, problem: Problem, count: number): Generator<Edit> {
  const [words = ''] = new RegExp(`^\\S+(?:[ \\t]+[^-!\\s]\\S*){${count - 1}}`).exec(text.slice(problem.start)) ?? [];
  if (words === '') return;
  const end = problem.start + words.length;
  const blanks = /^[ \t]*/.exec(text.slice(end))?.[0].length ?? 0;
  const isLast = end + blanks === text.length;
  const start = isLast ? text.slice(0, problem.start).trimEnd().length : problem.start;
  yield { start, end: end + blanks, text: '', title: `Remove ${words}` };
}
