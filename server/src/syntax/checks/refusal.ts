import type { LineContext } from '../line.ts';
import type { Problem, Span, Word } from '../statement.ts';

/**
 * What is refused at a place of a line. An error where no back end that could have written the file takes it: where both refuse it, or the one
 * that the header names. What the other one alone refuses is a warning that names it, and nothing where the header says that it is not for that one.
 * @param refusedBy the back end that alone refuses it; undefined for both
 */
export function refusal(
  at: Span,
  { backend }: LineContext,
  refusedBy: 'nft' | 'legacy' | undefined,
  code: string,
  message: string,
): Problem | undefined {
  const { start, end } = at;
  if (refusedBy === undefined || refusedBy === backend) return { code, message, severity: 'error', start, end };
  if (backend !== undefined) return undefined;
  return { code, message: `${message} (the ${refusedBy} back end)`, severity: 'warning', refusedBy, start, end };
}

/** A name that the machine knows, or does not: the text does not tell. */
export function lookedUp({ start, end, text }: Word, code: string): Problem {
  const message = `${text} is looked up by the machine that loads this rule: nothing here tells whether it is known there`;
  return { code, message, severity: 'info', start, end };
}
