import {
  EmbeddedActionsParser,
  EOF,
  type IParserErrorMessageProvider,
  type IToken,
  type Lexer,
  type ParserMethod,
} from 'chevrotain';
import { coreOption } from '../catalog/lookup.ts';
import { createOptionScope, type OptionScope } from '../catalog/option-scope.ts';
import type { OptionSpec } from '../catalog/types.ts';
import { checkChain, checkChainCommand, checkTable } from './checks/chain.ts';
import { checkLimits } from './checks/limits.ts';
import { checkRule, commandInstance } from './checks/rule.ts';
import { type CommandSpec, commandBeginningWith, commandFor } from './commands.ts';
import {
  Bang,
  BareWord,
  Colon,
  CounterPair,
  createLexer,
  isUnbalanced,
  type LexerMode,
  OptionName,
  PlainWord,
  QuotedWord,
  Star,
  tokenTypes,
  unquote,
} from './lexer.ts';
import type { LineContext } from './line.ts';
import { familyOfOptions } from './rule-family.ts';
import {
  type Counters,
  notUnderstood,
  type Problem,
  type RuleOption,
  type Span,
  type Statement,
  type Word,
} from './statement.ts';

const none: readonly never[] = Object.freeze([]);

/** iptables' way of saying what it expected; the token's label is what was looked for. */
const errorMessages: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected, actual, ruleName }) => expectation(ruleName, expected.LABEL ?? expected.name, actual),
  buildNotAllInputParsedMessage: ({ firstRedundant }) => `Bad argument \`${firstRedundant.image}'`,
  buildNoViableAltMessage: ({ actual, ruleName }) => expectation(ruleName, 'a word', actual[0]),
  buildEarlyExitMessage: ({ actual, ruleName }) => expectation(ruleName, 'a word', actual[0]),
};

function expectation(rule: string, label: string, actual: IToken | undefined): string {
  const found = actual === undefined || actual.tokenType === EOF ? 'the line ends here' : `found \`${actual.image}'`;
  switch (rule) {
    case 'tableName':
      return `table name expected after \`*' (filter, nat, mangle, raw or security); ${found}`;
    case 'chainName':
      return `chain name expected after \`:'; ${found}`;
    case 'policy':
      return `policy expected after the chain's name (ACCEPT or DROP for a built-in chain, \`-' for others); ${found}`;
    default:
      return `${label} expected; ${found}`;
  }
}

/** An option while its values are still being read. */
interface OptionDraft {
  readonly spec: OptionSpec | undefined;
  readonly name: string;
  readonly word: Word;
  readonly negation: Span | undefined;
  readonly values: Word[];
  readonly instance: number;
}

/**
 * The grammar of one line. Embedded actions build the statement as the words are read: which words are values of an option depends on
 * the matches loaded so far (getopt's rule), so the catalogue is asked on the way. One instance serves every line.
 */
class LineParser extends EmbeddedActionsParser {
  readonly #scope: OptionScope = createOptionScope();

  readonly tableHeader: ParserMethod<[], void>;
  readonly chainDeclaration: ParserMethod<[], void>;
  readonly ruleLine: ParserMethod<[], void>;

  // What has been read of the line so far.
  counters: Counters | undefined;
  name: Word | undefined;
  policy: Word | undefined;
  command: CommandSpec | undefined;
  commandWord: Word | undefined;
  commandValues: Word[] = [];
  options: RuleOption[] = [];
  target: Word | undefined;
  isGoto = false;
  problems: Problem[] = [];

  #option: OptionDraft | undefined;
  #negation: Span | undefined;
  #isSkipped = false;
  #family: LineContext['family'];
  #wanted = 0;
  #optional = 0;

