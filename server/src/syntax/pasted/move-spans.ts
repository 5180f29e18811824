import type { Problem, RuleOption, Span, Statement } from '../statement.ts';
import type { PlainText } from './plain-text.ts';

/** Where a span of a statement lies in another text. */
type Move = (start: number, end: number) => Span;

/** A statement whose offsets count from another place. An empty span at 0 is of a word that is not on the line, and stays. */
function moveSpans(statement: Statement, move: Move): Statement {
  const span = <T extends Span>(of: T): T => (of.end === 0 ? of : { ...of, ...move(of.start, of.end) });
  const optional = <T extends Span>(of: T | undefined): T | undefined => (of === undefined ? undefined : span(of));
  const problems =
    statement.problems.length === 0
      ? statement.problems
      : statement.problems.map((problem): Problem => ({ ...problem, ...move(problem.start, problem.end) }));
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
        commandWord: span(statement.commandWord),
        chain: span(statement.chain),
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
      return { ...statement, set: span(statement.set), entry: span(statement.entry) };
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

/** A statement that was read from the end of a line, with its offsets counted from the line's start. */
export function shiftStatement(statement: Statement, by: number): Statement {
  return by === 0 ? statement : moveSpans(statement, (start, end) => ({ start: start + by, end: end + by }));
}

/** A statement that was read from a longer text, with what lies beyond the line's end at its end. */
export function cutStatement(statement: Statement, length: number): Statement {
  return moveSpans(statement, (start, end) => ({ start: Math.min(start, length), end: Math.min(end, length) }));
}

/** A statement that was read from a text of which parts were taken out or stand for others. */
export function spreadStatement(statement: Statement, { placeOf, endOf }: Pick<PlainText, 'placeOf' | 'endOf'>): Statement {
  return moveSpans(statement, (start, end) => ({
    start: placeOf(start),
    end: end > start ? endOf(end - 1) : placeOf(start),
  }));
}
