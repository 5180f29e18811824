import type { Position } from 'vscode-languageserver-types';
import type { TextChange } from '../syntax/document.ts';

/** What was typed on one line without a pause for anything else: each change goes on where the one before ended. */
export interface Typing {
  /** 0-based, as the offsets in UTF-16 units. */
  readonly line: number;
  readonly start: number;
  readonly end: number;
}

/** What is typed once a change has come; undefined where it is none of somebody who types. */
export function typingAfter(before: Typing | undefined, { range, text }: TextChange): Typing | undefined {
  if (range === undefined || /[\r\n]/.test(text)) return undefined;
  const { line, character } = range.start;
  const isInsertion = range.end.line === line && range.end.character === character;
  if (!isInsertion) return undefined;
  const end = character + text.length;
  return before?.line === line && before.end === character ? { ...before, end } : { line, start: character, end };
}

/**
 * So many UTF-16 units behind a position were typed after somebody stood there, typing: an editor may ask for a place when its next changes are on
 * their way before the question. 0 for a place that is not within what was typed.
 */
export function typedSince(typing: Typing | undefined, { line, character }: Position): number {
  if (typing === undefined || typing.line !== line) return 0;
  return character > typing.start && character < typing.end ? typing.end - character : 0;
}
