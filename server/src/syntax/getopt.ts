/**
 * How iptables takes a line apart into a command, options and values: getopt_long(3) with the option tables of iptables 1.8.9 (xshared.c,
 * do_parse). Words come one after another; which of them are values depends on the matches loaded so far, so the catalogue is asked on the way.
 */
import { coreOption, coreOptions } from '../catalog/lookup.ts';
import { createOptionScope, type OptionScope } from '../catalog/option-scope.ts';
import type { Family, OptionSpec } from '../catalog/types.ts';
import { type CommandSpec, commandBeginningWith, commandFor } from './commands.ts';
import { notUnderstood, type Problem, type RuleOption, type Span, type Word } from './statement.ts';

/** The instance of a word that is a second command. */
export const secondCommand = -3;

/** An option while its values are still being read. */
interface OpenOption {
  readonly spec: OptionSpec | undefined;
  readonly name: string;
  readonly word: Word;
  negation: Span | undefined;
  readonly values: Word[];
  readonly instance: number;
}

/** What has been read of a rule's words. One object serves every line: `resetGetopt` makes it new. */
export interface Getopt {
  command: CommandSpec | undefined;
  commandWord: Word | undefined;
  commandValues: Word[];
  /** All but the command, in the order typed. */
  options: RuleOption[];
  /** The value of -j or -g. */
  target: Word | undefined;
  isGoto: boolean;
  problems: Problem[];

  readonly scope: OptionScope;
  family: Family | undefined;
  /** The option or, if there is none, the command whose values come next. */
  option: OpenOption | undefined;
  /** A `!` that waits for its option. */
  negation: Span | undefined;
  /** A `!` behind the option: how iptables before 1.4.3 wrote a negation. */
  oldNegation: Word | undefined;
  /** How many values must come, and how many may. */
  wanted: number;
  optional: number;
  /** Behind -4 or -6 of the other family, or a question: iptables-restore reads no further. */
  isSkipped: boolean;
  /** Behind `--`, where no options are. */
  isOver: boolean;
}

/** A reader of words that has read none. */
export function createGetopt(): Getopt {
  return {
    command: undefined,
    commandWord: undefined,
    commandValues: [],
    options: [],
    target: undefined,
    isGoto: false,
    problems: [],
    scope: createOptionScope(),
    family: undefined,
    option: undefined,
    negation: undefined,
    oldNegation: undefined,
    wanted: 0,
    optional: 0,
    isSkipped: false,
    isOver: false,
  };
}

/** Forgets the line before. What was taken from it (options, problems) stays as it is. */
export function resetGetopt(state: Getopt, family: Family | undefined): void {
  state.scope.reset(family);
  state.command = undefined;
  state.commandWord = undefined;
  if (state.commandValues.length > 0) state.commandValues = [];
  state.options = [];
  state.target = undefined;
  state.isGoto = false;
  if (state.problems.length > 0) state.problems = [];
  state.family = family;
  state.option = undefined;
  state.negation = undefined;
  state.oldNegation = undefined;
  state.wanted = 0;
  state.optional = 0;
  state.isSkipped = false;
  state.isOver = false;
}

function note(state: Getopt, at: Span, code: string, message: string): void {
  if (state.isSkipped) return;
  state.problems.push({ code, message, severity: 'error', start: at.start, end: at.end });
}

/** Whether the next word is a value. getopt takes any word for the value of an option; the second one is taken by the extension, and is no option. */
export function takesValue(state: Getopt, isOptionLike: boolean): boolean {
  if (state.wanted > 1 || (state.wanted === 1 && state.option?.spec?.arity !== 2)) return true;
  return !isOptionLike && state.wanted + state.optional > 0;
}

/** A `!` that stands alone. */
export function readBang(state: Getopt, at: Span): void {
  if (state.negation !== undefined) note(state, at, 'double-negation', 'multiple consecutive ! not allowed');
  state.negation = at;
}

/** A word that is neither an option nor a value. Whatever it was meant for, the rule is no wider without it. */
export function readStray(state: Getopt, word: Word, image: string): void {
  note(state, word, 'bad-argument', state.isOver ? 'unknown arguments found on commandline' : `Bad argument \`${image}'`);
  state.options.push({ spec: undefined, name: word.text, word, negation: state.negation, values: [], instance: notUnderstood });
  state.negation = undefined;
}

