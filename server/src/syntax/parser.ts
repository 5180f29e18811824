import {
  EmbeddedActionsParser,
  EOF,
  type IParserErrorMessageProvider,
  type IToken,
  type Lexer,
  type ParserMethod,
} from 'chevrotain';
import { checkChain, checkChainCommand, checkTable } from './checks/chain.ts';
import { checkLimits } from './checks/limits.ts';
import { checkRule } from './checks/rule.ts';
import {
  closeOption,
  createGetopt,
  endGetopt,
  type Getopt,
  readBang,
  readOption,
  readStray,
  readValueWord,
  resetGetopt,
  takesValue,
} from './getopt.ts';
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
  RuleCounters,
  Star,
  tokenTypes,
  unquote,
} from './lexer.ts';
import type { LineContext } from './line.ts';
import { familyOfOptions } from './rule-family.ts';
import type { Counters, Problem, Span, Statement, Word } from './statement.ts';

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

/**
 * The grammar of one line. Embedded actions build the statement as the words are read: which words are values of an option depends on
 * the matches loaded so far (getopt's rule), so the catalogue is asked on the way. One instance serves every line.
 */
class LineParser extends EmbeddedActionsParser {
  /** The words of a rule so far. */
  readonly words: Getopt = createGetopt();

  readonly tableHeader: ParserMethod<[], void>;
  readonly chainDeclaration: ParserMethod<[], void>;
  readonly ruleLine: ParserMethod<[], void>;

  // What has been read of any other line.
  counters: Counters | undefined;
  name: Word | undefined;
  policy: Word | undefined;
  /** What iptables finds only when it has seen all words of a rule. */
  #atEnd: Problem[] = [];

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

