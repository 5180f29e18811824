import type { Position, Range, TextEdit, WorkspaceEdit } from 'vscode-languageserver-types';
import { oneLine } from '../base/safe-text.ts';
import { shellWord } from '../base/shell-text.ts';
import type { Steps } from '../base/steps.ts';
import { findTarget } from '../catalog/lookup.ts';
import { isBuiltinChain } from '../catalog/tables.ts';
import { formOf, isNamedInUnreadLine } from '../ruleset/completeness.ts';
import { type Mention, mentionsOf } from '../ruleset/places.ts';
import { ruleAt } from '../ruleset/rules.ts';
import type { Chain, Ruleset } from '../ruleset/ruleset.ts';
import { contextBefore, type Line } from '../syntax/line.ts';
import { readIfWritten } from '../syntax/read-line.ts';
import type { Span } from '../syntax/statement.ts';
import { type DumpState, rangeOf } from './support/state.ts';
import { symbolAt } from './support/symbol-at.ts';

/** Why something is not done, in a sentence for the user. */
export interface Refusal {
  readonly refusal: string;
}

/** Whether an answer is a refusal. */
export function isRefusal(answer: object | null): answer is Refusal {
  return answer !== null && 'refusal' in answer;
}

const linesBetweenPauses = 256;

function refused(refusal: string): Refusal {
  return { refusal };
}

function chainAt(state: DumpState, position: Position): { readonly chain: Chain; readonly place: Range } | Refusal | null {
  const symbol = symbolAt(state, position);
  if (symbol?.kind !== 'chain') return null;
  const { chain, place } = symbol;
  const { ruleset } = state;
  const name = oneLine(chain.name);
  if (chain.builtin)
    return refused(`${name} is a built-in chain of the table ${chain.table.name}: only chains of your own can be renamed.`);
  if (formOf(ruleset, chain.table) === 'listing')
    return refused('This is what iptables -L prints. It is loaded by nobody, so that nothing can be renamed in it.');
  if (isNamedInUnreadLine(ruleset, chain)) return refused(`A line that cannot be read names ${name} too: mend it first.`);
  return { chain, place: rangeOf(place) };
}

/** The chain under a position that can be renamed, and its name; why it cannot be; null where there is no chain. */
export function prepareRename(
  state: DumpState,
  position: Position,
): { readonly range: Range; readonly placeholder: string } | Refusal | null {
  const found = chainAt(state, position);
  return found === null || isRefusal(found) ? found : { range: found.place, placeholder: found.chain.name };
}

/**
 * The edits that give the chain under a position another name wherever its table names it: declarations, rules, jumps, other commands, and the
 * `recent` list that is called like it where no other rule uses it. Or why the name cannot be had; null where there is no chain.
 */
export function* rename(state: DumpState, position: Position, newName: string): Steps<WorkspaceEdit | Refusal | null> {
  const found = chainAt(state, position);
  if (found === null || isRefusal(found)) return found;
  const { chain, place } = found;
  const source = state.ruleset.lines.at(place.start.line);
  const wrong = source === undefined ? undefined : faultOfName(chain, newName, source);
  if (wrong !== undefined) return refused(wrong);
  const edits: TextEdit[] = [];
  if (newName === chain.name) return { changes: { [state.uri]: edits } };
  for (const mention of mentionsOf(state.ruleset, chain)) {
    edits.push({ range: rangeOf(mention), newText: newName });
    if (edits.length % linesBetweenPauses === 0) yield;
  }
  for (const list of yield* recentLists(state.ruleset, chain)) edits.push({ range: rangeOf(list), newText: newName });
  return { changes: { [state.uri]: edits } };
}

/** What is wrong with a new name for a chain, in a sentence; undefined where nothing is. */
function faultOfName({ name: old, table }: Chain, name: string, source: Line): string | undefined {
  if (name === old) return undefined;
  const shown = oneLine(name);
  if (name === '') return 'A chain needs a name.';
  if (/\s/.test(name)) return 'iptables takes no blanks in the name of a chain.';
  // What a line or a word begins with has a meaning of its own there.
  if (/^[-!#*:[]/.test(name)) return `A chain’s name cannot begin with ${name.charAt(0)}: iptables reads it as something else.`;
  if (/["'\\]/.test(name) || /[^\x21-\x7e\u00a1-\uffff]/.test(name))
    return `${shown} has characters that iptables reads as something else in a file.`;
  if (isBuiltinChain(table.name, name)) return `${shown} is a built-in chain of the table ${table.name}.`;
  if (table.chains.has(name)) return `The table ${table.name} has a chain ${shown} already.`;
  if (findTarget(name) !== undefined) return `${shown} is a target of iptables: a jump would lead to it, not to the chain.`;
  if (source.context.within?.kind === 'command' && shellWord(name) !== name)
    return `${shown} has characters that a shell reads as something else, and the chain stands in commands.`;
  const context = contextBefore(source);
  for (const line of [`:${name} - [0:0]`, `-N ${name}`, `-A ${name} -j RETURN`, `-A X -j ${name}`]) {
    const statement = readIfWritten(line, context);
    const [problem] = statement.problems;
    if (problem !== undefined) return `iptables refuses this name: ${oneLine(problem.message)}.`;
  }
  return undefined;
}

/** The values of `recent --name` that are a chain's name, in its rules and in those that lead to it; none where other rules use the list, too. */
function* recentLists(ruleset: Ruleset, chain: Chain): Steps<readonly (Span & { readonly line: number })[]> {
  const { lines } = ruleset;
  const own = new Set([...chain.rules, ...chain.references]);
  const found: (Span & { readonly line: number })[] = [];
  for (const number of own) {
    const list = lines.at(number)?.text.includes('--name') === true ? listOn(ruleset, number, chain.name) : undefined;
    if (list !== undefined) found.push({ ...list, line: number });
  }
  if (found.length === 0) return found;
  for (const [number, { text }] of lines.entries()) {
    if (number % (linesBetweenPauses * 16) === 0) yield;
    if (!own.has(number) && text.includes('--name') && text.includes(chain.name)) return [];
  }
  return found;
}

function listOn(ruleset: Ruleset, line: number, name: string): Span | undefined {
  const option = ruleAt(ruleset, line)?.options.find(
    ({ name: long, spec, values }) => long === '--name' && spec?.extension?.name === 'recent' && values[0]?.text === name,
  );
  return option?.values[0];
}

/** Places that change together, and what a name of theirs may be: a regular expression. */
export interface LinkedPlaces {
  readonly ranges: readonly Range[];
  readonly wordPattern: string;
}

/** With more places an edit of all of them at each keystroke would keep the editor busy. */
const mostLinked = 100;

/** The places of the chain under a position, to be edited together; null where there is none that can be renamed, or where there are too many. */
export function linkedEditing(state: DumpState, position: Position): LinkedPlaces | null {
  const found = chainAt(state, position);
  if (found === null || isRefusal(found)) return null;
  const { chain } = found;
  if (chain.declarations.length + chain.rules.length + chain.references.length + chain.mentions.length > mostLinked) return null;
  const mentions: readonly Mention[] = [...mentionsOf(state.ruleset, chain)];
  // Quoted words are not the same text.
  if (mentions.some(({ start, end }) => end - start !== chain.name.length)) return null;
  return { ranges: mentions.map(rangeOf), wordPattern: '[^\\s"]+' };
}
