import type { Problem, RuleOption, Span, Statement, Word } from '../statement.ts';

/** A statement that was read from the end of a line, with its offsets counted from the line's start. */
export function shiftStatement(statement: Statement, by: number): Statement {
  if (by === 0) return statement;
  const span = <T extends Span>(of: T): T => ({ ...of, start: of.start + by, end: of.end + by });
  const optional = <T extends Span>(of: T | undefined): T | undefined => (of === undefined ? undefined : span(of));
  const problems =
    statement.problems.length === 0 ? statement.problems : statement.problems.map((problem): Problem => span(problem));
  // An empty span is of a word that is not on the line.
  const word = (of: Word): Word => (of.end === 0 ? of : span(of));
  switch (statement.kind) {
    case 'table':
      return { ...statement, problems, name: span(statement.name) };
    case 'chain':
      return {
        ...statement,
        problems,
        name: span(statement.name),
        policy: optional(statement.policy),
        counters: optional(statement.counters),
      };
    case 'rule':
      return {
        ...statement,
        problems,
        commandWord: word(statement.commandWord),
        chain: word(statement.chain),
        number: optional(statement.number),
        counters: optional(statement.counters),
        options: statement.options.map(
          (option): RuleOption => ({
            ...option,
            word: span(option.word),
            negation: optional(option.negation),
            values: option.values.map(span),
          }),
        ),
        target: optional(statement.target),
      };
    case 'chain-command':
      return {
        ...statement,
        problems,
        commandWord: span(statement.commandWord),
        chain: optional(statement.chain),
        argument: optional(statement.argument),
      };
    case 'set':
      return { ...statement, name: span(statement.name), type: optional(statement.type) };
    case 'set-entry':
      return { ...statement, set: word(statement.set), entry: span(statement.entry) };
    case 'set-detail':
      return { ...statement, key: span(statement.key), value: optional(statement.value) };
    case 'comment':
    case 'commit':
    case 'other':
    case 'blank':
      return problems === statement.problems ? statement : { ...statement, problems };
    default:
      return statement;
  }
}
