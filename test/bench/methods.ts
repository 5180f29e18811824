/** How long each request of the protocol takes in a large dump, of a server in a process of its own. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { CallHierarchyItem, CodeLens, DocumentLink } from 'vscode-languageserver-protocol';
import { startTestServer, type TestServer } from '../support/language-server.ts';
import { generateCluster, generateDump } from './generate.ts';
import { percentile } from './statistics.ts';

/** One method, over all times that it was asked. */
export interface MethodFigures {
  readonly method: string;
  readonly times: number;
  /** Milliseconds from the request to its answer in another process, by the clock. */
  readonly median: number;
  /** The 95th percentile of them. */
  readonly slow: number;
  /** Milliseconds that the server's main thread computed meanwhile, the 95th percentile; undefined where the system does not say. */
  readonly computed: number | undefined;
}

/** Half of a screenful of lines. */
const halfScreen = 30;

interface Place {
  readonly server: TestServer;
  readonly textDocument: { readonly uri: string };
  readonly position: { readonly line: number; readonly character: number };
  readonly line: string;
}

/** Milliseconds that a process's main thread has computed so far; NaN where the system does not say. */
function computedBy(pid: number | undefined): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
  } catch {
    return Number.NaN;
  }
}

type Params = object | undefined;

const at = ({ textDocument, position }: Place): Params => ({ textDocument, position });
const ofDocument = ({ textDocument }: Place): Params => ({ textDocument });
const onScreen = ({ textDocument, position: { line } }: Place): Params => ({
  textDocument,
  range: { start: { line: Math.max(0, line - halfScreen), character: 0 }, end: { line: line + halfScreen, character: 0 } },
});
const onLine = ({ textDocument, position: { line } }: Place): { textDocument: object; range: object } => ({
  textDocument,
  range: { start: { line, character: 0 }, end: { line, character: 1 } },
});
const options = { tabSize: 2, insertSpaces: true };

async function item(place: Place): Promise<Params> {
  const items = await place.server.request<readonly CallHierarchyItem[]>('textDocument/prepareCallHierarchy', at(place) ?? {});
  const found = items[0];
  return found === undefined ? undefined : { item: found };
}

/** The lists that a server gave of a document: an editor asks for one when a document is opened or changed, and then for what it shows of it. */
const lists = new WeakMap<TestServer, Map<string, Promise<readonly unknown[]>>>();

/** The first element of such a list at or below a place. */
async function nextOf<T extends CodeLens | DocumentLink>(place: Place, method: string): Promise<T | undefined> {
  const known = lists.get(place.server) ?? new Map<string, Promise<readonly unknown[]>>();
  lists.set(place.server, known);
  const list = known.get(method) ?? place.server.request<readonly T[]>(method, ofDocument(place) ?? {});
  known.set(method, list);
  const elements = (await list) as readonly T[];
  return elements.find(({ range }) => range.start.line >= place.position.line) ?? elements[0];
}

const nextLens = (place: Place): Promise<CodeLens | undefined> => nextOf(place, 'textDocument/codeLens');

/** For each method what it is asked with at a place; undefined where it cannot be asked there. */
const asked: Readonly<Record<string, (place: Place) => Params | Promise<Params>>> = {
  'textDocument/completion': at,
  'textDocument/signatureHelp': at,
  'textDocument/hover': at,
  'textDocument/declaration': at,
  'textDocument/definition': at,
  'textDocument/typeDefinition': at,
  'textDocument/implementation': at,
  'textDocument/references': (place) => ({ ...at(place), context: { includeDeclaration: true } }),
  'textDocument/documentHighlight': at,
  'textDocument/prepareCallHierarchy': at,
  'callHierarchy/incomingCalls': item,
  'callHierarchy/outgoingCalls': item,
  'textDocument/documentSymbol': ofDocument,
  'workspace/symbol': ({ line }) => ({ query: /KUBE-S\w+-\w+/.exec(line)?.[0] ?? 'web' }),
  'textDocument/documentLink': ofDocument,
  'documentLink/resolve': (place) => nextOf<DocumentLink>(place, 'textDocument/documentLink'),
  'textDocument/codeLens': ofDocument,
  'codeLens/resolve': nextLens,
  'workspace/executeCommand': async (place) => {
    const lens = await nextLens(place);
    return lens === undefined ? undefined : (await place.server.request<CodeLens>('codeLens/resolve', lens)).command;
  },
  'textDocument/inlayHint': onScreen,
  'textDocument/foldingRange': ofDocument,
  'textDocument/selectionRange': ({ textDocument, position }) => ({ textDocument, positions: [position] }),
  'textDocument/semanticTokens/range': onScreen,
  'textDocument/semanticTokens/full': ofDocument,
  'textDocument/diagnostic': ofDocument,
  'textDocument/codeAction': (place) => ({ ...onLine(place), context: { diagnostics: [] } }),
  'textDocument/rename': (place) => ({ ...at(place), newName: 'RENAMED' }),
  'textDocument/prepareRename': at,
  'textDocument/linkedEditingRange': at,
  'textDocument/formatting': (place) => ({ ...ofDocument(place), options }),
  'textDocument/rangeFormatting': (place) => ({ ...onScreen(place), options }),
};

