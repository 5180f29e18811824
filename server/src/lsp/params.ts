import {
  type CodeActionContext,
  type CodeLens,
  ErrorCodes,
  type Position,
  type Range,
  ResponseError,
  type TextDocumentContentChangeEvent,
} from 'vscode-languageserver';
import type { CompareSide } from '../protocol/compare.ts';
import type { NodeReader } from '../protocol/node.ts';
import type { DidOpenFileParams, ReadingTextParams } from '../protocol/open-file.ts';
import type { TraceQuestion } from '../protocol/trace.ts';

/** A document as it is opened. */
export interface OpenedDocument {
  readonly uri: string;
  readonly languageId: string;
  readonly version: number;
  readonly text: string;
}

/** The parameters that handlers read, by name. A handler says which it needs, and gets no message in which one of them is of a wrong type. */
export interface Params {
  readonly textDocument: { readonly uri: string };
  readonly openedDocument: OpenedDocument;
  readonly openedFile: DidOpenFileParams['textDocument'];
  readonly openedBytes: ReadingTextParams['textDocument'];
  readonly changedDocument: { readonly uri: string; readonly version: number };
  readonly contentChanges: readonly TextDocumentContentChangeEvent[];
  readonly position: Position;
  readonly positions: readonly Position[];
  readonly range: Range;
  readonly query: string;
  readonly newName: string;
  readonly codeActionContext: CodeActionContext;
  readonly lens: CodeLens;
  readonly namespace: string;
  readonly name: string;
  readonly node: string;
  readonly context: string;
  /** Null goes back to the one that the settings name. */
  readonly contextChoice: string | null;
  readonly reader: NodeReader;
  /** Null for what kube-proxy would write. */
  readonly compareBefore: CompareSide | null;
  readonly compareAfter: CompareSide;
  readonly question: TraceQuestion;
  /** Of a trace, 0-based. */
  readonly outcome: number;
  readonly first: number;
  readonly count: number;
  readonly format: 'text' | 'markdown';
  readonly table: string;
  readonly chain: string;
  /** Of a file that need not be open. */
  readonly text: string;
  /** Which of several, 0-based; all where absent. */
  readonly only: readonly number[] | undefined;
  readonly to: string;
  readonly from: string;
  /** The URI of a dump, a folder or an archive. */
  readonly source: string;
  readonly targets: readonly string[];
  readonly changedFolders: { readonly added: readonly unknown[]; readonly removed: readonly unknown[] };
  readonly changedFiles: readonly unknown[];
}

export type ParamName = keyof Params;

type Fields = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A number of the protocol's type `uinteger`. */
function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 31;
}

function isInteger(value: unknown): value is number {
  return Number.isInteger(value);
}

function isPosition(value: unknown): value is Position {
  return isObject(value) && isCount(value['line']) && isCount(value['character']);
}

function isRange(value: unknown): value is Range {
  return isObject(value) && isPosition(value['start']) && isPosition(value['end']);
}

function isDocument(value: unknown): value is Fields & { readonly uri: string } {
  return isObject(value) && typeof value['uri'] === 'string' && value['uri'] !== '';
}

function isChange(value: unknown): boolean {
  return isObject(value) && typeof value['text'] === 'string' && (value['range'] === undefined || isRange(value['range']));
}

