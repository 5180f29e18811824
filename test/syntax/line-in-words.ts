import { statementOf } from '../../server/src/syntax/document.ts';
import type { ExpectedWord } from '../../server/src/syntax/expected-word.ts';
import type { Line, LineContext } from '../../server/src/syntax/line.ts';
import type { Counters, Problem, RuleOption, Span, Statement, Word } from '../../server/src/syntax/statement.ts';

/** A text with what cannot be seen in it by its number, at most 200 characters. */
function visible(text: string): string {
  const seen = text.replace(/[\p{Cc}\p{Cf}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
  return seen.length > 200 ? `${seen.slice(0, 200)}… (${seen.length})` : seen;
}

function spanText({ start, end }: Span): string {
  return `${start}-${end}`;
}

function wordText(word: Word | undefined): string {
  return word === undefined ? '' : ` ${visible(word.text)}${word.quoted ? '"' : ''}@${spanText(word)}`;
}

function countersText(counters: Counters | undefined): string {
  return counters === undefined ? '' : ` [${counters.packets}:${counters.bytes}]@${spanText(counters)}`;
}

/** "m1! --dport@12-19 80@20-22": which match it is of, its name, what was written where, its values. */
function optionText({ name, spec, word, negation, values, instance }: RuleOption): string {
  const known = spec === undefined ? '?' : '';
  const bang = negation === undefined ? '' : `!@${spanText(negation)} `;
  const written = word.text === name ? '' : `=${visible(word.text)}`;
  return ` | ${instance}${known} ${bang}${visible(name)}${written}@${spanText(word)}${values.map(wordText).join('')}`;
}

function statementText(statement: Statement): string {
  switch (statement.kind) {
    case 'table':
      return wordText(statement.name);
    case 'chain':
      return wordText(statement.name) + wordText(statement.policy) + countersText(statement.counters);
    case 'rule': {
      const { commandWord, chain, number, counters, options, target, isGoto, hidden } = statement;
      const head = wordText(commandWord) + wordText(chain) + wordText(number) + countersText(counters);
      const end = hidden.length === 0 ? '' : ` | hidden ${hidden.join(' ')}`;
      return `${head}${options.map(optionText).join('')} |${isGoto ? ' goto' : ''}${wordText(target)}${end}`;
    }
    case 'chain-command':
      return wordText(statement.commandWord) + wordText(statement.chain) + wordText(statement.argument);
    case 'set':
      return `${wordText(statement.name)}${wordText(statement.type)} ${statement.family ?? ''}`;
    case 'set-entry':
      return wordText(statement.set) + wordText(statement.entry);
    case 'set-detail':
      return wordText(statement.key) + wordText(statement.value);
    case 'foreign':
      return ` ${statement.what}`;
    default:
      return '';
  }
}

/** "unknown-option@3-9 e", with the message and what mends it where it is asked for. */
export function problemText(problem: Problem, isFull: boolean): string {
  const { code, severity, message, refusedBy, fix } = problem;
  const by = refusedBy === undefined ? '' : ` by ${refusedBy}`;
  const mends = fix === undefined ? '' : ` => ${visible(fix.text)}${fix.isGuess === true ? '?' : ''} (${visible(fix.title)})`;
  const head = `${code}@${spanText(problem)} ${severity.charAt(0)}${by}`;
  return isFull ? `${head}: ${visible(message)}${mends}` : head;
}

/** What the lines above say of a line: "ipv4 nft nat", and what it stands in. */
export function contextText({ family, backend, table, within }: LineContext): string {
  const said = [family, backend, table].map((word) => word ?? '-').join(' ');
  if (within === undefined) return said;
  const more = Object.entries(within).flatMap(([key, value]) =>
    typeof value === 'object' ? [] : [`${key}=${visible(String(value))}`],
  );
  const before = within.kind === 'command' || within.kind === 'wrapped' ? ` before: ${contextText(within.before)}` : '';
  return `${said} {${more.join(' ')}}${before}`;
}

/** All that a line says, where each word of it stands, and what is wrong with it, in lines. */
export function lineInFull(line: Line): readonly string[] {
  const { kind, name, target, command, isGoto, isUnsure, listing, prefix, isPlain, carriageReturn } = line;
  const flags = Object.entries({ isGoto, isUnsure, listing, isPlain, carriageReturn }).flatMap(([flag, is]) =>
    is ? [flag] : [],
  );
  const kept = [kind, name, command, target]
    .filter((word) => word !== '' && word !== undefined)
    .map((word) => visible(String(word)));
  const head = `${kept.join(' ')}${prefix === 0 ? '' : ` prefix=${prefix}`}${flags.length === 0 ? '' : ` (${flags.join(' ')})`}`;
  const said = statementText(statementOf(line));
  return [
    `  ${head}`,
    ...(said === '' ? [] : [`    ${said.trim()}`]),
    ...line.problems.map((problem) => `    wrong: ${problemText(problem, true)}`),
  ];
}

/** What a line says, without the places of words, and what is wrong with it. */
export function lineInShort(line: Line): string {
  const { kind, name, command, target, isUnsure, prefix, problems } = line;
  const statement = statementOf(line);
  const options = statement.kind === 'rule' ? statement.options : [];
  const said = options.flatMap(({ name: option, instance, negation, values }) =>
    instance === -1 || option === '--jump' || option === '--match'
      ? []
      : [`${negation === undefined ? '' : '!'}${visible(option)} ${values.map(({ text }) => visible(text)).join(' ')}`.trim()],
  );
  const head = [kind, command, name, target]
    .filter((word) => word !== '' && word !== undefined)
    .map((word) => visible(String(word)));
  const more = `${isUnsure ? ' unsure' : ''}${prefix === 0 ? '' : ` from ${prefix}`}`;
  return [`${head.join(' ')}${more}`, ...said, ...problems.map((problem) => problemText(problem, false))].join(', ');
}

/** What may stand at a place, and what stands in front of it. */
export function expectedText({ word, command, chain, options, negation, value, mayBeOption }: ExpectedWord): string {
  const what =
    value === undefined
      ? ''
      : value.of === 'command'
        ? ` value ${value.at} of the command`
        : ` value ${value.at} of ${visible(value.option.name)}`;
  const bang = negation === undefined ? '' : ` !@${spanText(negation)}`;
  const before = `${command?.long ?? 'no command'}${wordText(chain)}${options.map(optionText).join('')}`;
  return `${spanText(word)}${what}${mayBeOption ? ' or an option' : ''}${bang}, behind ${before}`;
}