/** The methods that are about a whole document, whose answers are as long as it. */
export const ofWholeDocuments: ReadonlySet<string> = new Set([
  ...Object.entries(asked).flatMap(([method, params]) => (params === ofDocument ? [method] : [])),
  'textDocument/formatting',
]);

/** All that are measured. */
export const measuredMethods: readonly string[] = Object.keys(asked);

/** What each method takes at places that are spread over the rules, words and declarations of a dump that is open in a server. */
async function measureMethods(server: TestServer, uri: string, text: string, places: number): Promise<readonly MethodFigures[]> {
  const lines = text.split('\n');
  const textDocument = { uri };
  const figures: MethodFigures[] = [];
  for (const [method, params] of Object.entries(asked)) {
    const times: number[] = [];
    const computed: number[] = [];
    const rounds = ofWholeDocuments.has(method) ? 20 : places;
    for (let round = 0; round < rounds; round += 1) {
      const number = Math.floor(((round + 0.5) * lines.length) / rounds);
      const line = lines[number] ?? '';
      const words = line.split(' ');
      // A character into a word, so that each kind of word has its turn.
      const character = Math.min(line.length, words.slice(0, round % words.length).join(' ').length + 2);
      const message = await params({ server, textDocument, position: { line: number, character }, line });
      if (message === undefined) continue;
      const before = computedBy(server.process.pid);
      const begun = performance.now();
      // Refusals in words take their time, too.
      await server.request(method, message).catch(() => undefined);
      times.push(performance.now() - begun);
      computed.push(computedBy(server.process.pid) - before);
    }
    if (times.length === 0) continue;
    const most = percentile(computed, 0.95);
    figures.push({
      method,
      times: times.length,
      median: percentile(times, 0.5),
      slow: percentile(times, 0.95),
      computed: Number.isNaN(most) ? undefined : most,
    });
  }
  return figures;
}

/** What every request takes in a dump of this size, with the snapshot beside it. */
export interface MethodsMeasured {
  readonly lines: number;
  readonly bytes: number;
  readonly methods: readonly MethodFigures[];
}

const places = 200;

/** Measures in a server of its own, with the dump in a folder that is there. */
export async function measureAllMethods(
  folder: string,
  shape: { readonly services: number; readonly endpoints: number },
): Promise<MethodsMeasured> {
  const text = generateDump(shape);
  const file = join(folder, 'node-0.iptables');
  writeFileSync(file, text);
  writeFileSync(join(folder, 'cluster.json'), JSON.stringify(generateCluster(shape)));
  const uri = pathToFileURL(file).href;
  const server = await startTestServer({ folder: pathToFileURL(folder).href });
  try {
    await server.open(uri, text);
    await server.diagnostics(uri, 1);
    await server.notified<{ kind: string }>('iptables/clusterStatus', ({ kind }) => kind === 'snapshot');
    // The first time V8 compiles, and what a snapshot says is being found.
    await measureMethods(server, uri, text, 40);
    const methods = await measureMethods(server, uri, text, places);
    return { lines: text.split('\n').length - 1, bytes: Buffer.byteLength(text), methods };
  } finally {
    await server.stop();
  }
}
