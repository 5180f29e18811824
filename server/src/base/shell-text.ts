/** Commands for a person to copy into a terminal: what they hold of a dump, a cluster or a node stays one word of data there, whatever it is called. */
import { type SafeText, visibleText } from './safe-text.ts';

/** What a terminal shows as it is, and a shell takes for no more than text within single quotes. */
const plain = /^[ -~]*$/;
const bare = /^[A-Za-z0-9_./:=,@%+-]+$/;

function inQuotes(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** A word for a POSIX shell; undefined for one that holds what a terminal does not show. */
export function shellWord(text: string): string | undefined {
  if (!plain.test(text)) return undefined;
  return bare.test(text) ? text : inQuotes(text);
}

/** Part of a command, which is taken as it is. */
export interface CommandPart {
  readonly part: SafeText<'shell'>;
}

/** A part of a command that is one itself: what was a word of it stays one. */
export function part(text: SafeText<'shell'>): CommandPart {
  return { part: text };
}

/**
 * One value as a word. What cannot be seen is written by its number, so that the command finds nothing rather than something else, and a name that
 * a program would take for an option stands in angle brackets: no option begins so.
 */
function valueWord(value: string | number | CommandPart, isWordStart: boolean): string {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string') return value.part;
  const text = visibleText(value);
  if (isWordStart && text.startsWith('-')) return inQuotes(`<${text}>`);
  return text === '' || bare.test(text) ? text : inQuotes(text);
}

/** A command, or a sentence with commands: each value is one word of it, in single quotes where a shell would see more in it than a name. */
export function command(pieces: TemplateStringsArray, ...values: readonly (string | number | CommandPart)[]): SafeText<'shell'> {
  let text = pieces[0] ?? '';
  for (const [index, value] of values.entries()) {
    text += `${valueWord(value, /(?:^|\s)$/.test(text))}${pieces[index + 1] ?? ''}`;
  }
  return text as SafeText<'shell'>;
}