/** `--`: getopt(3) looks no further, and iptables wants nothing behind it. */
function endOptions(state: Getopt): void {
  if (state.negation !== undefined) note(state, state.negation, 'negation-without-option', 'nothing appropriate following !');
  state.negation = undefined;
  state.isOver = true;
}

/** A word that begins with a dash where no value is wanted: a command or an option. */
export function readOption(state: Getopt, word: Word): void {
  if (state.isOver) {
    readStray(state, word, word.text);
    return;
  }
  if (word.text === '--') {
    endOptions(state);
    return;
  }
  const { negation } = state;
  state.negation = undefined;
  const command = commandFor(word.text);
  if (command !== undefined) {
    if (negation !== undefined) note(state, negation, 'negation-without-option', "unexpected '!' flag");
    readCommand(state, command, word);
    return;
  }
  let spelled = word.text;
  let glued: Word | undefined;
  if (spelled.startsWith('--')) {
    const equals = spelled.indexOf('=');
    if (equals > 0) {
      glued = { start: word.start + equals + 1, end: word.end, text: spelled.slice(equals + 1), quoted: word.quoted };
      spelled = spelled.slice(0, equals);
    }
  }
  const spec = state.scope.open(spelled);
  if (spec === undefined) {
    if (readBeginning(state, word, spelled, glued) || readLetters(state, word, negation)) return;
    state.option = { spec, name: spelled, word, negation, values: [], instance: notUnderstood };
    // It takes the words up to the next option, so that they are not called stray.
    state.optional = 16;
    return;
  }
  state.option = { spec, name: spec.long, word, negation, values: [], instance: state.scope.instance };
  state.wanted = spec.arity;
  // A second counter follows only where the first word has no comma.
  state.optional = spec.arity === 0 ? spec.optionalValues : 0;
  if (glued === undefined) return;
  if (spec.arity === 0) note(state, glued, 'superfluous-value', `unknown option "${word.text}"`);
  state.option.values.push(readsWholeWord(spec) ? word : glued);
  state.wanted -= 1;
  state.optional = wantsSecondCounter(spec, glued) ? 1 : 0;
}

/** The beginning of one command's name, if no option's begins so: `--app`. */
function readBeginning(state: Getopt, word: Word, spelled: string, glued: Word | undefined): boolean {
  const command = spelled.startsWith('--') ? commandBeginningWith(spelled) : undefined;
  // `--in` may be --insert or --in-interface: getopt takes neither.
  if (command === undefined || coreOptions.some(({ long }) => long.startsWith(spelled))) return false;
  readCommand(state, command, word);
  if (glued !== undefined) addGlued(state, glued);
  return true;
}

/** Short options in one word: `-fj ACCEPT`, `-mtcp`. getopt reads letter by letter; what stands behind one with a value is the value. */
function readLetters(state: Getopt, word: Word, negation: Span | undefined): boolean {
  const { text } = word;
  if (text.length < 3 || text.startsWith('--')) return false;
  for (let index = 1; index < text.length; index += 1) {
    const letter = `-${text.charAt(index)}`;
    const start = word.start + index;
    const rest: Word = { start: start + 1, end: word.end, text: text.slice(index + 1), quoted: false };
    const command = commandFor(letter);
    if (command !== undefined) {
      readCommand(state, command, { start, end: start + 1, text: letter, quoted: false });
      if (rest.text !== '') addGlued(state, rest);
      return true;
    }
    const spec = coreOption(letter);
    if (spec === undefined) return false;
    state.option = { spec, name: spec.long, word, negation, values: [], instance: 0 };
    state.wanted = spec.arity;
    state.optional = spec.optionalValues;
    if (spec.value !== undefined) {
      if (rest.text !== '') addGlued(state, readsWholeWord(spec) ? word : rest);
      return true;
    }
    if (rest.text !== '') closeOption(state);
    // `-fffff...`: iptables has no flag twice, and a word may be long.
    if (index > mostFlags) return true;
  }
  return true;
}

const mostFlags = 32;

function addGlued(state: Getopt, word: Word): void {
  if (state.wanted > 0) state.wanted -= 1;
  else state.optional -= 1;
  if (state.option === undefined) state.commandValues.push(word);
  else state.option.values.push(word);
}