  constructor(validate: boolean) {
    super(tokenTypes, {
      recoveryEnabled: true,
      maxLookahead: 1,
      skipValidations: !validate,
      errorMessageProvider: errorMessages,
    });
    const tableName = this.RULE('tableName', () => {
      this.name = toWord(this.CONSUME(BareWord));
    });
    this.tableHeader = this.RULE('tableHeader', () => {
      this.CONSUME(Star);
      this.SUBRULE(tableName);
      // iptables-restore takes the first word and ignores the rest.
      this.MANY(() => this.CONSUME(BareWord));
    });

    const chainName = this.RULE('chainName', () => {
      this.name = toWord(this.CONSUME(BareWord));
    });
    const policy = this.RULE('policy', () => {
      this.policy = toWord(this.CONSUME(BareWord));
    });
    const afterPolicy = [{ ALT: () => this.CONSUME(BareWord) }, { ALT: () => this.CONSUME2(CounterPair) }];
    this.chainDeclaration = this.RULE('chainDeclaration', () => {
      this.CONSUME(Colon);
      this.SUBRULE(chainName);
      this.SUBRULE(policy);
      this.OPTION(() => {
        this.counters = toCounters(this.CONSUME(CounterPair));
      });
      this.MANY(() => this.OR(afterPolicy));
    });

    const value = [
      { ALT: () => this.#addValue(this.CONSUME1(PlainWord)) },
      { ALT: () => this.#addValue(this.CONSUME1(OptionName)) },
      { ALT: () => this.#addValue(this.CONSUME1(QuotedWord)) },
      { ALT: () => this.#addValue(this.CONSUME1(Bang)) },
    ];
    const values = {
      GATE: () => this.#takesAny() || (this.#wanted + this.#optional > 0 && !isOptionLike(this.LA(1))),
      DEF: () => this.OR1(value),
    };
    const opener = [
      { ALT: () => this.#openOption(this.CONSUME(OptionName)) },
      { ALT: () => this.#addStray(this.CONSUME(PlainWord)) },
      // Quotes do not keep getopt from seeing an option: "-j" ACCEPT.
      { ALT: () => this.#openQuoted(this.CONSUME(QuotedWord)) },
      { ALT: () => this.#negate(this.CONSUME(Bang)) },
    ];
    this.ruleLine = this.RULE('ruleLine', () => {
      this.OPTION(() => {
        this.counters = toCounters(this.CONSUME(CounterPair));
      });
      this.MANY(() => {
        this.OR(opener);
        this.MANY1(values);
        this.#closeOption();
      });
    });
    this.performSelfAnalysis();
  }

  /** Forgets the line before and takes the tokens of the next. */
  begin(tokens: IToken[], family: LineContext['family']): void {
    this.#scope.reset(family);
    this.counters = undefined;
    this.name = undefined;
    this.policy = undefined;
    this.command = undefined;
    this.commandWord = undefined;
    if (this.commandValues.length > 0) this.commandValues = [];
    this.options = [];
    this.target = undefined;
    this.isGoto = false;
    if (this.problems.length > 0) this.problems = [];
    this.#option = undefined;
    this.#negation = undefined;
    this.#isSkipped = false;
    this.#family = family;
    this.#wanted = 0;
    this.#optional = 0;
    this.input = tokens;
  }

  /** The problems found by the actions and by the grammar. */
  takeProblems(text: string): readonly Problem[] {
    if (this.#negation !== undefined) this.#problem(this.#negation, 'negation-without-option', 'nothing appropriate following !');
    for (const error of this.errors) {
      const at = error.token.tokenType === EOF ? { start: text.length, end: text.length } : spanOf(error.token);
      this.problems.push({ code: 'syntax', message: error.message, severity: 'error', ...at });
    }
    return this.problems.length > 0 ? this.problems : none;
  }

  /** Notes what a check found. */
  readonly report = (problem: Problem): void => {
    this.problems.push(problem);
  };

  #problem(at: Span, code: string, message: string): void {
    // iptables-restore reads no further in a line that is not for its family.
    if (this.#isSkipped) return;
    this.problems.push({ code, message, severity: 'error', start: at.start, end: at.end });
  }

  #negate(token: IToken): void {
    if (this.#negation !== undefined) this.#problem(spanOf(token), 'double-negation', 'multiple consecutive ! not allowed');
    this.#negation = spanOf(token);
  }

  /** getopt takes any word for the value of an option; the second one is taken by the extension, and is no option. */
  #takesAny(): boolean {
    return this.#wanted > 1 || (this.#wanted === 1 && this.#option?.spec?.arity !== 2);
  }

  #addStray(token: IToken): void {
    this.#problem(spanOf(token), 'bad-argument', `Bad argument \`${token.image}'`);
    // Whatever it was meant for, the rule is no wider without it.
    const word = toWord(token);
    const negation = this.#negation;
    this.#negation = undefined;
    this.options.push({ spec: undefined, name: word.text, word, negation, values: [], instance: notUnderstood });
  }

  #openQuoted(token: IToken): void {
    const text = unquote(token.image);
    if (text.startsWith('-')) this.#openOption(token);
    else if (text === '!') this.#negate(token);
    else this.#addStray(token);
  }

  #openOption(token: IToken): void {
    const word = toWord(token);
    const negation = this.#negation;
    this.#negation = undefined;
    const command = commandFor(word.text);
    if (command !== undefined) {
      if (negation !== undefined) this.#problem(negation, 'negation-without-option', "unexpected '!' flag");
      this.#openCommand(command, word);
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
    const spec = this.#scope.open(spelled);
    if (spec === undefined) {
      if (this.#openBeginning(word, spelled, glued) || this.#openLetters(word, negation)) return;
      this.#option = { spec, name: spelled, word, negation, values: [], instance: notUnderstood };
      // It takes the words up to the next option, so that they are not called stray.
      this.#optional = 16;
      return;
    }
    this.#option = { spec, name: spec.long, word, negation, values: [], instance: this.#scope.instance };
    this.#wanted = spec.arity;
    // A second counter follows only where the first word has no comma.
    this.#optional = spec.arity === 0 ? spec.optionalValues : 0;
    if (glued === undefined) return;
    if (spec.arity === 0) this.#problem(glued, 'superfluous-value', `unknown option "${word.text}"`);
    this.#option.values.push(readsWholeWord(spec) ? word : glued);
    this.#wanted -= 1;
    this.#optional = wantsSecondCounter(spec, glued) ? 1 : 0;
  }

  /** The beginning of one command's name, if no option's begins so: `--app`. */
  #openBeginning(word: Word, spelled: string, glued: Word | undefined): boolean {
    const command = spelled.startsWith('--') ? commandBeginningWith(spelled) : undefined;
    if (command === undefined) return false;
    this.#openCommand(command, word);
    if (glued !== undefined) this.#addGlued(glued);
    return true;
  }

  /** Short options in one word: `-fj ACCEPT`, `-mtcp`. getopt reads letter by letter; what stands behind one with a value is the value. */
  #openLetters(word: Word, negation: Span | undefined): boolean {
    const { text } = word;
    if (text.length < 3 || text.startsWith('--') || word.quoted) return false;
    for (let index = 1; index < text.length; index += 1) {
      const letter = `-${text.charAt(index)}`;
      const start = word.start + index;
      const rest: Word = { start: start + 1, end: word.end, text: text.slice(index + 1), quoted: false };
      const command = commandFor(letter);
      if (command !== undefined) {
        this.#openCommand(command, { start, end: start + 1, text: letter, quoted: false });
        if (rest.text !== '') this.#addGlued(rest);
        return true;
      }
      const spec = coreOption(letter);
      if (spec === undefined) return false;
      this.#option = { spec, name: spec.long, word, negation, values: [], instance: 0 };
      this.#wanted = spec.arity;
      this.#optional = spec.optionalValues;
      if (spec.value === undefined) {
        if (rest.text !== '') this.#closeOption();
        continue;
      }
      if (rest.text !== '') this.#addGlued(readsWholeWord(spec) ? word : rest);
      return true;
    }
    return true;
  }

  #addGlued(word: Word): void {
    if (this.#wanted > 0) this.#wanted -= 1;
    else this.#optional -= 1;
    if (this.#option === undefined) this.commandValues.push(word);
    else this.#option.values.push(word);
  }

  #openCommand(command: CommandSpec, word: Word): void {
    if (this.command !== undefined) {
      this.#problem(word, 'two-commands', `Cannot use ${command.short} with ${this.command.short}`);
      this.#option = { spec: undefined, name: command.long, word, negation: undefined, values: [], instance: commandInstance };
    } else {
      this.command = command;
      this.commandWord = word;
      this.#option = undefined;
    }
    this.#wanted = command.required;
    this.#optional = command.optional;
  }

  #addValue(token: IToken): void {
    const word = toWord(token);
    if (this.#wanted > 0) this.#wanted -= 1;
    else this.#optional -= 1;
    if (this.#option === undefined) {
      this.commandValues.push(word);
      return;
    }
    this.#option.values.push(word);
    const { spec, values } = this.#option;
    if (spec !== undefined && values.length === 1 && wantsSecondCounter(spec, word)) this.#optional = 1;
  }

  #closeOption(): void {
    const option = this.#option;
    if (this.#wanted > 0) {
      const word = option?.word ?? this.commandWord;
      if (word !== undefined) this.#problem(word, 'missing-value', lackOf(word, option));
    }
    this.#wanted = 0;
    this.#optional = 0;
    if (option === undefined) return;
    this.#option = undefined;
    this.options.push(option);
    const first = option.values[0];
    if (first === undefined) {
      if (option.name === '--ipv4' ? this.#family === 'ipv6' : option.name === '--ipv6' && this.#family === 'ipv4')
        this.#isSkipped = true;
      return;
    }
    switch (option.name) {
      case '--match':
        this.#scope.load('match', first.text);
        break;
      case '--protocol':
        this.#scope.load('protocol', first.text);
        break;
      case '--jump':
      case '--goto':
        this.#scope.load('target', first.text);
        this.target = first;
        this.isGoto = option.name === '--goto';
        break;
      default:
    }
  }
}

function lackOf(word: Word, option: OptionDraft | undefined): string {
  return option !== undefined && option.values.length === 1
    ? `${option.name} requires two args.`
    : `option "${word.text}" requires an argument`;
}

/** `-c PACKETS BYTES` is two words, `-c PACKETS,BYTES` one. */
function wantsSecondCounter(spec: OptionSpec, first: Word): boolean {
  return spec.value?.type === 'counters' && !first.text.includes(',');
}

/** Options of which iptables 1.8.9 takes the whole word for the value when the two are glued together; 1.8.10 reads them right. */
function readsWholeWord(spec: OptionSpec): boolean {
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

function spanOf(token: IToken): Span {
  return { start: token.startOffset, end: token.startOffset + token.image.length };
}

function toWord(token: IToken): Word {
  const quoted = token.tokenType === QuotedWord;
  const start = token.startOffset;
  return { start, end: start + token.image.length, text: quoted ? unquote(token.image) : token.image, quoted };
}

function toCounters(token: IToken): Counters {
  const colon = token.image.indexOf(':');
  return { ...spanOf(token), packets: Number(token.image.slice(1, colon)), bytes: Number(token.image.slice(colon + 1, -1)) };
}

function isOptionLike(token: IToken): boolean {
  return token.tokenType === OptionName || token.tokenType === Bang;
}

/** Reads lines one by one; keeps nothing of a line but what it returns. */
export interface StatementReader {
  /** The statement of a line (without its line end) in its circumstances. Never throws: a broken line gives a statement with problems. */
  read(text: string, context: LineContext): Statement;
  /** The same statement again, with the problems that were found the first time: to look for them takes longer than to read it. */
  readAgain(text: string, context: LineContext, problems: readonly Problem[]): Statement;
}

/** A reader with a lexer and a parser of its own. `validate` checks the grammar itself, some milliseconds, and is for tests. */
export function createStatementReader(validate = false): StatementReader {
  const lexer: Lexer = createLexer(validate);
  const parser = new LineParser(validate);
  return {
    read: (text, context) => readStatement(text, context, lexer, parser),
    readAgain: (text, context, problems) => readStatement(text, context, lexer, parser, problems),
  };
}

const blank: Statement = Object.freeze({ kind: 'blank', problems: none });

function readStatement(
  text: string,
  context: LineContext,
  lexer: Lexer,
  parser: LineParser,
  known?: readonly Problem[],
): Statement {
  switch (text.charCodeAt(0)) {
    case 0x23: // '#', a comment in column 0 only
      return { kind: 'comment', text, problems: none };
    case 0x2a: // '*'
      return readTable(text, context, lexer, parser);
    case 0x3a: // ':'
      return readChain(text, context, lexer, parser);
    case 0x43: // 'C'
      if (/^COMMIT\s*$/.test(text)) return readCommit(text);
      break;
    default:
      if (text.length === 0) return blank;
  }
  return readRule(text, context, lexer, parser, text.charCodeAt(0) === 0x5b ? 'counted' : 'rule', known);
}

function readCommit(text: string): Statement {
  if (text.length === 6) return { kind: 'commit', problems: none };
  const problem: Problem = {
    code: 'trailing-blanks',
    message: 'iptables-restore refuses COMMIT with anything behind it, blanks too',
    severity: 'error',
    start: 6,
    end: text.length,
    fix: { title: 'Remove the trailing blanks', text: '' },
  };
  return { kind: 'commit', problems: [problem] };
}

function readTable(text: string, context: LineContext, lexer: Lexer, parser: LineParser): Statement {
  parser.begin(lexer.tokenize(text, 'table').tokens, context.family);
  parser.tableHeader();
  const name = parser.name ?? { start: 1, end: 1, text: '', quoted: false };
  checkTable({ name }, parser.report);
  return { kind: 'table', name, problems: parser.takeProblems(text) };
}

function readChain(text: string, context: LineContext, lexer: Lexer, parser: LineParser): Statement {
  parser.begin(lexer.tokenize(text, 'chain').tokens, context.family);
  parser.chainDeclaration();
  const { policy, counters } = parser;
  const name = parser.name ?? { start: 1, end: 1, text: '', quoted: false };
  checkChain({ name, policy }, context, parser.report);
  return { kind: 'chain', name, policy, counters, problems: parser.takeProblems(text) };
}

const mostTokens = 1024;

function readRule(
  text: string,
  context: LineContext,
  lexer: Lexer,
  parser: LineParser,
  mode: LexerMode,
  known: readonly Problem[] | undefined,
): Statement {
  const all = lexer.tokenize(text, mode).tokens;
  // iptables-restore refuses a line with a quarter as many words; each match is compared with those before it.
  const tokens = all.length > mostTokens ? all.slice(0, mostTokens) : all;
  const last = tokens.at(-1);
  if (last === undefined) return { kind: 'blank', problems: none };
  parser.begin(tokens, context.family);
  parser.ruleLine();
  const { command, commandWord, commandValues, options } = parser;
  if (command === undefined || commandWord === undefined) {
    const problems = parser.takeProblems(text);
    // With these a line prints something and does nothing.
    const isQuestion = options.some(({ name }) => name === '--help' || name === '--version');
    if (problems.length > 0 || isQuestion) return { kind: 'other', problems };
    const problem: Problem = {
      code: 'no-command',
      message: 'no command specified',
      severity: 'error',
      start: tokens[0]?.startOffset ?? 0,
      end: last.startOffset + last.image.length,
    };
    return { kind: 'other', problems: [problem] };
  }
  if (known === undefined && last.tokenType === QuotedWord && isUnbalanced(last.image)) {
    parser.problems.push({
      code: 'unbalanced-quote',
      message: 'This quote is never closed: it swallows the rest of the line',
      severity: 'warning',
      start: last.startOffset + last.image.indexOf('"'),
      end: last.startOffset + last.image.length,
    });
  }
  if (known === undefined) checkLimits(text, parser.report);
  const [chain, second] = commandValues;
  if (command.kind === 'rule') {
    const rule = {
      kind: command.kind,
      command: command.command,
      commandWord,
      chain: chain ?? { start: commandWord.end, end: commandWord.end, text: '', quoted: false },
      number: second,
      counters: parser.counters,
      options,
      target: parser.target,
      isGoto: parser.isGoto,
      hidden: none,
      problems: known ?? none,
    };
    if (known !== undefined) return rule;
    checkRule(rule, context, context.family ?? familyOfOptions(options) ?? 'ipv4', parser.report);
    rule.problems = parser.takeProblems(text);
    return rule;
  }
  const about = { command: command.command, commandWord, chain, argument: second };
  checkChainCommand(about, options, context, parser.report);
  return { kind: 'chain-command', ...about, problems: parser.takeProblems(text) };
}
