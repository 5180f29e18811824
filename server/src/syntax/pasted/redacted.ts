/** Values that somebody took out of a text before others saw it, or that a template leaves open: `<node-ip>`, `x.x.x.x`, `[REDACTED]`, `{{ip}}`. */
import type { ValueKind } from '../../catalog/types.ts';
import {
  type ChainCommandStatement,
  notUnderstood,
  type Problem,
  type RuleOption,
  type RuleStatement,
  type Statement,
} from '../statement.ts';

/** Only where an address, a port or a network device stands is such a word nothing else; a name or a comment may be anything. */
const hidable: ReadonlySet<ValueKind['type']> = new Set([
  'networks',
  'network',
  'host',
  'address-range',
  'address-list',
  'nat-range',
  'nat-ports',
  'port',
  'port-range',
  'ordered-port-range',
  'multiport',
  'mac',
]);

const placeholder = /<[^<>]{1,60}>|\{\{|\b(?:redacted|removed|masked|hidden|censored|omitted)\b/i;
/** In small letters it may be a host's name where IPv6 wants brackets. */
const inBrackets = /\[[A-Z][A-Z\d_ .-]{2,40}\]/;
/** At least one part of it is nothing but x, * or #; so that a slip of the pen is none, two are, or one is longer. */
const crossedOut = /^(?:[\da-f]{0,4}[.:]){0,7}(?:[x*#?]{2,}|[x*#?][.:](?:[\da-f]{0,4}[.:]){0,6}[x*#?])(?:[.:]|$)/i;

/** An address in which a letter stands for a digit, as a program reads it off a picture: `l0.96.0.1O`. */
const misread = /^[!\s]*(?=[\d.]*[OolI])[\dOolI]{1,3}(?:\.[\dOolI]{1,3}){3}(?:[/:-][\dOolI.]{1,20})?$/;

/** Whether a word is an address with letters in it that look like digits. No host has such a name. */
export function isMisread(word: string): boolean {
  return misread.test(word) && /\d/.test(word);
}

/** Whether a line has such an address, as far as its first few thousand characters tell. */
export function hasMisreadAddress(text: string): boolean {
  return text
    .slice(0, mostLookedAt)
    .split(/[\s"]+/)
    .some(isMisread);
}

const mostLookedAt = 4000;

/** Whether a word stands for a value that is not shown. */
export function isRedacted(word: string): boolean {
  if (isMisread(word) || placeholder.test(word) || inBrackets.test(word)) return true;
  const value = word.replace(/^[![]+/, '').replace(/\/[\w.*#?-]*$/, '');
  return crossedOut.test(value);
}

function hidesValue({ spec, values }: RuleOption): boolean {
  return spec?.value !== undefined && hidable.has(spec.value.type) && values.some(({ text }) => isRedacted(text));
}

function isWithin({ start, end }: Problem, { word, values }: RuleOption): boolean {
  return start >= word.start && end <= (values.at(-1)?.end ?? word.end);
}

/**
 * The rule with its redacted values as words that nobody understood, and what was wrong with them as information; undefined for a rule in which
 * an error is about none of them.
 */
export function withRedactions(statement: RuleStatement): RuleStatement | undefined {
  const redacted = statement.options.filter(hidesValue);
  if (redacted.length === 0) return undefined;
  const problems: Problem[] = [];
  for (const problem of statement.problems) {
    if (problem.severity !== 'error') problems.push(problem);
    else {
      const option = redacted.find((each) => isWithin(problem, each));
      if (option === undefined) return undefined;
      const { code, start, end } = problem;
      const value = option.values.at(-1)?.text ?? '';
      const message = isMisread(value)
        ? `\`${value}' has letters that look like digits, as a program reads them off a picture: what the address is the text does not show`
        : `\`${value}' stands for a value that the text does not show`;
      problems.push({ code, message, severity: 'info', start, end });
    }
  }
  const options = statement.options.map(
    (option): RuleOption => (redacted.includes(option) ? { ...option, spec: undefined, instance: notUnderstood } : option),
  );
  return { ...statement, options, problems };
}

/** A row of a listing, whose addresses with letters for digits nobody understood. */
export function withMisreadAddresses(statement: RuleStatement): RuleStatement {
  const isHidden = ({ spec, values }: RuleOption): boolean =>
    spec?.value !== undefined && hidable.has(spec.value.type) && values.some(({ text }) => isMisread(text));
  if (!statement.options.some(isHidden)) return statement;
  const options = statement.options.map(
    (option): RuleOption => (isHidden(option) ? { ...option, spec: undefined, instance: notUnderstood } : option),
  );
  return { ...statement, options };
}

/** A command of a script, in which the values of variables are not known: what they are in is not understood, and nothing is wrong with it. */
export function withUnknownValues(statement: RuleStatement | ChainCommandStatement): Statement {
  const problems = statement.problems.filter(({ severity }) => severity !== 'error');
  if (statement.kind === 'chain-command') return { ...statement, problems };
  const isUnknown = ({ values }: RuleOption): boolean => values.some(({ text }) => /[$`]/.test(text));
  const options = statement.options.map(
    (option): RuleOption => (isUnknown(option) ? { ...option, spec: undefined, instance: notUnderstood } : option),
  );
  return { ...statement, options, problems };
}
