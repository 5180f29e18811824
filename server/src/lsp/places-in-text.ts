/**
 * Places in texts that have several lines of a dump on one. The server reads such a text as if each stood by itself; a client asks about the places
 * that it shows, and is told of those. What is printed (hovers, drawings, traces) counts the lines apart; the finding "joined-lines" says so.
 */
import type { CancellationToken } from 'vscode-languageserver';
import type { DumpState } from '../features/support/state.ts';
import { placeInDocument, placeInText } from '../syntax/apart.ts';
import type { Position, SourceDocument } from '../syntax/document.ts';
import type { OpenDump } from './open-documents.ts';

/** What of a session tells where lines stand. */
interface Documents {
  readonly dumps: ReadonlyMap<string, Pick<OpenDump, 'current'>>;
  readonly states: ReadonlyMap<string, Pick<DumpState, 'document'>>;
}

type Fields = Readonly<Record<string, unknown>>;
type DocumentOf = (uri: string) => SourceDocument | undefined;

function isObject(value: unknown): value is Fields {
  // An error is told as it is.
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function isPosition(value: Fields): value is Fields & Position {
  return typeof value['line'] === 'number' && typeof value['character'] === 'number';
}

/** The document that a message is about: of a request, of an item of a hierarchy. Undefined for one that is about none. */
export function uriOf(message: unknown): string | undefined {
  if (!isObject(message)) return undefined;
  for (const part of [message['textDocument'], message['item']])
    if (isObject(part) && typeof part['uri'] === 'string') return part['uri'];
  const { data } = message;
  return isObject(data) && typeof data['uri'] === 'string' ? data['uri'] : undefined;
}

/** A message with the places of the document that those of the text are. */
function asked(value: unknown, document: SourceDocument): unknown {
  if (Array.isArray(value)) return value.map((each) => asked(each, document));
  if (!isObject(value)) return value;
  if (isPosition(value)) return placeInDocument(document, value);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, key === 'data' ? each : asked(each, document)]));
}

/** What an answer's numbers of lines count from: those of drawings and reports from 1, as the command line's. */
type Base = 0 | 1;

function lineIn(document: SourceDocument, line: number, base: Base): number {
  return placeInText(document, { line: line - base, character: 0 }).line + base;
}

const countedFromOne: ReadonlySet<string> = new Set(['graph', 'report']);
const linesOf: ReadonlySet<string> = new Set(['line', 'target']);

/** An answer with the places of the text that those of the documents are. */
function told(value: unknown, document: SourceDocument | undefined, documentOf: DocumentOf, base: Base): unknown {
  if (Array.isArray(value)) return value.map((each) => told(each, document, documentOf, base));
  if (!isObject(value)) return value;
  if (isPosition(value)) return document === undefined ? value : { ...value, ...placeInText(document, value) };
  const { uri, targetUri } = value;
  const named = typeof uri === 'string' ? uri : typeof targetUri === 'string' ? targetUri : undefined;
  const own = named === undefined ? document : documentOf(named);
  const part = (key: string, each: unknown): unknown => {
    // What a client gives back is the server's own.
    if (key === 'data') return each;
    if (key === 'changes' && isObject(each))
      return Object.fromEntries(
        Object.entries(each).map(([of, edits]) => [of, told(edits, documentOf(of) ?? document, documentOf, base)]),
      );
    if (typeof each === 'number' && own !== undefined) {
      if (key === 'startLine' || key === 'endLine') return lineIn(own, each, 0);
      // An expanded chain's lines are those of its own text, their targets the dump's.
      if (linesOf.has(key) && (key === 'target' || typeof value['target'] !== 'number')) return lineIn(own, each, base);
    }
    return told(each, key.startsWith('origin') ? document : own, documentOf, countedFromOne.has(key) ? 1 : base);
  };
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, part(key, each)]));
}

/** Semantic tokens, five numbers each, at their places in the text. */
export function tokensInText(document: SourceDocument, data: readonly number[]): number[] {
  if (document.apart === undefined) return [...data];
  const result: number[] = [];
  let line = 0;
  let character = 0;
  let before: Position = { line: 0, character: 0 };
  for (let at = 0; at + 4 < data.length; at += 5) {
    const [lines = 0, characters = 0, length = 0, type = 0, modifiers = 0] = data.slice(at, at + 5);
    line += lines;
    character = lines === 0 ? character + characters : characters;
    const start = placeInText(document, { line, character });
    const last = placeInText(document, { line, character: character + length - 1 });
    const isSameLine = start.line === before.line;
    result.push(
      start.line - before.line,
      isSameLine ? start.character - before.character : start.character,
      last.character - start.character + 1,
      type,
      modifiers,
    );
    before = start;
  }
  return result;
}

/** A value, such as diagnostics, whose places are those of a document, as the client sees them. */
export function placesInText<T>(session: Documents, uri: string, value: T): T {
  const document = session.states.get(uri)?.document;
  if (document?.apart === undefined) return value;
  return told(value, document, documentsOf(session), 0) as T;
}

function documentsOf({ states }: Documents): DocumentOf {
  return (uri) => states.get(uri)?.document;
}

function hasApart({ states }: Documents): boolean {
  for (const { document } of states.values()) if (document.apart !== undefined) return true;
  return false;
}

/** Whether the newest version of a document is read; it may be closed before. */
async function isRead(session: Documents, uri: string): Promise<boolean> {
  try {
    await session.dumps.get(uri)?.current();
    return true;
  } catch {
    return false;
  }
}

/** Answers a request about the places that the client shows with those. */
export function atPlacesInText(
  session: Documents,
  answer: (message: unknown, token: CancellationToken) => unknown,
): (message: unknown, token: CancellationToken) => unknown {
  return async (message, token) => {
    const uri = uriOf(message);
    if (uri !== undefined && session.dumps.has(uri) && !(await isRead(session, uri))) return answer(message, token);
    // Nearly no text is such a one.
    if (!hasApart(session)) return answer(message, token);
    const document = uri === undefined ? undefined : session.states.get(uri)?.document;
    const result = await answer(document?.apart === undefined ? message : asked(message, document), token);
    return told(result, document, documentsOf(session), 0);
  };
}
