/**
 * One place for each request of the protocol: a dump whose markers name the method and what its answer says there. Whoever can send requests to a
 * server asks them: a client in the same process, Neovim.
 */
import type {
  CallHierarchyIncomingCall,
  CallHierarchyItem,
  CallHierarchyOutgoingCall,
  CodeAction,
  CodeLens,
  CompletionList,
  Diagnostic,
  DocumentDiagnosticReport,
  DocumentHighlight,
  DocumentLink,
  DocumentSymbol,
  FoldingRange,
  Hover,
  InlayHint,
  LinkedEditingRanges,
  Location,
  LocationLink,
  Position,
  Range,
  SelectionRange,
  SemanticTokens,
  SignatureHelp,
  SymbolInformation,
  TextEdit,
  WorkspaceEdit,
} from 'vscode-languageserver-protocol';
import { tokenTypes } from '../../server/src/features/semantic-tokens.ts';
import { fixtureText } from './fixtures.ts';

/** A place of the dump, 0-based, and what a method says of it. */
export interface MethodMark {
  readonly method: string;
  readonly line: number;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export const markedDump = fixtureText('protocol/marked.iptables');
export const markedLines: readonly string[] = markedDump.split('\n');
/** The snapshot whose names the dump has. */
export const markedSnapshot = fixtureText('sample/cluster.json');

/** The markers of the dump, in its order. */
export const methodMarks: readonly MethodMark[] = marks();

function marks(): readonly MethodMark[] {
  let about = -1;
  return markedLines.flatMap((line, number) => {
    const [, carets = '', method = '', text = ''] = /^#\s*(\^+) ([a-zA-Z]+\/[a-zA-Z/]+): (.*)$/.exec(line) ?? [];
    if (carets === '') {
      about = number;
      return [];
    }
    const start = line.indexOf('^');
    return [{ method, line: about, start, end: start + carets.length, text }];
  });
}

/** A client's connection, with the document open. */
export interface Asking {
  readonly uri: string;
  send<T>(method: string, params: object): Promise<T>;
  /** What the client was sent, where it does not ask for diagnostics. */
  readonly diagnosed?: () => Promise<readonly Diagnostic[]>;
}

const tokens: readonly string[] = tokenTypes;

/** What stands at places of the dump or of the snapshot. */
function linesAt(found: readonly (Location | LocationLink)[]): readonly string[] {
  return found.map((place) => {
    const [uri, range] = 'uri' in place ? [place.uri, place.range] : [place.targetUri, place.targetSelectionRange];
    const lines = uri.endsWith('cluster.json') ? markedSnapshot.split('\n') : markedLines;
    return lines[range.start.line] ?? '';
  });
}

const textAt = ({ start, end }: Range): string => (markedLines[start.line] ?? '').slice(start.character, end.character);

/** The edits as they would leave the lines of the dump that they begin in. */
function edited(edits: readonly TextEdit[]): readonly string[] {
  return edits.map(({ range: { start, end }, newText }) => {
    const line = markedLines[start.line] ?? '';
    return line.slice(0, start.character) + newText + line.slice(end.line > start.line ? line.length : end.character);
  });
}

/** The types of the tokens at a place. */
function tokensAt({ data }: SemanticTokens, { line, start }: MethodMark): readonly string[] {
  const found: string[] = [];
  let number = 0;
  let character = 0;
  for (let at = 0; at < data.length; at += 5) {
    const [lines = 0, characters = 0, , type = -1] = data.slice(at, at + 5);
    character = lines === 0 ? character + characters : characters;
    number += lines;
    if (number === line && character === start) found.push(tokens[type] ?? '');
  }
  return found;
}

async function diagnosticsAt({ uri, send, diagnosed }: Asking, mark: MethodMark): Promise<readonly Diagnostic[]> {
  const found = await (diagnosed?.() ?? pulled());
  return found.filter(({ range }) => isOn(range, mark));

  async function pulled(): Promise<readonly Diagnostic[]> {
    const report = await send<DocumentDiagnosticReport>('textDocument/diagnostic', { textDocument: { uri } });
    return report.kind === 'full' ? report.items : [];
  }
}

type Texts = Promise<readonly string[]>;
type Reader = (asking: Asking, mark: MethodMark, position: Position, range: Range) => Texts;

const at = ({ uri }: Asking, position: Position): object => ({ textDocument: { uri }, position });
const within = ({ uri }: Asking, range: Range): object => ({ textDocument: { uri }, range });
const isOn = (range: Range, { line, start }: MethodMark): boolean => range.start.line === line && range.start.character === start;

async function itemAt(asking: Asking, position: Position): Promise<CallHierarchyItem | undefined> {
  return (await asking.send<CallHierarchyItem[]>('textDocument/prepareCallHierarchy', at(asking, position)))[0];
}

async function lensesAt(asking: Asking, { line }: MethodMark): Promise<readonly CodeLens[]> {
  const lenses = await asking.send<CodeLens[]>('textDocument/codeLens', { textDocument: { uri: asking.uri } });
  return lenses.filter(({ range }) => range.start.line === line);
}

async function linksAt(asking: Asking, mark: MethodMark): Promise<readonly DocumentLink[]> {
  const links = await asking.send<DocumentLink[]>('textDocument/documentLink', { textDocument: { uri: asking.uri } });
  return links.filter(({ range }) => isOn(range, mark));
}

const locations =
  (method: string): Reader =>
  async (asking, _, position) =>
    linesAt(await asking.send<readonly (Location | LocationLink)[]>(method, at(asking, position)));

/** For each method how it is asked at a mark, and what its answer says there. */
export const readers: Readonly<Record<string, Reader>> = {
  'textDocument/completion': async (asking, mark) => {
    const position = { line: mark.line, character: mark.end };
    const { items } = await asking.send<CompletionList>('textDocument/completion', at(asking, position));
    return items.map(({ label }) => label);
  },
  'textDocument/signatureHelp': async (asking, mark) => {
    const position = { line: mark.line, character: mark.end };
    const help = await asking.send<SignatureHelp | null>('textDocument/signatureHelp', at(asking, position));
    return help?.signatures.map(({ label }) => label) ?? [];
  },
  'textDocument/hover': async (asking, _, position) => {
    const hover = await asking.send<Hover | null>('textDocument/hover', at(asking, position));
    return [JSON.stringify(hover?.contents ?? '')];
  },
  'textDocument/declaration': locations('textDocument/declaration'),
  'textDocument/definition': locations('textDocument/definition'),
  'textDocument/typeDefinition': locations('textDocument/typeDefinition'),
  'textDocument/implementation': locations('textDocument/implementation'),
  'textDocument/references': async (asking, _, position) => {
    const params = { ...at(asking, position), context: { includeDeclaration: false } };
    return linesAt(await asking.send<readonly Location[]>('textDocument/references', params));
  },
  'textDocument/documentHighlight': async (asking, mark, position) => {
    const found = await asking.send<DocumentHighlight[]>('textDocument/documentHighlight', at(asking, position));
    return found.filter(({ range }) => isOn(range, mark)).map(({ kind }) => ['', 'text', 'read', 'write'][kind ?? 1] ?? '');
  },
  'textDocument/prepareCallHierarchy': async (asking, _, position) => [(await itemAt(asking, position))?.name ?? ''],
  'callHierarchy/incomingCalls': async (asking, _, position) => {
    const item = await itemAt(asking, position);
    const calls = await asking.send<CallHierarchyIncomingCall[]>('callHierarchy/incomingCalls', { item });
    return calls.map(({ from }) => from.name);
  },
  'callHierarchy/outgoingCalls': async (asking, _, position) => {
    const item = await itemAt(asking, position);
    const calls = await asking.send<CallHierarchyOutgoingCall[]>('callHierarchy/outgoingCalls', { item });
    return calls.map(({ to }) => to.name);
  },
  'textDocument/documentSymbol': async (asking, mark) => {
    const params = { textDocument: { uri: asking.uri } };
    const found = await asking.send<(DocumentSymbol | SymbolInformation)[]>('textDocument/documentSymbol', params);
    const all = found.flatMap((symbol) => ('children' in symbol ? [symbol, ...(symbol.children ?? [])] : [symbol]));
    const lineOf = (symbol: DocumentSymbol | SymbolInformation): number =>
      ('location' in symbol ? symbol.location.range : symbol.selectionRange).start.line;
    return all
      .filter((symbol) => lineOf(symbol) === mark.line)
      .map((symbol) => [symbol.name, 'detail' in symbol ? symbol.detail : ''].join(' '));
  },
  'workspace/symbol': async ({ send }, { text, line }) => {
    const found = await send<SymbolInformation[]>('workspace/symbol', { query: text });
    return found.filter(({ location }) => location.range.start.line === line).map(({ name }) => `${text} ${name}`);
  },
  'textDocument/documentLink': async (asking, mark) => (await linksAt(asking, mark)).map(({ range }) => textAt(range)),
  'documentLink/resolve': async (asking, mark) => {
    const links = await linksAt(asking, mark);
    return Promise.all(links.map(async (link) => (await asking.send<DocumentLink>('documentLink/resolve', link)).target ?? ''));
  },
  'textDocument/codeLens': async (asking, mark) => (await lensesAt(asking, mark)).map(() => 'a lens'),
  'codeLens/resolve': async (asking, mark) => {
    const lenses = await lensesAt(asking, mark);
    return Promise.all(lenses.map(async (lens) => (await asking.send<CodeLens>('codeLens/resolve', lens)).command?.title ?? ''));
  },
  'workspace/executeCommand': async (asking, mark) => {
    const [lens] = await lensesAt(asking, mark);
    const { command } = await asking.send<CodeLens>('codeLens/resolve', lens ?? {});
    return [await asking.send<string>('workspace/executeCommand', command ?? {})];
  },
  'textDocument/inlayHint': async (asking, { line, end }, _, range) => {
    const hints = await asking.send<InlayHint[]>('textDocument/inlayHint', within(asking, range));
    const here = hints.filter(({ position }) => position.line === line && position.character >= end);
    return here.map(({ label }) => (typeof label === 'string' ? label : label.map(({ value }) => value).join('')));
  },
  'textDocument/foldingRange': async (asking, { line }) => {
    const params = { textDocument: { uri: asking.uri } };
    const found = await asking.send<FoldingRange[]>('textDocument/foldingRange', params);
    return found.filter(({ startLine }) => startLine === line).map(({ endLine }) => markedLines[endLine] ?? '');
  },
  'textDocument/selectionRange': async ({ uri, send }, _, position) => {
    const params = { textDocument: { uri }, positions: [position] };
    const texts: string[] = [];
    let [next]: (SelectionRange | undefined)[] = await send<SelectionRange[]>('textDocument/selectionRange', params);
    for (; next !== undefined && next !== null; next = next.parent) texts.push(textAt(next.range));
    return texts;
  },
  'textDocument/semanticTokens/range': async (asking, mark, _, range) =>
    tokensAt(await asking.send<SemanticTokens>('textDocument/semanticTokens/range', within(asking, range)), mark),
  'textDocument/semanticTokens/full': async (asking, mark) =>
    tokensAt(await asking.send<SemanticTokens>('textDocument/semanticTokens/full', { textDocument: { uri: asking.uri } }), mark),
  'textDocument/diagnostic': async (asking, mark) => (await diagnosticsAt(asking, mark)).map(({ code }) => `${code}`),
  'textDocument/codeAction': async (asking, mark, _, range) => {
    const params = { ...within(asking, range), context: { diagnostics: await diagnosticsAt(asking, mark) } };
    return (await asking.send<CodeAction[]>('textDocument/codeAction', params)).map(({ title }) => title);
  },
  'textDocument/rename': async (asking, { text }, position) => {
    const [newName = '', , places] = text.split(' ');
    const { changes = {} } = await asking.send<WorkspaceEdit>('textDocument/rename', { ...at(asking, position), newName });
    const all = Object.values(changes).flat();
    const after = edited(all).filter((line) => line.includes(newName));
    return after.length === Number(places) ? [`${newName} x ${all.length}`] : after;
  },
  'textDocument/prepareRename': async (asking, _, position) => {
    const found = await asking.send<{ readonly placeholder: string } | null>('textDocument/prepareRename', at(asking, position));
    return [found?.placeholder ?? ''];
  },
  'textDocument/linkedEditingRange': async (asking, _, position) => {
    const found = await asking.send<LinkedEditingRanges | null>('textDocument/linkedEditingRange', at(asking, position));
    const texts = new Set(found?.ranges.map(textAt));
    return [...texts].map((text) => `${text} x ${found?.ranges.length}`);
  },
  'textDocument/formatting': async ({ uri, send }) =>
    edited(
      await send<TextEdit[]>('textDocument/formatting', { textDocument: { uri }, options: { tabSize: 2, insertSpaces: true } }),
    ),
  'textDocument/rangeFormatting': async (asking, _, __, range) => {
    const params = { ...within(asking, range), options: { tabSize: 2, insertSpaces: true } };
    return edited(await asking.send<TextEdit[]>('textDocument/rangeFormatting', params));
  },
};

/** What the answer of a mark's method says at its place. */
export function saidAt(asking: Asking, mark: MethodMark): Texts {
  const start = { line: mark.line, character: mark.start };
  const reader = readers[mark.method];
  if (reader === undefined) throw new Error(`no reader for ${mark.method}`);
  return reader(asking, mark, start, { start, end: { line: mark.line, character: mark.end } });
}