function isDiagnostic(value: unknown): boolean {
  return isObject(value) && isRange(value['range']) && typeof value['message'] === 'string';
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isCompareSide(value: unknown): boolean {
  return isDocument(value) && (value['text'] === undefined || isText(value['text']));
}

function isReader(value: unknown): value is NodeReader {
  if (!isObject(value) || !isText(value['namespace'])) return false;
  if (value['kind'] === 'debug-pod') return isText(value['image']);
  const isNamed = isText(value['pod']) && isText(value['container']);
  return value['kind'] === 'pod' && isNamed && typeof value['isKubeProxy'] === 'boolean';
}

function isQuestion(value: unknown): value is TraceQuestion {
  if (!isObject(value) || !isText(value['from']) || !isText(value['to'])) return false;
  const { kind = 'first', ipv6 = false, ...texts } = value;
  const isKind = kind === 'first' || kind === 'answer' || kind === 'later';
  return isKind && typeof ipv6 === 'boolean' && Object.values(texts).every(isText);
}

/** For each parameter the field of the message that it is read from (empty for the whole message), and what it must be. */
const checks: { readonly [name in ParamName]: { readonly field: string; readonly isRight: (value: unknown) => boolean } } = {
  textDocument: { field: 'textDocument', isRight: isDocument },
  openedDocument: {
    field: 'textDocument',
    isRight: (value) =>
      isDocument(value) &&
      typeof value['text'] === 'string' &&
      typeof value['languageId'] === 'string' &&
      isInteger(value['version']),
  },
  openedFile: {
    field: 'textDocument',
    isRight: (value) =>
      isDocument(value) &&
      typeof value['languageId'] === 'string' &&
      isInteger(value['version']) &&
      isCount(value['bytes']) &&
      isText(value['sha256']),
  },
  openedBytes: {
    field: 'textDocument',
    isRight: (value) =>
      isDocument(value) && isInteger(value['version']) && isCount(value['bytes']) && isText(value['bytesSha256']),
  },
  changedDocument: { field: 'textDocument', isRight: (value) => isDocument(value) && isInteger(value['version']) },
  contentChanges: { field: 'contentChanges', isRight: (value) => Array.isArray(value) && value.every(isChange) },
  position: { field: 'position', isRight: isPosition },
  positions: { field: 'positions', isRight: (value) => Array.isArray(value) && value.every(isPosition) },
  range: { field: 'range', isRight: isRange },
  newName: { field: 'newName', isRight: isText },
  query: { field: 'query', isRight: (value) => typeof value === 'string' },
  codeActionContext: {
    field: 'context',
    isRight: (value) =>
      isObject(value) &&
      Array.isArray(value['diagnostics']) &&
      value['diagnostics'].every(isDiagnostic) &&
      (value['only'] === undefined || (Array.isArray(value['only']) && value['only'].every(isText))),
  },
  lens: { field: '', isRight: (value) => isObject(value) && isRange(value['range']) },
  namespace: { field: 'namespace', isRight: isText },
  name: { field: 'name', isRight: isText },
  node: { field: 'node', isRight: isText },
  context: { field: 'context', isRight: isText },
  contextChoice: { field: 'context', isRight: (value) => value === null || isText(value) },
  reader: { field: 'reader', isRight: isReader },
  compareBefore: { field: 'before', isRight: (value) => value === null || isCompareSide(value) },
  compareAfter: { field: 'after', isRight: isCompareSide },
  question: { field: 'question', isRight: isQuestion },
  outcome: { field: 'outcome', isRight: isCount },
  first: { field: 'first', isRight: isCount },
  count: { field: 'count', isRight: isCount },
  table: { field: 'table', isRight: isText },
  chain: { field: 'chain', isRight: isText },
  text: { field: 'text', isRight: isText },
  only: { field: 'only', isRight: (value) => value === undefined || (Array.isArray(value) && value.every(isCount)) },
  format: { field: 'format', isRight: (value) => value === 'text' || value === 'markdown' },
  to: { field: 'to', isRight: isText },
  from: { field: 'from', isRight: isText },
  source: { field: 'source', isRight: isText },
  targets: { field: 'targets', isRight: (value) => Array.isArray(value) && value.every(isText) },
  changedFolders: {
    field: 'event',
    isRight: (value) => isObject(value) && Array.isArray(value['added']) && Array.isArray(value['removed']),
  },
  changedFiles: { field: 'changes', isRight: Array.isArray },
};

export type ReadParams<Name extends ParamName> =
  | { readonly ok: true; readonly params: Pick<Params, Name> }
  /** `problem` is a sentence that names the first field which is not what it must be. */
  | { readonly ok: false; readonly problem: string };

/** The parameters of a message by name, if each is of its type. */
export function readParams<Name extends ParamName>(message: unknown, names: readonly Name[]): ReadParams<Name> {
  const params: Partial<Record<ParamName, unknown>> = {};
  for (const name of names) {
    const { field, isRight } = checks[name];
    const value = field === '' ? message : isObject(message) ? message[field] : undefined;
    if (!isRight(value)) return { ok: false, problem: `The parameter "${field || name}" is missing or not of its type.` };
    params[name] = value;
  }
  return { ok: true, params: params as Pick<Params, Name> };
}

/** The answer to a request whose parameters are of their types; to another one the protocol's error, which says what is wrong. */
export function answerFor<Name extends ParamName>(
  message: unknown,
  names: readonly Name[],
  answer: (params: Pick<Params, Name>) => unknown,
): unknown {
  const read = readParams(message, names);
  return read.ok ? answer(read.params) : new ResponseError<void>(ErrorCodes.InvalidParams, read.problem);
}
