/**
 * Texts with several lines of a dump on one, and texts in which something was done to every line. Such a text is read as if each line stood by itself and
 * as it was printed; where they stand in the text is kept, so that an editor can be asked, and told, about the places that it shows.
 */
import { createMemory } from '../base/memory.ts';
import type { Steps } from '../base/steps.ts';
import { type LinesApart, type PlaceInText, type Position, readDocument, type SourceDocument } from './document.ts';
import type { Line } from './line.ts';
import type { Lines } from './lines.ts';
import { type JoinedPiece, joinedCode, joinedPieces } from './pasted/joined-lines.ts';
import { type Throughout, throughoutOf } from './pasted/throughout.ts';
import { unusualLineSteps } from './unusual-lines.ts';

/** Whether several lines of a dump stand on a line. */
function isJoined({ problems }: Line): boolean {
  return problems.some(({ code }) => code === joinedCode);
}

const linesBetweenPauses = 4096;

function* hasJoined(lines: Lines): Steps<boolean> {
  const numbers = yield* unusualLineSteps(lines);
  for (let at = 0; at < numbers.length; at += 1) {
    const line = lines.at(numbers[at] ?? -1);
    if (line !== undefined && isJoined(line)) return true;
    if (at % linesBetweenPauses === linesBetweenPauses - 1) yield;
  }
  return false;
}

const throughouts = createMemory<LinesApart, Throughout['kind']>();

/** What was done to each line of a text that was put apart; undefined where several of its lines stand on one. */
export function throughoutOfText(apart: LinesApart): Throughout['kind'] | undefined {
  return throughouts.get(apart);
}

/**
 * The document without what was done to all of its lines; the same one where nothing was. Pauses every few thousand lines.
 * @param fileName as for `readDocument`
 */
export function* withoutThroughout(document: SourceDocument, fileName = ''): Steps<SourceDocument> {
  const throughout = throughoutOf(document.lines);
  if (throughout === undefined) return document;
  const plain = yield* inPieces(document, fileName, ({ text }) => [throughout.plain(text)]);
  throughouts.set(plain.apart, throughout.kind);
  return plain;
}

/** The same with each of the lines by itself. */
export function* putApart(document: SourceDocument, fileName = ''): Steps<SourceDocument> {
  const plain = yield* withoutThroughout(document, fileName);
  if (plain !== document) return plain;
  if (!(yield* hasJoined(document.lines))) return document;
  return yield* inPieces(document, fileName, (line) => (isJoined(line) ? joinedPieces(line.text) : [whole(line)]));
}

function whole({ text }: Line): JoinedPiece {
  return { text, start: 0, offsets: undefined };
}

function* inPieces(
  { lines, byteOrderMark }: SourceDocument,
  fileName: string,
  piecesOf: (line: Line) => readonly JoinedPiece[],
): Steps<SourceDocument & { readonly apart: LinesApart }> {
  const places: PlaceInText[] = [];
  const texts: string[] = [];
  for (const [number, line] of lines.entries()) {
    if (number % linesBetweenPauses === linesBetweenPauses - 1) yield;
    for (const { text, start, offsets } of piecesOf(line)) {
      places.push({ line: number, start, offsets });
      texts.push(line.carriageReturn ? `${text}\r` : text);
    }
  }
  const mark = byteOrderMark ? '\ufeff' : '';
  const apart = yield* readDocument(mark + texts.join('\n'), fileName);
  return { ...apart, apart: { places, lengths: Array.from(lines, ({ text }) => text.length) } };
}

/** Whether the line of a document (0-based) stands in the text behind another one on the same line. */
export function isBehindAnother({ places }: LinesApart, line: number): boolean {
  return line > 0 && places[line - 1]?.line === places[line]?.line;
}

/** Where a place of the document stands in its text; the same place where nothing was put apart. */
export function placeInText({ apart, lines }: Pick<SourceDocument, 'apart' | 'lines'>, { line, character }: Position): Position {
  const place = apart?.places[line];
  if (apart === undefined || place === undefined)
    return apart === undefined ? { line, character } : { line: apart.lengths.length, character };
  const { length } = lines.at(line)?.text ?? '';
  const isLast = !isBehindAnother(apart, line + 1);
  if (character > length && isLast) return { line: place.line, character: apart.lengths[place.line] ?? 0 };
  const within = Math.min(Math.max(character, 0), length);
  if (place.offsets === undefined) return { line: place.line, character: place.start + within };
  const before = place.offsets[within - 1];
  const offset = place.offsets[within] ?? (before === undefined ? 0 : before + 1);
  return { line: place.line, character: place.start + offset };
}

/** Where a place of the text stands in its document; the same place where nothing was put apart. */
export function placeInDocument(
  { apart, lines }: Pick<SourceDocument, 'apart' | 'lines'>,
  { line, character }: Position,
): Position {
  if (apart === undefined) return { line, character };
  const first = apart.places.findIndex((place) => place.line === line);
  if (first < 0) return { line: line < 0 ? line : line - apart.lengths.length + apart.places.length, character };
  let number = first;
  while (isBehindAnother(apart, number + 1) && (apart.places[number + 1]?.start ?? 0) <= character) number += 1;
  const { start = 0, offsets } = apart.places[number] ?? {};
  const { length } = lines.at(number)?.text ?? '';
  const own = character - start;
  if (offsets === undefined) return { line: number, character: Math.min(own, length) };
  const at = offsets.findIndex((offset) => offset >= own);
  return { line: number, character: at < 0 ? length : at };
}