    const { words } = this;
    const value = [
      { ALT: () => readValueWord(words, toWord(this.CONSUME1(PlainWord))) },
      { ALT: () => readValueWord(words, toWord(this.CONSUME1(OptionName))) },
      { ALT: () => readValueWord(words, toWord(this.CONSUME1(QuotedWord))) },
      { ALT: () => readValueWord(words, toWord(this.CONSUME1(Bang))) },
    ];
    const values = {
      GATE: () => takesValue(words, isOptionLike(this.LA(1))),
      DEF: () => this.OR1(value),
    };
    const opener = [
      { ALT: () => readOption(words, toWord(this.CONSUME(OptionName))) },
      { ALT: () => readPlain(words, this.CONSUME(PlainWord)) },
      // Quotes do not keep getopt from seeing an option: "-j" ACCEPT.
      { ALT: () => readQuoted(words, this.CONSUME(QuotedWord)) },
      { ALT: () => readBang(words, spanOf(this.CONSUME(Bang))) },
    ];
    this.ruleLine = this.RULE('ruleLine', () => {
      this.OPTION(() => {
        this.counters = toCounters(this.CONSUME(RuleCounters));
      });
      this.MANY(() => {
        this.OR(opener);
        this.MANY1(values);
        closeOption(words);
      });
    });
    this.performSelfAnalysis();
  }

  /** Forgets the line before and takes the tokens of the next. */
  begin(tokens: IToken[], family: LineContext['family']): void {
    resetGetopt(this.words, family);
    this.counters = undefined;
    this.name = undefined;
    this.policy = undefined;
    if (this.#atEnd.length > 0) this.#atEnd = [];
    this.input = tokens;
  }

  /** The problems found by the actions and by the grammar; of several errors the one that iptables would report, or all of them. */
  takeProblems(text: string, every = false): readonly Problem[] {
    const { problems } = this.words;
    for (const error of this.errors) {
      const at = error.token.tokenType === EOF ? { start: text.length, end: text.length } : spanOf(error.token);
      problems.push({ code: 'syntax', message: error.message, severity: 'error', ...at });
    }
    if (problems.length === 0 && this.#atEnd.length === 0) return none;
    return every ? withErrorOfBoth([...problems, ...this.#atEnd]) : withOneError(problems, this.#atEnd);
  }

  /** Notes what a check found. */
  readonly report = (problem: Problem): void => {
    this.words.problems.push(problem);
  };

  /** Notes what a check of the whole rule found. */
  readonly reportAtEnd = (problem: Problem): void => {
    this.#atEnd.push(problem);
  };
}

/** Found while the line is split, before any word is looked at. */
const whileSplitting: ReadonlySet<string> = new Set(['word-too-long', 'too-many-words']);

/**
 * All warnings, and of the errors the one that iptables would report, as it stops there: what it finds while it splits the line, else at the
 * first word that is wrong, else when it has seen all words.
 */
function withOneError(inOrder: readonly Problem[], atEnd: readonly Problem[]): readonly Problem[] {
  let first = inOrder.find(({ severity, code }) => severity === 'error' && whileSplitting.has(code));
  if (first === undefined) {
    for (const problem of inOrder) {
      if (problem.severity === 'error' && (first === undefined || problem.start < first.start)) first = problem;
    }
  }
  first ??= atEnd.find(({ severity }) => severity === 'error');
  const problems = [...inOrder, ...atEnd].filter((problem) => problem.severity !== 'error' || problem === first);
  return first === undefined ? withErrorOfBoth(problems) : problems;
}

/** Where each back end refuses the line for a reason of its own, none loads it: the first reason is an error. */
function withErrorOfBoth(problems: readonly Problem[]): readonly Problem[] {
  const first = problems.find(({ refusedBy }) => refusedBy !== undefined);
  if (first === undefined || !problems.some(({ refusedBy }) => refusedBy !== undefined && refusedBy !== first.refusedBy))
    return problems;
  return problems.map((problem) => (problem === first ? { ...problem, severity: 'error' } : problem));
}

function readPlain(words: Getopt, token: IToken): void {
  readStray(words, toWord(token), token.image);
}

function readQuoted(words: Getopt, token: IToken): void {
  const word = toWord(token);
  if (word.text.startsWith('-')) readOption(words, word);
  else if (word.text === '!') readBang(words, word);
  else readStray(words, word, token.image);
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
  return {
    ...spanOf(token),
    packets: Number.parseInt(token.image.slice(1, colon), 10),
    bytes: Number.parseInt(token.image.slice(colon + 1, -1), 10),
  };
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
  /** The same with every error of a rule, where `read` has the one at which iptables stops. */
  readWithEveryError(text: string, context: LineContext): Statement;
}

/** A reader with a lexer and a parser of its own. `validate` checks the grammar itself, some milliseconds, and is for tests. */
export function createStatementReader(validate = false): StatementReader {
  const lexer: Lexer = createLexer(validate);
  const parser = new LineParser(validate);
  return {
    read: (text, context) => readStatement(text, context, lexer, parser),
    readAgain: (text, context, problems) => readStatement(text, context, lexer, parser, problems),
    readWithEveryError: (text, context) => readStatement(text, context, lexer, parser, undefined, true),
  };
}

const blank: Statement = Object.freeze({ kind: 'blank', problems: none });

function readStatement(
  text: string,
  context: LineContext,
  lexer: Lexer,
  parser: LineParser,
  known?: readonly Problem[],
  every = false,
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
  return readRule(text, context, lexer, parser, text.charCodeAt(0) === 0x5b ? 'counted' : 'rule', known, every);
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
/** iptables-restore takes 10,239 bytes of a line, and says so; what lies far beyond is not looked at. */
const mostRead = 1 << 15;

function readRule(
  text: string,
  context: LineContext,
  lexer: Lexer,
  parser: LineParser,
  mode: LexerMode,
  known: readonly Problem[] | undefined,
  every: boolean,
): Statement {
  const all = lexer.tokenize(text.length > mostRead ? text.slice(0, mostRead) : text, mode).tokens;
  // iptables-restore refuses a line with a quarter as many words; each match is compared with those before it.
  const tokens = all.length > mostTokens ? all.slice(0, mostTokens) : all;
  const last = tokens.at(-1);
  if (last === undefined) return { kind: 'blank', problems: none };
  parser.begin(tokens, context.family);
  parser.ruleLine();
  const { words } = parser;
  endGetopt(words);
  const { command, commandWord, commandValues, options } = words;
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
    parser.report({
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
      target: words.target,
      isGoto: words.isGoto,
      hidden: none,
      problems: known ?? none,
    };
    if (known === undefined) {
      checkRule(rule, context, context.family ?? familyOfOptions(options) ?? 'ipv4', parser);
      rule.problems = parser.takeProblems(text, every);
    }
    // A rule for the other family is none: iptables-restore looks no further.
    return words.isSkipped ? { kind: 'other', problems: rule.problems } : rule;
  }
  const about = { command: command.command, commandWord, chain, argument: second };
  checkChainCommand(about, options, context, parser.report);
  return { kind: 'chain-command', ...about, problems: parser.takeProblems(text) };
}
