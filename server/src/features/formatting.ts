import type { Range, TextEdit } from 'vscode-languageserver-types';
import { count } from '../base/counted.ts';
import { type Steps, statementsBetweenPauses } from '../base/steps.ts';
import { printRule } from '../ruleset/canonical.ts';
import { formOf } from '../ruleset/completeness.ts';
import { normalizeRule } from '../ruleset/normalize-rule.ts';
import { tableAt } from '../ruleset/ruleset.ts';
import { statementOf } from '../syntax/document.ts';
import { type Line, type LineContext, lineContext } from '../syntax/line.ts';
import { readIfWritten } from '../syntax/read-line.ts';
import type { ChainStatement, RuleStatement } from '../syntax/statement.ts';
import type { Refusal } from './rename.ts';
import type { DumpState } from './support/state.ts';

/** So many lines take a few hundred milliseconds; a file that long was written by iptables-save, which formats it. */
const mostLines = 50_000;

/**
 * The edits that bring the lines of a range, or of the whole document, into the form in which iptables-save prints them. Comments, ends of lines, lines that are
 * wrong or not understood, and what is no restore input stay as they are; so does a line that would not mean the same afterwards. Or a
 * sentence that says why nothing can be formatted.
 */
export function* formatting(state: DumpState, range?: Range): Steps<TextEdit[] | Refusal> {
  const { ruleset } = state;
  const { lines } = ruleset;
  const first = Math.max(range?.start.line ?? 0, 0);
  // A selection of whole lines ends at the beginning of the next one.
  const last =
    range === undefined ? lines.length - 1 : range.end.line - (range.end.character === 0 && range.end.line > first ? 1 : 0);
  const end = Math.min(last, lines.length - 1);
  if (end - first >= mostLines)
    return {
      refusal: `Up to ${count(mostLines)} lines are formatted at once, and these are ${count(end - first + 1)}. Select some of them, and format the selection.`,
    };
  const edits: TextEdit[] = [];
  let isRestoreInput = false;
  let isListing = false;
  for (let number = first; number <= end; number += 1) {
    if (number % statementsBetweenPauses === 0) yield;
    const line = lines.at(number);
    const table = tableAt(ruleset, number);
    if (line === undefined || table === undefined) continue;
    if (line.listing || formOf(ruleset, table) === 'listing') isListing = true;
    else isRestoreInput = true;
    const text = isListing && !isRestoreInput ? undefined : formattedLine(line);
    if (text !== undefined && text !== line.text) edits.push(smallestEdit(number, line.text, text));
  }
  if (isListing && !isRestoreInput)
    return {
      refusal: 'This is what iptables -L prints, which nobody loads: only what iptables-save prints has a form to bring it into.',
    };
  return edits;
}

/** What changes between two texts of a line (0-based), without what they begin and end with alike. */
function smallestEdit(line: number, before: string, after: string): TextEdit {
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && before[start] === after[start]) start += 1;
  let same = 0;
  while (same < most - start && before[before.length - 1 - same] === after[after.length - 1 - same]) same += 1;
  return {
    range: { start: { line, character: start }, end: { line, character: before.length - same } },
    newText: after.slice(start, after.length - same),
  };
}

/** A line as iptables-save prints it; undefined for one that stays as it is. */
function formattedLine(line: Line): string | undefined {
  const { text, context, problems, prefix, listing } = line;
  if (context.within !== undefined || listing || problems.length > 0 || text.slice(0, prefix).trim() !== '') return undefined;
  const statement = statementOf(line);
  switch (statement.kind) {
    case 'blank':
      return '';
    // iptables-restore takes these from the first column on only.
    case 'table':
      return prefix > 0 ? undefined : `*${statement.name.text}`;
    case 'chain':
      return prefix > 0 ? undefined : formattedChain(text, statement);
    case 'rule':
      return line.isUnsure ? undefined : formattedRule(statement, context, text);
    default:
      return undefined;
  }
}

function formattedChain(text: string, { name, policy, counters }: ChainStatement): string | undefined {
  if (policy === undefined) return undefined;
  // What stands behind the counters is not looked at, and may be a note.
  if (text.slice(counters?.end ?? policy.end).trim() !== '') return undefined;
  return `:${name.text} ${policy.text} ${counters === undefined ? '[0:0]' : text.slice(counters.start, counters.end)}`;
}

const commands = { append: '-A', insert: '-I', replace: '-R', delete: '-D', check: '-C' } as const;

/** Options that are no part of what iptables-save prints of a rule, and that say something all the same. */
const kept: ReadonlySet<string> = new Set([
  '--ipv4',
  '--ipv6',
  '--set-counters',
  '--verbose',
  '--modprobe',
  '--numeric',
  '--exact',
]);

/**
 * The form of the back end that the file names. Without a header the form of either is right as it stands: what the legacy one prints and the nft one
 * leaves out says nothing.
 */
function formattedRule(rule: RuleStatement, context: LineContext, text: string): string | undefined {
  const { command, chain, number, counters, options } = rule;
  if (options.some(({ name, spec }) => spec !== undefined && spec.extension === undefined && kept.has(name))) return undefined;
  const start = counters === undefined ? '' : `${text.slice(counters.start, counters.end)} `;
  const place = number === undefined ? '' : ` ${number.text}`;
  const printed = (form: LineContext): string => {
    const whole = printRule(normalizeRule(rule, form));
    return `${start}${commands[command]} ${chain.text}${place}${whole.slice(`-A ${chain.text}`.length)}`;
  };
  const forms = context.backend === undefined ? [withBackEnd(context, 'nft'), withBackEnd(context, 'legacy')] : [context];
  const texts = forms.map(printed);
  const [first] = texts;
  if (first === undefined || texts.includes(text) || first.includes('\n')) return undefined;
  return meansTheSame(rule, first, context) ? first : undefined;
}

function withBackEnd({ family, table }: LineContext, backend: 'nft' | 'legacy'): LineContext {
  return lineContext(family, backend, table);
}

/** Whether a text is read as the same rule, by both back ends and without a new fault. */
function meansTheSame(rule: RuleStatement, text: string, context: LineContext): boolean {
  const again = readIfWritten(text, context);
  if (again.kind !== 'rule' || again.problems.length > 0 || again.command !== rule.command) return false;
  if (again.number?.text !== rule.number?.text) return false;
  // What the legacy back end saves is less than it loads: of `! -i +` nothing is left.
  return (['nft', 'legacy'] as const).every((backend) => {
    const form = withBackEnd(context, backend);
    return printRule(normalizeRule(again, form)) === printRule(normalizeRule(rule, form));
  });
}