function readCommand(state: Getopt, command: CommandSpec, word: Word): void {
  if (state.command !== undefined) {
    note(state, word, 'two-commands', `Cannot use ${command.short} with ${state.command.short}`);
    state.option = { spec: undefined, name: command.long, word, negation: undefined, values: [], instance: secondCommand };
  } else {
    state.command = command;
    state.commandWord = word;
    state.option = undefined;
  }
  state.wanted = command.required;
  state.optional = command.optional;
}

/** A value of the option or command that was read last (`takesValue` says that it takes one). */
export function readValueWord(state: Getopt, word: Word): void {
  const { option } = state;
  if (option !== undefined && word.text === '!' && isOldNegation(option)) {
    state.oldNegation = word;
    // What it negates follows, unless it is the value after all.
    state.wanted = 0;
    state.optional = 1;
    return;
  }
  if (state.wanted > 0) state.wanted -= 1;
  else state.optional -= 1;
  if (option === undefined) {
    state.commandValues.push(word);
    return;
  }
  if (state.oldNegation !== undefined) negateBehind(state, option, state.oldNegation, word);
  option.values.push(word);
  if (option.spec !== undefined && option.values.length === 1 && wantsSecondCounter(option.spec, word)) state.optional = 1;
}

function isOldNegation({ spec, values, negation }: OpenOption): boolean {
  return spec?.negatable === true && spec.arity === 1 && values.length === 0 && negation === undefined;
}

/** `-d ! 10.0.0.0/8` means what it meant, though iptables takes it no more. */
function negateBehind(state: Getopt, option: OpenOption, bang: Word, value: Word): void {
  state.oldNegation = undefined;
  option.negation = { start: bang.start, end: bang.end };
  switch (option.spec?.value?.type) {
    case 'port':
    case 'port-range':
    case 'ordered-port-range':
    case 'multiport':
      note(state, bang, 'bad-port', "invalid port/service `!' specified");
      break;
    case 'protocol':
      note(state, bang, 'bad-protocol', 'unknown protocol "!" specified');
      break;
    default:
      note(state, value, 'bad-argument', `Bad argument \`${value.text}'`);
  }
}

/** The option has its values: another one begins, or the line ends. */
export function closeOption(state: Getopt): void {
  const { option } = state;
  if (state.oldNegation !== undefined) {
    option?.values.push(state.oldNegation);
    state.oldNegation = undefined;
  }
  if (state.wanted > 0) {
    const word = option?.word ?? state.commandWord;
    if (word !== undefined) note(state, word, 'missing-value', lackOf(word, option));
  }
  state.wanted = 0;
  state.optional = 0;
  if (option === undefined) return;
  state.option = undefined;
  state.options.push(option);
  const first = option.values[0];
  if (first === undefined) {
    if (endsRule(option.name, state.family)) state.isSkipped = true;
    return;
  }
  switch (option.name) {
    case '--match':
      state.scope.load('match', first.text);
      break;
    case '--protocol':
      state.scope.load('protocol', first.text);
      break;
    case '--jump':
    case '--goto':
      state.scope.load('target', first.text);
      state.target = first;
      state.isGoto = option.name === '--goto';
      break;
    default:
  }
}

/** With these iptables-restore skips the line, or prints something and is done. */
function endsRule(option: string, family: Family | undefined): boolean {
  switch (option) {
    case '--ipv4':
      return family === 'ipv6';
    case '--ipv6':
      return family === 'ipv4';
    default:
      return option === '--help' || option === '--version';
  }
}

/** The line is over: a `!` that still waits for its option has none. */
export function endGetopt(state: Getopt): void {
  if (state.negation !== undefined) note(state, state.negation, 'negation-without-option', 'nothing appropriate following !');
}

function lackOf(word: Word, option: OpenOption | undefined): string {
  return option !== undefined && option.values.length === 1
    ? `${option.name} requires two args.`
    : `option "${word.text}" requires an argument`;
}

/** `-c PACKETS BYTES` is two words, `-c PACKETS,BYTES` one. */
function wantsSecondCounter(spec: OptionSpec, first: Word): boolean {
  return spec.value?.type === 'counters' && !first.text.includes(',');
}

/** Options of which iptables 1.8.9 takes the whole word for the value when the two are glued together; 1.8.10 reads them right. */
export function readsWholeWord(spec: OptionSpec): boolean {
  if (spec.extension !== undefined) return false;
  switch (spec.long) {
    case '--protocol':
    case '--source':
    case '--destination':
    case '--in-interface':
    case '--out-interface':
    case '--jump':
      return true;
    default:
      return false;
  }
}
